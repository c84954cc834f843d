#pragma once

#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace retail_pulse::http {

/// Media types in lower case, without parameters.
using media_types = std::vector<std::string_view>;

/// Whether the request's Accept (RFC 9110) allows one of these types, or is missing. Of the ranges
/// that cover a type, the most precise one decides, and `q=0` excludes. Parameters other than `q`,
/// and malformed media ranges, are ignored.
bool accepts(const request& r, const media_types& makes);

/// Whether there is a body whose Content-Encoding is not identity (RFC 9110, 8.4): gzip, say, which
/// is not decoded here.
bool has_encoded_body(const request& r);

}  // namespace retail_pulse::http
