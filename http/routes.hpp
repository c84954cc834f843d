#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/request/accept.hpp"

namespace retail_pulse::http {

/// (method, path) -> handler, by exact comparison of the path as sent, but for one {parameter}: one segment of any text. A path without a
/// parameter ("/api/stores/reload") is never taken for one with it ("/api/stores/{id}"), whatever the method. Answers everything else
/// itself: 404, 405 with `Allow`, 415 for an encoded body, 406, OPTIONS; a HEAD goes to the GET handler. Filled once, then used from any
/// thread.
class route_table {
 public:
  /// Runs on an HTTP thread and must not wait. What it throws becomes a 500.
  using handler = std::function<void(request, responder)>;

  /// `makes` are the media types of what the handler answers when all is well; a client whose Accept has none of them gets a 406. Without
  /// any, Accept is not looked at: clients of layer 1 have always sent what they liked.
  void add(std::string method, std::string path, handler handle, media_types makes = {});
  /// "/api/jobs/{id}/audit". Paths like this are layer 2: what is refused there is answered with problem details.
  void add_with_parameter(std::string method, std::string_view path, handler handle, media_types makes = {"application/json"});
  /// A path of layer 2 without a parameter.
  void add_with_problems(std::string method, std::string path, handler handle, media_types makes = {"application/json"});
  /// For every path of a client that may or may not end in a slash: both are served, never by a redirect.
  void add_with_and_without_slash(const std::string& method, const std::string& path, const handler& handle);

  void operator()(request r, const responder& answer) const;

  /// Every route as "GET /api/jobs/{id}/audit", in no order; HEAD and OPTIONS are none.
  std::vector<std::string> list() const;

 private:
  struct route {
    std::string method;
    handler handle;
    media_types makes;
  };
  /// A path with a parameter between its two parts.
  struct pattern {
    std::string before;
    std::string after;
    std::string name;  ///< of the parameter
    std::vector<route> routes;
    /// What stands in place of the parameter; nothing where the path is another one.
    std::optional<std::string_view> parameter_of(std::string_view path) const;
  };
  /// A path without a parameter.
  struct literal {
    std::vector<route> routes;
    bool problems = false;  ///< layer 2
  };
  static std::string allowed(const std::vector<route>& at_path);

  std::map<std::string, literal, std::less<>> paths_;
  std::vector<pattern> patterns_;
};

}  // namespace retail_pulse::http
