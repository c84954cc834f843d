#include "http/routes.hpp"

#include <algorithm>

#include "http/responses.hpp"

namespace retail_pulse::http {

void route_table::add(std::string method, std::string path, handler handle) {
  paths_[std::move(path)].push_back({std::move(method), std::move(handle)});
}

void route_table::add_with_and_without_slash(const std::string& method, const std::string& path, const handler& handle) {
  add(method, path, handle);
  add(method, path + "/", handle);
}

void route_table::add_with_parameter(std::string method, std::string_view path, handler handle) {
  const auto begin = path.find('{');
  const auto end = path.find('}');
  const auto before = path.substr(0, begin);
  const auto after = path.substr(end + 1);
  auto known = std::ranges::find_if(patterns_, [&](const pattern& p) { return p.before == before && p.after == after; });
  if (known == patterns_.end()) known = patterns_.insert(known, {std::string{before}, std::string{after}, {}});
  known->routes.push_back({std::move(method), std::move(handle)});
}

std::optional<std::string_view> route_table::pattern::parameter_of(std::string_view path) const {
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return std::nullopt;
  const auto parameter = path.substr(before.size(), path.size() - before.size() - after.size());
  return parameter.find('/') == std::string_view::npos ? std::optional{parameter} : std::nullopt;
}

std::string route_table::allowed(const std::vector<route>& at_path) {
  std::string list;
  for (const auto& r : at_path) {
    list += r.method + ", ";
    if (r.method == "GET") list += "HEAD, ";
  }
  return list + "OPTIONS";
}

bool route_table::served(const std::vector<route>& at_path, request& r, const responder& answer) {
  if (r.method == "OPTIONS") {
    answer(options_of(allowed(at_path)));
    return true;
  }
  const std::string_view method = r.method == "HEAD" ? std::string_view{"GET"} : std::string_view{r.method};
  const auto found = std::ranges::find(at_path, method, &route::method);
  if (found == at_path.end()) return false;
  found->handle(std::move(r), answer);
  return true;
}

void route_table::operator()(request r, const responder& answer) const {
  if (r.method == "OPTIONS" && r.path == "*") return answer(options_of("GET, HEAD, POST, OPTIONS"));
  if (const auto at_path = paths_.find(r.path); at_path != paths_.end()) {
    if (!served(at_path->second, r, answer)) answer(method_not_allowed(r.method, allowed(at_path->second)));
    return;
  }
  for (const auto& p : patterns_) {
    const auto parameter = p.parameter_of(r.path);
    if (!parameter) continue;
    r.parameter = *parameter;
    if (!served(p.routes, r, answer)) answer(problem_method_not_allowed(r.method, allowed(p.routes), r.path));
    return;
  }
  answer(not_found());
}

}  // namespace retail_pulse::http
