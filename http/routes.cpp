#include "http/routes.hpp"

#include <algorithm>

#include "http/responses.hpp"

namespace retail_pulse::http {

void route_table::add(std::string method, std::string path, handler handle) {
  paths_[std::move(path)].routes.push_back({std::move(method), std::move(handle)});
}

void route_table::add_with_problems(std::string method, std::string path, handler handle) {
  auto& at = paths_[std::move(path)];
  at.routes.push_back({std::move(method), std::move(handle)});
  at.problems = true;
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

std::string route_table::allowed(const std::vector<const route*>& at_path) {
  std::string list;
  for (const auto* r : at_path) {
    list += r->method + ", ";
    if (r->method == "GET") list += "HEAD, ";
  }
  return list + "OPTIONS";
}

void route_table::operator()(request r, const responder& answer) const {
  if (r.method == "OPTIONS" && r.path == "*") return answer(options_of("GET, HEAD, POST, OPTIONS"));
  std::vector<const route*> at_path;
  bool problems = true;
  const auto exact = paths_.find(r.path);
  if (exact != paths_.end()) {
    problems = exact->second.problems;
    for (const auto& known : exact->second.routes) at_path.push_back(&known);
  }
  for (const auto& p : patterns_) {
    const auto parameter = p.parameter_of(r.path);
    if (!parameter) continue;
    r.parameter = *parameter;
    for (const auto& known : p.routes) at_path.push_back(&known);
    break;
  }
  if (at_path.empty()) return answer(not_found());
  if (r.method == "OPTIONS") return answer(options_of(allowed(at_path)));
  const std::string_view method = r.method == "HEAD" ? std::string_view{"GET"} : std::string_view{r.method};
  const auto found = std::ranges::find(at_path, method, [](const route* known) -> std::string_view { return known->method; });
  if (found != at_path.end()) return (*found)->handle(std::move(r), answer);
  answer(problems ? problem_method_not_allowed(r.method, allowed(at_path), r.path) : method_not_allowed(r.method, allowed(at_path)));
}

}  // namespace retail_pulse::http
