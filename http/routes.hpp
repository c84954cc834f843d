#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/request/accept.hpp"
#include "http/responder.hpp"

namespace retail_pulse::http {

/// Runs on an HTTP thread and must not wait. What it throws becomes a 500.
using handler = std::function<void(request, const responder&)>;

struct route {
  std::string method;  ///< HEAD is served by the GET route
  std::string path;    ///< with at most one {parameter}: one segment of any text
  handler handle;
  error_style errors = error_style::problem;  ///< the same for all methods of a path
  /// Media types of a successful response; a client whose Accept excludes them all gets a 406.
  /// Without any, Accept is ignored.
  media_types makes = {"application/json"};
};

/// Finds the handler of a request by method and path; paths are compared exactly, as sent. A path
/// without a parameter ("/api/stores/reload") goes before one with it ("/api/stores/{id}"),
/// whatever the method. Everything else is answered here, in the error style of the route: 404, 405
/// with `Allow`, 415 for an encoded body, 406, and OPTIONS. Filled once, then used from any thread.
class route_table {
 public:
  void add(route r);
  /// The errors of routes of the first version of the API are plain, and their clients may send any
  /// Accept, and a slash at the end.
  void add_plain(const std::string& method, const std::string& path, const handler& handle);

  void operator()(request r, const responder& answer) const;

  /// Every route as "GET /api/jobs/{id}/audit", in no order, without HEAD and OPTIONS.
  std::vector<std::string> list() const;

 private:
  using routes = std::vector<route>;  ///< of one path
  struct pattern {
    std::string before;  ///< the parameter
    std::string after;
    routes at_path;
    std::optional<std::string_view> parameter_of(std::string_view path) const;
  };
  /// nullptr where there is no route; sets the request's parameter.
  const routes* find(request& r) const;
  error_style style_of_missing(std::string_view path) const;
  std::vector<const route*> all() const;

  std::map<std::string, routes, std::less<>> literals_;
  std::vector<pattern> patterns_;
};

}  // namespace retail_pulse::http
