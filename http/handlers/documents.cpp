#include "http/handlers/documents.hpp"

#include <filesystem>
#include <fstream>

#include "core/limits.hpp"
#include "http/embedded.hpp"
#include "http/response/responses.hpp"
#include "http/server.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view javascript = "text/javascript; charset=utf-8";
constexpr std::string_view css = "text/css; charset=utf-8";

/// The page loads from this service alone, and runs no script but its files. `data:` is for the icons in the style sheet.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action "
    "'none'; "
    "frame-ancestors 'none'";

std::optional<std::string> content_of(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  if (missing || size == 0 || size > limits::docs_file_bytes) return std::nullopt;
  std::string text(size, '\0');
  std::ifstream in{file, std::ios::binary};
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size()))) return std::nullopt;
  return text;
}

std::optional<swagger_ui> first_of(const std::vector<std::string>& folders) {
  for (const auto& folder : folders) {
    if (auto found = swagger_ui::read(folder)) return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<swagger_ui> swagger_ui::read(const std::string& folder) {
  auto script = content_of(std::filesystem::path{folder} / "swagger-ui-bundle.js");
  auto style = content_of(std::filesystem::path{folder} / "swagger-ui.css");
  if (!script || !style) return std::nullopt;
  return swagger_ui{{javascript, std::move(*script)}, {css, std::move(*style)}};
}

bool has_swagger_ui(const std::string& folder) { return swagger_ui::read(folder).has_value(); }

document_handlers::document_handlers(const std::vector<std::string>& docs_folders)
    : description_{"application/json", std::string{openapi_json}},
      swagger_ui_{first_of(docs_folders)},
      page_{html, std::string{swagger_ui_ ? docs_page : docs_not_installed}},
      script_{javascript, std::string{docs_script}} {}

void document_handlers::add_routes(route_table& table) const {
  table.add_with_problems("GET", "/openapi.json", [this](const request& r, const responder& a) { a(fixed_answer(description_, r)); });
  for (const auto* path : {"/docs", "/docs/"}) {
    table.add_with_problems("GET", path, [this](const request& r, const responder& a) { page(r, a); }, {"text/html"});
  }
  table.add_with_problems("GET", "/docs/page.js", [this](const request& r, const responder& a) { a(fixed_answer(script_, r)); },
                          {"text/javascript"});
  table.add_with_problems("GET", "/docs/swagger-ui-bundle.js",
                          [this](const request& r, const responder& a) { file_of_swagger_ui(r, a, &swagger_ui::script); },
                          {"text/javascript"});
  table.add_with_problems("GET", "/docs/swagger-ui.css",
                          [this](const request& r, const responder& a) { file_of_swagger_ui(r, a, &swagger_ui::style); }, {"text/css"});
}

void document_handlers::page(const request& r, const responder& answer) const {
  auto answered = fixed_answer(page_, r);
  answered.headers.push_back({"Content-Security-Policy", std::string{policy}});
  answered.headers.push_back({"Referrer-Policy", "no-referrer"});
  answer(std::move(answered));
}

void document_handlers::file_of_swagger_ui(const request& r, const responder& answer, fixed_content swagger_ui::*file) const {
  answer(swagger_ui_ ? fixed_answer((*swagger_ui_).*file, r) : problem_not_found(r.path));
}

}  // namespace retail_pulse::http
