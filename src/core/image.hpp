#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error_code.hpp"
#include "core/ids.hpp"

namespace retail_pulse {

/// The format of a file by its content. The names are part of the API.
enum class image_format : std::uint8_t {
  unknown,
  jpeg,
  png,
  gif,
  bmp,
  psd,
  webp,
  avif,
  heic,
  tiff,
  ico
};

constexpr std::string_view name_of(image_format format) {
  constexpr std::string_view names[] = {"unknown", "jpeg", "png",  "gif",  "bmp", "psd",
                                        "webp",    "avif", "heic", "tiff", "ico"};
  return names[static_cast<std::size_t>(format)];
}

/// Width and height in pixels as stored in the file, both at least 1.
struct measurement {
  image_format format = image_format::unknown;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool operator==(const measurement&) const = default;
};

/// 2 x (height + width) in pixels; 64 bits, because two 32-bit sides do not fit in fewer.
constexpr std::int64_t perimeter_of(const measurement& m) {
  return 2 * (static_cast<std::int64_t>(m.height) + static_cast<std::int64_t>(m.width));
}

/// How often an image was tried. Counts within this process only.
struct attempt_history {
  std::int32_t attempt = 1;  ///< the next one, from 1
  std::int32_t missed = 0;   ///< how often its origin was away, which does not count
  /// How often its server was full, which does not count as an attempt,
  std::int32_t postponed = 0;
  /// how often of these another server had been asked before,
  std::int32_t postponed_on_the_way = 0;
  /// and when it was the first time.
  std::optional<std::chrono::steady_clock::time_point> postponed_since = {};
};

/// An origin of a job's images: "http://cdn.example.com:80", always with the port; empty for
/// `not_fetchable`.
struct job_origin {
  origin_number number;
  std::string origin;
};

/// One image that waits to be fetched, as read from storage.
struct image_task {
  image_number number;
  std::string store_id;
  std::string url;
  attempt_history history = {};
};

/// Records of the last attempt. Milliseconds are per phase; 0 if a phase did not happen.
struct fetch_evidence {
  std::string final_url;  ///< after redirects; empty if it is the submitted URL
  std::string address;    ///< the pinned IP address in text form; empty before resolution
  std::int32_t http_status = 0;
  std::int64_t bytes = 0;  ///< body bytes received before decoding, over all ranges of the last hop
  std::string kept;        ///< SHA-256 of the picture, 64 hex digits; empty if none was kept
  std::int32_t dns_ms = 0;
  std::int32_t connect_ms = 0;  ///< TCP and TLS
  std::int32_t total_ms = 0;
};

/// The result of an image in a run. `code` is `none` exactly if `measured` holds sizes.
struct image_result {
  image_number number;
  error_code code = error_code::none;
  measurement measured;
  std::int32_t attempts = 1;
  fetch_evidence evidence;
  /// For the client, after the sentence of the code: which rule a URL breaks, which limit was
  /// exceeded, which format a file has. Our own words, short and without a final stop; nothing
  /// about our network. May be empty.
  std::string reason = {};
  bool succeeded() const { return code == error_code::none; }
};

/// The error sentence of a failed image: the public sentence of the code, with the status of an
/// http_status, and the reason if there is one. For a blocked_address only the code: a client must
/// not learn which addresses exist.
inline std::string public_sentence(error_code code, int http_status, std::string_view reason = {}) {
  std::string text{describe(code).public_sentence};
  if (code == error_code::http_status) text += " (" + std::to_string(http_status) + ")";
  if (!reason.empty() && code != error_code::blocked_address) text.append(": ").append(reason);
  return text;
}

}  // namespace retail_pulse
