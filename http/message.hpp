#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/shares/client_address.hpp"

/// Requests and responses as the handlers see them: plain values that know no HTTP library.
namespace retail_pulse::http {

struct header_field {
  std::string name;
  std::string value;
};

/// A request that is within the limits of the listener.
struct request {
  std::string id;      ///< the client's X-Request-Id where that is sane, else generated; 1 to 64 of
                       ///< [A-Za-z0-9._-]
  std::string method;  ///< "GET"
  std::string path;    ///< as sent, up to `?`; not decoded
  std::string query;   ///< behind the `?`; not decoded
  std::string authority;  ///< the host and port asked for: of an absolute target, else of Host; may
                          ///< be empty
  std::string parameter;  ///< the part of the path at the route's {parameter}; set by the route
                          ///< table, not decoded
  std::vector<header_field> headers;
  std::string body;
  client_address client{};

  /// The value of the first header of that name, or nullptr.
  const std::string* header(std::string_view name) const;
};

/// The listener adds Content-Length, Date, Server and X-Request-Id, and leaves out the body in the
/// response to a HEAD.
struct response {
  int status = 200;
  std::string body;  ///< JSON when not empty
  std::vector<header_field> headers;
};

/// The decision not to do what a request asks for.
struct rejection {
  int status = 400;
  std::string_view code;  ///< for programs; a literal
  std::string sentence;   ///< for people
  std::vector<header_field> headers{};
};

/// "Not Found"
std::string_view reason_of(int status);

/// A client's id for its request is used when it is 1 to 64 of [A-Za-z0-9._-].
bool is_sane_request_id(std::string_view id);

}  // namespace retail_pulse::http
