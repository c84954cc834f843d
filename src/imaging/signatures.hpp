#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image.hpp"
#include "imaging/formats.hpp"

namespace retail_pulse::imaging {

/// What the first bytes of a file say that it is.
struct signature {
  std::string_view pattern;                            ///< '?' is any byte, '~' any but NUL
  format_reader reader = nullptr;                      ///< null where `refusal` is all there is to say
  image_format format = image_format::unknown;         ///< unknown where the reader finds out
  error_code refusal_code = error_code::not_an_image;  ///< of a file that is known and not measured
  std::string_view refusal_reason = {};
};

inline constexpr std::size_t longest_signature = 44;  ///< that of an EMF

struct recognition {
  const signature* found = nullptr;  ///< the one whose pattern is complete
  bool can_be_found = false;         ///< whether more bytes could complete one,
  bool can_be_picture = false;       ///< and one of a format that is measured
};

/// `head`: the first bytes of a file, at most longest_signature; asked again after each byte until something is found or nothing can be.
recognition recognise(std::span<const std::uint8_t> head);

}  // namespace retail_pulse::imaging
