#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace retail_pulse::http {

/// (method, path) -> handler, by exact comparison of the path as sent. Answers everything else itself: 404, 405 with `Allow`, OPTIONS;
/// a HEAD goes to the GET handler. Filled once, then used from any thread.
class route_table {
 public:
  /// Runs on an HTTP thread and must not wait. What it throws becomes a 500.
  using handler = std::function<void(request, responder)>;

  void add(std::string method, std::string path, handler handle);
  /// For every path of a client that may or may not end in a slash: both are served, never by a redirect.
  void add_with_and_without_slash(const std::string& method, const std::string& path, const handler& handle);

  void operator()(request r, const responder& answer) const;

 private:
  struct route {
    std::string method;
    handler handle;
  };
  static std::string allowed(const std::vector<route>& at_path);

  std::map<std::string, std::vector<route>, std::less<>> paths_;
};

}  // namespace retail_pulse::http
