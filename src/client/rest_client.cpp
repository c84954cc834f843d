#include "client/rest_client.hpp"

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "client/base_url.hpp"

namespace retail_pulse::client {
namespace {

using nlohmann::json;

client_error nonsense(std::string_view path, std::string_view what) {
  return {client_error::kind::nonsense, "the answer to " + std::string{path} + " " + std::string{what}, 0};
}

/// The service's own words where it gave any.
client_error refusal(const httplib::Response& response) {
  const auto body = json::parse(response.body, nullptr, false);
  std::string words = "HTTP status " + std::to_string(response.status);
  if (body.is_object() && body.contains("error") && body["error"].is_string()) words += ": " + body["error"].get<std::string>();
  return {client_error::kind::refused, words, response.status};
}

std::optional<std::int64_t> number_at(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::optional<job_state> state_named(std::string_view name) {
  for (const auto state : {job_state::ongoing, job_state::completed, job_state::failed}) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<job_report> report_of(const json& body) {
  if (!body.is_object() || !body.contains("status") || !body["status"].is_string() || !body.contains("images") ||
      !body["images"].is_object()) {
    return std::nullopt;
  }
  const auto state = state_named(body["status"].get<std::string>());
  const auto total = number_at(body["images"], "total");
  const auto done = number_at(body["images"], "done");
  const auto failed = number_at(body["images"], "failed");
  if (!state || !total || !done || !failed || *failed < 0 || *failed > *done || *done > *total) return std::nullopt;
  return job_report{*state, {.total = *total, .succeeded = *done - *failed, .failed = *failed}};
}

}  // namespace

class rest_client::implementation {
 public:
  implementation(const base_url& base, timeouts limits) : origin_{base.origin()}, prefix_{base.prefix} {
    if (base.tls) {
      http_ = std::make_unique<httplib::SSLClient>(base.host, base.port);
    } else {
      http_ = std::make_unique<httplib::ClientImpl>(base.host, base.port);
    }
    http_->set_keep_alive(true);
    http_->set_tcp_nodelay(true);
    http_->set_connection_timeout(limits.connect);
    http_->set_read_timeout(limits.answer);
    http_->set_write_timeout(limits.answer);
  }

  using answer = std::variant<httplib::Response, client_error>;
  answer get(const std::string& path) { return whole(http_->Get(prefix_ + path)); }
  answer post(const std::string& path, const std::string& body) { return whole(http_->Post(prefix_ + path, body, "application/json")); }

 private:
  answer whole(httplib::Result result) const {
    if (result) return std::move(result.value());
    return client_error{client_error::kind::unreachable, origin_ + " cannot be reached (" + httplib::to_string(result.error()) + ")", 0};
  }

  std::string origin_;
  std::string prefix_;
  std::unique_ptr<httplib::ClientImpl> http_;
};

std::variant<rest_client, client_error> rest_client::for_url(std::string_view text, timeouts limits) {
  const auto base = parse_base_url(text);
  if (!base) {
    return client_error{client_error::kind::bad_url,
                        "'" + std::string{text} + "' is not the URL of a service, such as http://127.0.0.1:8080", 0};
  }
  return rest_client{std::make_unique<implementation>(*base, limits)};
}

rest_client::rest_client(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
rest_client::rest_client(rest_client&& other) noexcept = default;
rest_client& rest_client::operator=(rest_client&& other) noexcept = default;
rest_client::~rest_client() = default;

std::variant<bool, client_error> rest_client::ready() {
  auto answer = implementation_->get("/readyz");
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  return std::get<httplib::Response>(answer).status == 200;
}

std::variant<job_id, client_error> rest_client::submit(const std::string& document) {
  auto answer = implementation_->post("/api/submit", document);
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 201) return refusal(response);
  const auto body = json::parse(response.body, nullptr, false);
  const auto id = body.is_object() ? number_at(body, "job_id") : std::nullopt;
  if (!id || *id < 1 || *id > max_job_id) return nonsense("/api/submit", "names no job");
  return job_id{*id};
}

std::variant<job_report, client_error> rest_client::status(job_id job) {
  auto answer = implementation_->get("/api/status?jobid=" + std::to_string(job.value));
  if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
  const auto& response = std::get<httplib::Response>(answer);
  if (response.status != 200) return refusal(response);
  const auto report = report_of(json::parse(response.body, nullptr, false));
  if (!report) return nonsense("/api/status", "is not a status");
  return *report;
}

}  // namespace retail_pulse::client
