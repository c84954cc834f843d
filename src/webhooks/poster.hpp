// webhooks: signs and delivers webhooks.
// May use: src/core, src/crypto, fetch/url, fetch/net, fetch/http1.
// Never: retries (see actors/courier.hpp), follows a redirect, or knows what a job is.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/error_code.hpp"
#include "core/limits.hpp"

namespace retail_pulse::webhooks {

class own_listener;

struct header_line {
  std::string name;
  std::string value;  ///< without a line end
};

struct post {
  std::string url;
  std::vector<header_line> headers;  ///< in addition to those of every request
  std::string body;
};

/// The outcome of a POST.
struct posted {
  error_code code =
      error_code::none;  ///< none: the server accepted it (2xx). http_status: it answered otherwise
  int http_status = 0;   ///< 0 if there was no response
  std::string detail;    ///< for the log: the exact cause, without the URL's query
  std::string reason = {};  ///< for the client: see image_result::reason
  bool cancelled = false;   ///< the poster was stopped; the server may have received it
};
using on_posted = std::function<void(posted)>;

/// Receives the address that a POST would connect to first, in text form. Empty if the name cannot
/// be resolved or is blocked; a POST then fails at once with the right code.
using on_located = std::function<void(std::string address)>;

/// Sends POST requests to URLs that clients gave. Each callback is called exactly once, from any
/// thread, possibly before the call returns, and must not block or throw.
class poster {
 public:
  virtual ~poster() = default;

  /// Looks up the address of a URL's host, from the cache if possible. Never uses a request thread.
  virtual void resolve(const std::string& url, on_located done) = 0;

  /// Makes one request under one total deadline. The caller keeps at most as many open as there are
  /// threads.
  virtual void submit(post what, on_posted done) = 0;

  /// Cancels open requests and returns when no callback runs any more. Later calls end at once. May
  /// be called twice.
  virtual void stop() = 0;
};

struct poster_options {
  std::size_t threads =
      limits::callbacks_at_once;  ///< requests at once; threads start when needed and end when idle
  std::chrono::milliseconds deadline = limits::callback_deadline;
  std::vector<std::string>
      allow_addresses;  ///< CIDRs, validated by the configuration: allowed although not public
  std::shared_ptr<const own_listener> spared;  ///< never posted to, even if its address is allowed
  std::vector<std::string> allow_hosts;  ///< as in fetch::engine_options, like the others below
  std::string ca_file;
  std::string user_agent = limits::default_user_agent;
  std::string dns_servers;
};

/// The poster over real sockets, under the rules of an image fetch: URL, host list, addresses,
/// pinned peer, TLS, bounded heads. A redirect is not followed but a response like any other; a
/// body is read for at most limits::rest_drained_for, and then cut. Every request has a connection
/// of its own. Thread safe. The destructor stops it. Throws std::runtime_error if the CA file
/// cannot be loaded.
std::unique_ptr<poster> make_blocking_poster(poster_options options);

}  // namespace retail_pulse::webhooks
