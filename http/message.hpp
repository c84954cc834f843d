#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  std::string parameter;  ///< what the path has in place of the route's {parameter}; set by the route table, not decoded
  std::vector<header_field> headers;
  std::string body;

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

/// One request that waits for its one answer. All members may be called from any thread.
class exchange {
 public:
  virtual ~exchange() = default;
  /// Sends the answer unless there was one.
  virtual void answer(response r) = 0;
  /// Answers `late` when nobody else has answered so long from now.
  virtual void answer_within(std::chrono::milliseconds patience, response late) = 0;
  /// Whether the client still waits: nobody has answered.
  virtual bool waits() const = 0;
};

/// The right to answer a request: copyable, once only. When the last copy goes without an answer, the client gets a 500.
class responder {
 public:
  explicit responder(std::shared_ptr<exchange> to) : to_{std::move(to)} {}

  void operator()(response r) const { to_->answer(std::move(r)); }
  void within(std::chrono::milliseconds patience, response late) const { to_->answer_within(patience, std::move(late)); }
  bool waits() const { return to_->waits(); }

 private:
  std::shared_ptr<exchange> to_;
};

}  // namespace retail_pulse::http
