#include "http/routes.hpp"

#include <algorithm>
#include <array>

#include "http/response/responses.hpp"

namespace retail_pulse::http {
namespace {

/// Whether what is refused at a path that nobody serves is answered with problem details.
bool in_layer_two(std::string_view path) {
  return std::ranges::any_of(std::array<std::string_view, 3>{"/api/jobs", "/api/stores", "/docs"}, [path](std::string_view root) {
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
  });
}

}  // namespace

void route_table::add(std::string method, std::string path, handler handle, media_types makes) {
  paths_[std::move(path)].routes.push_back({std::move(method), std::move(handle), std::move(makes)});
}

void route_table::add_with_problems(std::string method, std::string path, handler handle, media_types makes) {
  auto& at = paths_[std::move(path)];
  at.routes.push_back({std::move(method), std::move(handle), std::move(makes)});
  at.problems = true;
}

void route_table::add_with_and_without_slash(const std::string& method, const std::string& path, const handler& handle) {
  add(method, path, handle);
  add(method, path + "/", handle);
}

void route_table::add_with_parameter(std::string method, std::string_view path, handler handle, media_types makes) {
  const auto begin = path.find('{');
  const auto end = path.find('}');
  const auto before = path.substr(0, begin);
  const auto after = path.substr(end + 1);
  auto known = std::ranges::find_if(patterns_, [&](const pattern& p) { return p.before == before && p.after == after; });
  if (known == patterns_.end())
    known = patterns_.insert(known, {std::string{before}, std::string{after}, std::string{path.substr(begin + 1, end - begin - 1)}, {}});
  known->routes.push_back({std::move(method), std::move(handle), std::move(makes)});
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

void route_table::operator()(request r, const responder& answer) const {
  if (r.method == "OPTIONS" && r.path == "*") return answer(options_of("GET, HEAD, POST, OPTIONS"));
  const std::vector<route>* at_path = nullptr;
  bool problems = true;
  const auto exact = paths_.find(r.path);
  if (exact != paths_.end()) {
    problems = exact->second.problems;
    at_path = &exact->second.routes;
  }
  for (auto p = patterns_.begin(); at_path == nullptr && p != patterns_.end(); ++p) {
    const auto parameter = p->parameter_of(r.path);
    if (!parameter) continue;
    r.parameter = *parameter;
    at_path = &p->routes;
  }
  if (at_path == nullptr) return answer(in_layer_two(r.path) ? problem_not_found(r.path) : not_found());
  if (r.method == "OPTIONS") return answer(options_of(allowed(*at_path)));
  const std::string_view method = r.method == "HEAD" ? std::string_view{"GET"} : std::string_view{r.method};
  const auto found = std::ranges::find(*at_path, method, &route::method);
  if (found != at_path->end()) {
    if (method != "GET" && has_encoded_body(r)) return answer(problems ? problem_encoded_body(r.path) : encoded_body());
    if (!accepts(r, found->makes)) return answer(problem_not_acceptable(found->makes, r.path));
    return found->handle(std::move(r), answer);
  }
  answer(problems ? problem_method_not_allowed(r.method, allowed(*at_path), r.path) : method_not_allowed(r.method, allowed(*at_path)));
}

std::vector<std::string> route_table::list() const {
  std::vector<std::string> all;
  for (const auto& [path, at] : paths_) {
    for (const auto& r : at.routes) all.push_back(r.method + " " + path);
  }
  for (const auto& p : patterns_) {
    for (const auto& r : p.routes) all.push_back(r.method + " " + p.before + "{" + p.name + "}" + p.after);
  }
  return all;
}

}  // namespace retail_pulse::http
