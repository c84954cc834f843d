#include "http/response/fixed_content.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "http/request/digest.hpp"
#include "http/response/conditional.hpp"

namespace retail_pulse::http {

fixed_content::fixed_content(std::string_view type, std::string text)
    : type_{type}, text_{std::move(text)}, etag_{"\"" + sha256_of(text_) + "\""} {}

bool fixed_content::known_to(const request& r) const {
  return std::ranges::any_of(
      r.headers, [this](const header_field& field) { return same_word(field.name, "If-None-Match") && lists_etag(field.value, etag_); });
}

}  // namespace retail_pulse::http
