#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/image.hpp"
#include "imaging/formats.hpp"

namespace retail_pulse::imaging {

/// A format and the first bytes by which it is recognised.
struct signature {
  std::string_view pattern;                     ///< '?' is any byte, '~' any but NUL
  format_reader reader = nullptr;               ///< null: the format is not measured, see `code`
  image_format format = image_format::unknown;  ///< unknown if the reader sets it
  error_code code = error_code::not_an_image;   ///< without a reader
  std::string_view reason = {};
};

inline constexpr std::size_t longest_signature = 44;  ///< that of an EMF

struct recognition {
  const signature* found = nullptr;  ///< the one whose pattern is complete
  bool can_be_found = false;         ///< more bytes could complete one,
  bool can_be_picture = false;       ///< and one of a format that is measured
};

/// `head`: the first bytes of a file, at most longest_signature. To be called again after each byte
/// until a signature is found or none can be.
recognition recognise(std::span<const std::uint8_t> head);

}  // namespace retail_pulse::imaging
