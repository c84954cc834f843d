#include "fetch/url/domain.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The WHATWG "forbidden domain code points", of those in ASCII.
bool is_forbidden(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code <= 0x20 || code == 0x7f ||
         std::string_view{"#/:<>?@[\\]^|%"}.find(c) != std::string_view::npos;
}

/// Dots that UTS 46 treats as the ASCII one: ideographic, full-width, half-width ideographic.
constexpr std::array<std::string_view, 4> dots{".", "\xE3\x80\x82", "\xEF\xBC\x8E", "\xEF\xBD\xA1"};

/// Bytes of the dot that the text begins with; 0 if it does not begin with one.
std::size_t dot_at_start(std::string_view text) {
  const auto found = std::find_if(dots.begin(), dots.end(),
                                  [&](std::string_view dot) { return text.starts_with(dot); });
  return found == dots.end() ? 0 : found->size();
}

/// Removes the first label from `rest`; `last` is set if no dot follows it. Reads no further than
/// to that dot.
std::string_view next_label(std::string_view& rest, bool& last) {
  std::size_t end = 0;
  std::size_t dot_bytes = 0;
  while (end < rest.size() && (dot_bytes = dot_at_start(rest.substr(end))) == 0) ++end;
  const auto label = rest.substr(0, end);
  last = dot_bytes == 0;
  rest.remove_prefix(end + dot_bytes);
  return label;
}

/// The characters that transitional processing maps to others: sharp s, final sigma, the two
/// joiners.
bool has_deviation(std::string_view label) {
  constexpr std::array<std::string_view, 4> deviations{"\xC3\x9F", "\xCF\x82", "\xE2\x80\x8C",
                                                       "\xE2\x80\x8D"};
  return std::any_of(deviations.begin(), deviations.end(), [&](std::string_view each) {
    return label.find(each) != std::string_view::npos;
  });
}

struct free_text {
  void operator()(char* text) const { idn2_free(text); }
};

/// `label` without a NUL.
int map_label(const std::string& label, int flags, std::string& mapped) {
  char* text = nullptr;
  const int status = idn2_to_ascii_8z(label.c_str(), &text, flags | IDN2_NFC_INPUT);
  const std::unique_ptr<char, free_text> owned{text};
  if (status == IDN2_OK) mapped = text;
  return status;
}

/// libidn2 also checks the mapped label against the rules of IDNA 2008, which exclude emoji;
/// browsers do not. Its transitional mapping skips those rules, and gives the same result for a
/// label without a deviation character.
std::optional<std::string> mapped_label(const std::string& label) {
  std::string mapped;
  const int status = map_label(label, IDN2_NONTRANSITIONAL, mapped);
  if (status == IDN2_OK) return mapped;
  const bool by_idna_2008 = status == IDN2_DISALLOWED || status == IDN2_CONTEXTO ||
                            status == IDN2_CONTEXTO_NO_RULE || status == IDN2_UNASSIGNED;
  if (by_idna_2008 && !has_deviation(label) &&
      map_label(label, IDN2_TRANSITIONAL, mapped) == IDN2_OK)
    return mapped;
  return std::nullopt;
}

}  // namespace

std::variant<std::string, url_error> domain_to_ascii(std::string_view name) {
  const url_error forbidden{forbidden_in_host};
  if (std::any_of(name.begin(), name.end(), is_forbidden)) return forbidden;
  auto lowered = lower(name);
  if (is_ascii(name) && lowered.find("xn--") == std::string::npos) return lowered;  // nearly always
  std::string ascii;
  for (bool last = false; !last;) {
    const std::string label{next_label(name, last)};
    const bool punycode = lower(label).starts_with("xn--");
    if (is_ascii(label) && !punycode) {
      ascii += lower(label);
    } else if (const auto mapped = mapped_label(label)) {
      ascii += *mapped;
    } else {
      return url_error{punycode ? "its host has a label of punycode that is not valid"
                                : "its host has a label that is not valid in Unicode"};
    }
    if (!last) ascii += '.';
    if (ascii.size() > dns_name_bytes + 1)
      return url_error{no_dns_name};  // and the rest is not read
  }
  if (std::any_of(ascii.begin(), ascii.end(), is_forbidden))
    return forbidden;  // a full-width one, say
  return ascii;
}

}  // namespace retail_pulse::fetch
