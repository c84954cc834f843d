#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "http/embedded.hpp"
#include "http/handlers/handlers.hpp"
#include "http/response/fixed_content.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view javascript = "text/javascript; charset=utf-8";
constexpr std::string_view css = "text/css; charset=utf-8";

/// The page loads from this service alone, and runs no script but its files. `data:` is for the
/// icons in the style sheet.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; base-uri 'none'; form-action "
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

/// The files of Swagger UI that the page of the API needs.
struct swagger_ui {
  fixed_content script;
  fixed_content style;

  /// From a folder as scripts/install-docs fills it; nullopt when a file is missing, empty or
  /// larger than limits::docs_file_bytes.
  static std::optional<swagger_ui> read(const std::string& folder) {
    auto script = content_of(std::filesystem::path{folder} / "swagger-ui-bundle.js");
    auto style = content_of(std::filesystem::path{folder} / "swagger-ui.css");
    if (!script || !style) return std::nullopt;
    return swagger_ui{{javascript, std::move(*script)}, {css, std::move(*style)}};
  }

  /// From the first of the folders that has it.
  static std::optional<swagger_ui> read(const std::vector<std::string>& folders) {
    for (const auto& folder : folders) {
      if (auto found = read(folder)) return found;
    }
    return std::nullopt;
  }
};

/// The description of the API for programs, and as a page for people. Everything is in memory,
/// under fixed names: no path of a request gets near the file system.
struct documents {
  explicit documents(const std::vector<std::string>& folders) : ui{swagger_ui::read(folders)} {}

  fixed_content description{"application/json", std::string{openapi_json}};
  std::optional<swagger_ui> ui;
  fixed_content page{
      html, std::string{ui ? docs_page : docs_not_installed}};  // which says how to install it
  fixed_content script{javascript, std::string{docs_script}};
};
using documents_ptr = std::shared_ptr<const documents>;

void send_page(const documents& all, const request& r, const responder& answer) {
  auto page = all.page.answer_to(r);
  page.headers.push_back({"Content-Security-Policy", std::string{policy}});
  page.headers.push_back({"Referrer-Policy", "no-referrer"});
  answer(std::move(page));
}

handler file_of_swagger_ui(const documents_ptr& all, fixed_content swagger_ui::*file) {
  return [all, file](const request& r, const responder& answer) {
    if (!all->ui) return answer.reject(not_found());
    answer(((*all->ui).*file).answer_to(r));
  };
}

}  // namespace

bool has_swagger_ui(const std::string& folder) { return swagger_ui::read(folder).has_value(); }

void add_document_routes(route_table& to, const handler_context& with) {
  const documents_ptr all = std::make_shared<const documents>(with.options.docs_folders);
  const auto add = [&to](const char* path, handler handle, std::string_view type) {
    to.add({"GET", path, std::move(handle), error_style::problem, {type}});
  };
  for (const auto* path : {"/docs", "/docs/"}) {
    add(
        path, [all](const request& r, const responder& answer) { send_page(*all, r, answer); },
        "text/html");
  }
  add(
      "/openapi.json",
      [all](const request& r, const responder& answer) { answer(all->description.answer_to(r)); },
      "application/json");
  add(
      "/docs/page.js",
      [all](const request& r, const responder& answer) { answer(all->script.answer_to(r)); },
      "text/javascript");
  add("/docs/swagger-ui-bundle.js", file_of_swagger_ui(all, &swagger_ui::script),
      "text/javascript");
  add("/docs/swagger-ui.css", file_of_swagger_ui(all, &swagger_ui::style), "text/css");
}

}  // namespace retail_pulse::http
