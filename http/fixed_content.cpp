#include "http/fixed_content.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "core/text.hpp"
#include "http/conditional.hpp"

namespace retail_pulse::http {
namespace {

/// FNV-1a of 64 bits. Contents differ by version of the program, not by the will of an attacker.
std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const unsigned char byte : text) digest = (digest ^ byte) * 0x100000001b3;
  return digest;
}

}  // namespace

fixed_content::fixed_content(std::string_view type, std::string text) : type_{type}, text_{std::move(text)} {
  char tag[40];
  std::snprintf(tag, sizeof tag, "\"%zx-%016llx\"", text_.size(), static_cast<unsigned long long>(digest_of(text_)));
  etag_ = tag;
}

bool fixed_content::known_to(const request& r) const {
  return std::ranges::any_of(
      r.headers, [this](const header_field& field) { return same_word(field.name, "If-None-Match") && lists_etag(field.value, etag_); });
}

}  // namespace retail_pulse::http
