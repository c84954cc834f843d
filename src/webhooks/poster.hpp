#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error_code.hpp"
#include "core/limits.hpp"

namespace retail_pulse::fetch {

class own_listener;

struct header_line {
  std::string name;
  std::string value;  ///< of ours: no line end in it
};

struct post {
  std::string url;
  std::vector<header_line> headers;  ///< besides those of every request
  std::string body;
};

/// What came of a POST.
struct posted {
  error_code code = error_code::none;  ///< none: the server took it (2xx). http_status: it answered something else
  int http_status = 0;                 ///< 0 when there was no answer
  std::string detail;                  ///< for the log: what exactly went wrong, without the URL's query
  std::string reason = {};             ///< for the client: see image_result::reason
  bool cancelled = false;              ///< the poster was stopped; whether the server has it is not known
};
using on_posted = std::function<void(posted)>;

/// Where a host leads: the address that would be connected to first now, in text form; empty when the name cannot be resolved, or no
/// address may be posted to (a POST there then ends at once with the right code).
using on_located = std::function<void(std::string address)>;

/// Sends something of ours to URLs that strangers gave us. Callbacks come exactly once each, from any thread, possibly before the call
/// returns, and must not block or throw.
class poster {
 public:
  virtual ~poster() = default;

  /// Looks up the address behind a URL's host, from the cache where it can. Takes no thread.
  virtual void resolve(const std::string& url, on_located done) = 0;

  /// One request under one total deadline. The caller bounds how many are open: at most as many as there are threads.
  virtual void submit(post what, on_posted done) = 0;

  /// Cancels what is open and returns when no callback runs any more; later calls are answered at once. May be called twice.
  virtual void stop() = 0;
};

struct poster_options {
  std::size_t threads = limits::callbacks_at_once;  ///< requests at once; threads start when needed and end when idle
  std::chrono::milliseconds deadline = limits::callback_deadline;
  std::vector<std::string> allow_addresses;    ///< CIDRs, already checked by the configuration: may be posted to although not public
  std::shared_ptr<const own_listener> spared;  ///< is never posted to, wherever else may be
  std::vector<std::string> allow_hosts;        ///< as in engine_options, and so on
  std::string ca_file;
  std::string user_agent = limits::default_user_agent;
  std::string dns_servers;
};

/// The poster over real sockets, under every rule of an image fetch: URL, host list, addresses, pinned peer, TLS, bounded heads. A redirect
/// is an answer like any other and not followed; a body is read for at most limits::rest_drained_for, and then cut. Every request has a
/// connection of its own. Thread safe. The destructor stops it. Throws std::runtime_error when the CA file cannot be loaded.
std::unique_ptr<poster> make_blocking_poster(poster_options options);

}  // namespace retail_pulse::fetch
