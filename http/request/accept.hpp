#pragma once

#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace retail_pulse::http {

/// Media types in lower case, without parameters.
using media_types = std::vector<std::string_view>;

/// Whether the request's Accept (RFC 9110) leaves one of these types, or does not speak of types at all. Of the ranges that cover a type,
/// the most precise one decides, and `q=0` excludes. Parameters other than `q` are not looked at; what is no media range is ignored.
bool accepts(const request& r, const media_types& makes);

/// Whether there is a body, and its Content-Encoding is another one than identity (RFC 9110, 8.4): gzip, say, which nobody here decodes.
bool has_encoded_body(const request& r);

}  // namespace retail_pulse::http
