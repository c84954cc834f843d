#include "http/routes.hpp"

#include <algorithm>
#include <utility>

#include "http/response/errors.hpp"

namespace retail_pulse::http {
namespace {

std::string allowed(const std::vector<route>& at_path) {
  std::string list;
  for (const auto& r : at_path) {
    list += r.method + ", ";
    if (r.method == "GET") list += "HEAD, ";
  }
  return list + "OPTIONS";
}

response options_response(std::string allow) {
  response r;
  r.headers.push_back({"Allow", std::move(allow)});
  return r;
}

bool lies_below(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

}  // namespace

void route_table::add(route r) {
  const auto begin = r.path.find('{');
  if (begin == std::string::npos) {
    auto& at_path = literals_[r.path];
    at_path.push_back(std::move(r));
    return;
  }
  const auto before = r.path.substr(0, begin);
  const auto after = r.path.substr(r.path.find('}') + 1);
  auto known = std::ranges::find_if(
      patterns_, [&](const pattern& p) { return p.before == before && p.after == after; });
  if (known == patterns_.end()) known = patterns_.insert(known, {before, after, {}});
  known->at_path.push_back(std::move(r));
}

void route_table::add_plain(const std::string& method, const std::string& path,
                            const handler& handle) {
  for (const auto* end : {"", "/"}) add({method, path + end, handle, error_style::plain, {}});
}

std::optional<std::string_view> route_table::pattern::parameter_of(std::string_view path) const {
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after))
    return std::nullopt;
  const auto parameter = path.substr(before.size(), path.size() - before.size() - after.size());
  return parameter.find('/') == std::string_view::npos ? std::optional{parameter} : std::nullopt;
}

const route_table::routes* route_table::find(request& r) const {
  if (const auto exact = literals_.find(r.path); exact != literals_.end()) return &exact->second;
  for (const auto& p : patterns_) {
    const auto parameter = p.parameter_of(r.path);
    if (!parameter) continue;
    r.parameter = *parameter;
    return &p.at_path;
  }
  return nullptr;
}

std::vector<const route*> route_table::all() const {
  std::vector<const route*> every;
  for (const auto& [path, at_path] : literals_) {
    for (const auto& r : at_path) every.push_back(&r);
  }
  for (const auto& p : patterns_) {
    for (const auto& r : p.at_path) every.push_back(&r);
  }
  return every;
}

/// That of the routes below the same folder, where they agree: "/api/jobs" and "/docs" have
/// problems only, "/api" has both.
error_style route_table::style_of_missing(std::string_view path) const {
  const auto every = all();
  for (const auto* r : every) {
    for (auto end = r->path.find('/', 1); end != std::string::npos;
         end = r->path.find('/', end + 1)) {
      const auto folder = std::string_view{r->path}.substr(0, end);
      const auto agrees = [&](const route* other) {
        return !lies_below(other->path, folder) || other->errors == error_style::problem;
      };
      if ((path == folder || lies_below(path, folder)) && std::ranges::all_of(every, agrees))
        return error_style::problem;
    }
  }
  return error_style::plain;
}

void route_table::operator()(request r, const responder& answer) const {
  if (r.method == "OPTIONS" && r.path == "*")
    return answer(options_response("GET, HEAD, POST, OPTIONS"));
  const auto* at_path = find(r);
  answer.set_errors(at_path != nullptr ? at_path->front().errors : style_of_missing(r.path));
  if (at_path == nullptr) return answer.reject(not_found());
  if (r.method == "OPTIONS") return answer(options_response(allowed(*at_path)));
  const std::string_view method =
      r.method == "HEAD" ? std::string_view{"GET"} : std::string_view{r.method};
  const auto found = std::ranges::find(*at_path, method, &route::method);
  if (found == at_path->end())
    return answer.reject(method_not_allowed(r.method, allowed(*at_path)));
  if (method != "GET" && has_encoded_body(r)) return answer.reject(encoded_body());
  if (!accepts(r, found->makes)) return answer.reject(not_acceptable(found->makes));
  found->handle(std::move(r), answer);
}

std::vector<std::string> route_table::list() const {
  std::vector<std::string> names;
  for (const auto* r : all()) names.push_back(r->method + " " + r->path);
  return names;
}

}  // namespace retail_pulse::http
