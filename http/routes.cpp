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
  const auto at_path = paths_.find(r.path);
  if (at_path == paths_.end()) return answer(not_found());
  if (r.method == "OPTIONS") return answer(options_of(allowed(at_path->second)));

  const std::string_view method = r.method == "HEAD" ? std::string_view{"GET"} : std::string_view{r.method};
  const auto found = std::ranges::find(at_path->second, method, &route::method);
  if (found == at_path->second.end()) return answer(method_not_allowed(r.method, allowed(at_path->second)));

  found->handle(std::move(r), answer);
}

}  // namespace retail_pulse::http
