#pragma once

#include <cstdint>
#include <optional>

#include "core/image.hpp"
#include "fetch/connection.hpp"
#include "fetch/response_head.hpp"
#include "fetch/url.hpp"

namespace retail_pulse::fetch {

/// What one request on one connection came to.
struct exchange {
  std::optional<fault> failed;  ///< none: `measured` holds sizes, or the head is a redirect
  measurement measured;
  std::optional<response_head> head;  ///< as far as it was read
  std::int64_t bytes = 0;             ///< body bytes received
  bool reusable = false;              ///< the connection can serve another request
  bool died_unanswered = false;       ///< the connection was lost before the first byte of the response
};

/// Asks for an image and measures it as it arrives; holds one buffer of it at a time. A redirect (3xx with Location) is left to the caller,
/// every other status but 200 and 203 is `http_status`, an unasked 206 is `protocol_error`. A file over `max_bytes` is `too_large`, at once
/// where its length is announced. Rests nobody wants are read when small, to keep the connection, and cut when large.
exchange run_exchange(connection& over, const url& of, std::int64_t max_bytes, const patience& limit);

}  // namespace retail_pulse::fetch
