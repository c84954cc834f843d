// http1: one HTTP/1.1 request and its response, over a connection to a server that is not trusted.
// May use: src/core, fetch/url, fetch/net, zlib.
// Never: follows a redirect, tries again, or knows what a body is good for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "fetch/http1/byte_account.hpp"
#include "fetch/http1/response_head.hpp"
#include "fetch/net/connection.hpp"
#include "fetch/net/fault.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {

/// The text of a request (RFC 9112), a header line at a time.
class request_text {
 public:
  /// With the headers of every request: Host, Accept, Accept-Encoding and User-Agent.
  request_text(std::string_view method, const url& of, std::string_view user_agent);

  /// Neither may hold a line end: names are constants, and values that came from a server had no
  /// control character in them.
  void add(std::string_view name, std::string_view value);

  std::string finish(std::string_view body = {}) &&;

 private:
  std::string text_;
};

/// Takes the response of an exchange as it arrives.
class response_receiver {
 public:
  enum class step {
    read,     ///< more of this response is wanted
    again,    ///< this response is of no more use, and another request is needed
    settled,  ///< the answer is known
  };
  virtual ~response_receiver() = default;

  /// The head of a response that is not a redirect.
  virtual step begin(const response_head& head) = 0;
  /// The next bytes of its body, after `begin` or `add` returned `read`.
  virtual step add(std::span<const std::byte> bytes) = 0;
  /// The body is complete, after `begin` or `add` returned `read`. Never `read`.
  virtual step end() = 0;
  /// What the attempt has cost so far; unwanted rests of bodies are counted in it.
  virtual byte_account& account() = 0;
};

/// The outcome of one request on one connection.
struct exchange {
  enum class kind {
    settled,     ///< the receiver has its answer
    again,       ///< the receiver needs another request
    redirected,  ///< the head has a Location
    failed,      ///< see `failed`
  };
  kind what = kind::failed;
  std::optional<fault> failed;        ///< why the response could not be read
  std::optional<response_head> head;  ///< if it was read
  std::int64_t bytes = 0;             ///< body bytes received
  bool reusable = false;              ///< the connection can serve another request
  /// Of a pooled connection: the server closed it while it was idle, or does not accept this
  /// request on it (408 and 421). The receiver was not called; use another connection.
  bool wants_new_connection = false;
};

/// Sends a request and passes the response to the receiver as it arrives, with one buffer in
/// memory. An unwanted rest of a body is read if it is small, to keep the connection, and cut if it
/// is large. `was_kept`: the connection is from the pool and has served a request before.
exchange run_exchange(connection& over, bool was_kept, std::string_view request,
                      response_receiver& to, const io_deadline& until);

/// Sends a request and reads the head of the response. Of the body a little is read and dropped, so
/// that the server can finish its write. The connection cannot be used again.
std::variant<response_head, fault> exchange_for_head(connection& over, std::string_view request,
                                                     const io_deadline& until);

}  // namespace retail_pulse::fetch
