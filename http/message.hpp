#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/shares/client_address.hpp"

/// Requests and responses as the handlers see them. Nothing here knows which library carries them.
namespace retail_pulse::http {

struct header_field {
  std::string name;
  std::string value;
};

/// A request that is within the limits of the listener.
struct request {
  std::string id;         ///< the client's X-Request-Id where it is sane, else made; 1 to 64 of [A-Za-z0-9._-]
  std::string method;     ///< "GET"
  std::string path;       ///< as sent, up to `?`; not decoded
  std::string query;      ///< behind the `?`; not decoded
  std::string authority;  ///< the host that is asked for, with its port where one was named: of an absolute target, else Host; or empty
  std::string parameter;  ///< what the path has in place of the route's {parameter}; set by the route table, not decoded
  std::vector<header_field> headers;
  std::string body;
  client_address client{};  ///< who asks

  /// The value of the first header of that name, or nullptr.
  const std::string* header(std::string_view name) const;
};

/// The listener adds Content-Length, Date, Server and X-Request-Id, and leaves the body out where the request was a HEAD.
struct response {
  int status = 200;
  std::string body;  ///< JSON when not empty
  std::vector<header_field> headers;
};

/// "Not Found"
std::string_view reason_of(int status);

/// A client's id for its request is taken when it is 1 to 64 of [A-Za-z0-9._-].
bool is_sane_request_id(std::string_view id);

/// The body of an answer that is given chunk by chunk. Destroyed without `end` it is broken off: the connection closes without the mark of
/// the end, so that no client takes a part for the whole. It is broken off too when the client does not take a chunk within
/// limits::response_write, when no chunk is given for longer than limits::request_handle, and when the server stops. Members may be called
/// from any thread, and after the server is gone.
class body_writer {
 public:
  virtual ~body_writer() = default;

  /// Sends a chunk; an empty one sends what is before it, the head. `written` is called once: with true, on a thread of the server, when
  /// the chunk has left this process, which is the time for the next one: a client that does not read holds one chunk and the kernel's
  /// buffers. With false, perhaps before this returns, when the stream is over. Until then no other chunk may be given.
  virtual void write(std::string chunk, std::function<void(bool ok)> written) = 0;

  /// Ends the body, behind a chunk that is still on its way. Later calls change nothing.
  virtual void end() = 0;

  /// Whether somebody may still read it: it has not ended, and no chunk has failed. That a client has gone shows at the next chunk only.
  virtual bool open() const = 0;
};

/// One request that waits for its one answer. All members may be called from any thread.
class exchange {
 public:
  virtual ~exchange() = default;
  /// Sends the answer unless there was one.
  virtual void answer(response r) = 0;
  /// Begins an answer whose body is written chunk by chunk; the head goes with the first of them. nullptr when there was an answer.
  virtual std::shared_ptr<body_writer> stream(response head) = 0;
  /// Answers what `late` makes when nobody else has answered so long from now. Only the last call counts; `late` is called once at most,
  /// and let go of when there is an answer. It must not throw.
  virtual void answer_within(std::chrono::milliseconds patience, std::function<response()> late) = 0;
  /// Whether the client still waits: nobody has answered.
  virtual bool waits() const = 0;
};

/// The right to answer a request: copyable, once only. When the last copy goes without an answer, the client gets a 500.
class responder {
 public:
  explicit responder(std::shared_ptr<exchange> to) : to_{std::move(to)} {}

  void operator()(response r) const { to_->answer(std::move(r)); }
  /// An answer in chunks, for a body that is long or takes long; the one in `head` is not sent. nullptr when somebody has answered before.
  /// A HEAD gets the head at once, and its stream is over from the start.
  std::shared_ptr<body_writer> stream(response head) const { return to_->stream(std::move(head)); }
  void within(std::chrono::milliseconds patience, std::function<response()> late) const { to_->answer_within(patience, std::move(late)); }
  void within(std::chrono::milliseconds patience, response late) const {
    within(patience, [late = std::move(late)] { return late; });
  }
  bool waits() const { return to_->waits(); }

 private:
  std::shared_ptr<exchange> to_;
};

}  // namespace retail_pulse::http
