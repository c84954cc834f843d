#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/http_status.hpp"

namespace retail_pulse {

/// Why an image has no measurement. The names are part of the API and are stored, so they never
/// change; `none` is never stored.
enum class error_code : std::uint8_t {
  none,
  store_not_found,
  invalid_url,
  blocked_address,
  dns_failed,
  connect_failed,
  tls_failed,
  timed_out,
  http_status,
  too_many_redirects,
  protocol_error,
  too_large,
  truncated,
  not_an_image,
  unsupported_format,
  bad_dimensions,
  origin_unavailable,
  cancelled,
  internal,
};

struct error_info {
  error_code code;
  std::string_view name;             ///< as in the API, the database and the logs
  std::string_view public_sentence;  ///< for the client; reveals nothing about our network
  bool can_pass;  ///< another attempt may succeed; for an http_status see http_status.hpp
};

inline constexpr std::array error_table{
    error_info{error_code::none, "none", "", false},
    error_info{error_code::store_not_found, "store_not_found", "Store ID does not exist", false},
    error_info{error_code::invalid_url, "invalid_url",
               "The image URL is not a valid http or https URL", false},
    error_info{error_code::blocked_address, "blocked_address",
               "The image URL leads to an address that may not be fetched", false},
    error_info{error_code::dns_failed, "dns_failed", "The image host's name could not be resolved",
               true},
    error_info{error_code::connect_failed, "connect_failed",
               "The image host refused or dropped the connection", true},
    error_info{error_code::tls_failed, "tls_failed",
               "No trusted TLS connection to the image host could be made", false},
    error_info{error_code::timed_out, "timed_out", "The image was not received in time", true},
    error_info{error_code::http_status, "http_status",
               "The image host answered with an error status", false},
    error_info{error_code::too_many_redirects, "too_many_redirects",
               "The image URL redirects too often", false},
    error_info{error_code::protocol_error, "protocol_error",
               "The image host's answer cannot be used", true},
    error_info{error_code::too_large, "too_large", "The image file is too large", false},
    error_info{error_code::truncated, "truncated", "The image file ended early", true},
    error_info{error_code::not_an_image, "not_an_image", "The file is not an image", false},
    error_info{error_code::unsupported_format, "unsupported_format",
               "The image format is not supported", false},
    error_info{error_code::bad_dimensions, "bad_dimensions",
               "The image has no usable width and height", false},
    error_info{error_code::origin_unavailable, "origin_unavailable",
               "The image host is not available at the moment", true},
    error_info{error_code::cancelled, "cancelled",
               "The job was cancelled before the image was fetched", false},
    error_info{error_code::internal, "internal",
               "The image could not be processed because of an internal error", false},
};

constexpr const error_info& describe(error_code code) {
  return error_table[static_cast<std::size_t>(code)];
}

/// The code of that name, or nothing.
constexpr std::optional<error_code> error_code_named(std::string_view name) {
  for (const auto& row : error_table) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

/// Whether another attempt may succeed. `status` is the HTTP status of an http_status, else
/// ignored.
constexpr bool can_pass(error_code code, int status) {
  if (code == error_code::http_status)
    return describe_status(status).again != another_attempt::is_useless;
  return describe(code).can_pass;
}

}  // namespace retail_pulse
