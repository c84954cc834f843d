#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "http/message.hpp"
#include "http/response/errors.hpp"

/// How a request gets its one response.
namespace retail_pulse::http {

/// The body of a response that is sent chunk by chunk. Destroyed without `end` it is broken off:
/// the connection closes without the mark of the end, so that no client takes a part for the whole.
/// It is broken off too when the client does not take a chunk within limits::response_write, when
/// no chunk comes for longer than limits::request_handle, and when the server stops. Any thread,
/// also after the server is destroyed.
class body_writer {
 public:
  virtual ~body_writer() = default;

  /// Sends a chunk; an empty one sends what precedes it, the head. `written` is called once: with
  /// true, on a thread of the server, when the chunk has left this process, which is the time for
  /// the next one. So a client that does not read holds one chunk and the kernel's buffers. With
  /// false, perhaps before this returns, when the stream has ended. Until then no other chunk may
  /// be sent.
  virtual void write(std::string chunk, std::function<void(bool ok)> written) = 0;

  /// Ends the body, behind a chunk that is being sent. Later calls change nothing.
  virtual void end() = 0;

  /// False when the body has ended or a chunk has failed. That a client has gone shows at the next
  /// chunk only.
  virtual bool open() const = 0;
};

/// A request that waits for its response. Any thread.
class pending_request {
 public:
  virtual ~pending_request() = default;

  /// Sends the response unless there was one.
  virtual void respond(response r) = 0;
  /// Begins a response whose body is written chunk by chunk; the head goes with the first of them.
  /// nullptr when there was a response.
  virtual std::shared_ptr<body_writer> stream(response head) = 0;
  /// Sends what `late` returns unless there is a response within `time`. Replaces the deadline that
  /// there was. `late` is called at most once, is destroyed when there is a response, and must not
  /// throw.
  virtual void set_deadline(std::chrono::milliseconds time, std::function<response()> late) = 0;
  /// False once there is a response.
  virtual bool waits() const = 0;

  /// The style of the errors that follow, that at the deadline included; `plain` at first, and
  /// always when the server stops.
  virtual void set_errors(error_style style) = 0;
  virtual error_style errors() const = 0;
  virtual const std::string& id() const = 0;    ///< of the request
  virtual const std::string& path() const = 0;  ///< of the request
};

/// The right to send one response, once. Copies share it. When the last copy is destroyed without a
/// response, the client gets a 500. Without a deadline of its own it ends with a 503 after
/// limits::request_handle. Any thread.
class responder {
 public:
  explicit responder(std::shared_ptr<pending_request> to) : to_{std::move(to)} {}

  void operator()(response r) const { to_->respond(std::move(r)); }
  /// Sends an error in the style of the route.
  void reject(const rejection& why) const {
    to_->respond(render(why, to_->errors(), to_->path(), to_->id()));
  }
  /// Begins a response in chunks, for a body that is long or takes long; the one in `head` is
  /// ignored. nullptr when there was a response. A HEAD gets the head at once, and a body that has
  /// ended.
  std::shared_ptr<body_writer> stream(response head) const { return to_->stream(std::move(head)); }
  void within(std::chrono::milliseconds time, std::function<response()> late) const {
    to_->set_deadline(time, std::move(late));
  }
  bool waits() const { return to_->waits(); }
  void set_errors(error_style style) const { to_->set_errors(style); }
  const std::string& request_id() const { return to_->id(); }

 private:
  std::shared_ptr<pending_request> to_;
};

}  // namespace retail_pulse::http
