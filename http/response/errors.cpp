#include "http/response/errors.hpp"

#include <utility>

#include "core/limits.hpp"
#include "http/response/json.hpp"

namespace retail_pulse::http {
namespace {

/// about:blank: the status says what kind of problem it is, and `code` which one.
json problem_of(const rejection& why, std::string_view sentence, std::string_view path) {
  return {{"type", "about:blank"}, {"title", reason_of(why.status)},
          {"status", why.status},  {"detail", sentence},
          {"instance", path},      {"code", why.code}};
}

}  // namespace

response render(const rejection& why, error_style style, std::string_view path,
                std::string_view request_id) {
  const bool internal = why.status == 500;
  const auto sentence = internal ? why.sentence + std::string{request_id} : why.sentence;
  json body = style == error_style::plain ? json::object() : problem_of(why, sentence, path);
  if (style != error_style::problem) body["error"] = sentence;
  if (style == error_style::plain && internal) body["request_id"] = request_id;
  auto r =
      json_response(why.status, body,
                    style == error_style::plain ? "application/json" : "application/problem+json");
  r.headers.insert(r.headers.end(), why.headers.begin(), why.headers.end());
  return r;
}

rejection internal_error() {
  return {500, "internal", "an internal error happened; the log has it under request "};
}

rejection unavailable(std::string sentence) {
  return {503,
          "unavailable",
          std::move(sentence),
          {{"Retry-After", std::to_string(limits::retry_after.count())}}};
}

rejection stopping() { return unavailable("the service is stopping"); }

rejection not_in_time() {
  return unavailable("the request was not answered in time; what it asked for may still happen");
}

rejection storage_unavailable(const std::string& reason) {
  return unavailable(reason.empty() ? "storage is not available"
                                    : "storage is not available: " + reason);
}

rejection invalid_parameter(std::string sentence) {
  return {400, "invalid_parameter", std::move(sentence)};
}

rejection no_such_job(std::string_view name) {
  return {404, "job_not_found", "job " + std::string{name} + " does not exist"};
}

rejection not_found() { return {404, "not_found", "there is nothing at this path"}; }

rejection method_not_allowed(std::string_view method, std::string allow) {
  return {405,
          "method_not_allowed",
          "method " + std::string{method} + " is not allowed here; allowed: " + allow,
          {{"Allow", allow}}};
}

rejection encoded_body() {
  return {415,
          "unsupported_content_encoding",
          "the body has a Content-Encoding; it can be taken only as it is (identity)",
          {{"Accept-Encoding",
            "identity"}}};  // RFC 9110, 15.5.16 and 12.5.3: what the client may send instead
}

rejection not_acceptable(const media_types& makes) {
  std::string sentence{"the Accept header excludes what can be had here: "};
  for (const auto& type : makes) sentence.append(&type == makes.data() ? "" : ", ").append(type);
  return {406, "not_acceptable", std::move(sentence)};
}

}  // namespace retail_pulse::http
