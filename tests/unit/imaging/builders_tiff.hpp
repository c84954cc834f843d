#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builders.hpp"

namespace retail_pulse::imaging {

/// Types of values in a directory.
namespace tiff_type {
constexpr std::uint32_t byte = 1, text = 2, u16 = 3, u32 = 4, rational = 5, i16 = 8, i32 = 9,
                        f32 = 11, u64 = 16;
}

struct tiff_entry {
  std::uint32_t tag = 0;
  std::uint32_t type = tiff_type::u32;
  std::vector<std::uint64_t> values;
};

struct tiff_options {
  bool big_endian = false;
  bool large = false;  ///< BigTIFF
  std::uint64_t width = 37;
  std::uint64_t height = 21;
  std::uint32_t side_type = tiff_type::u16;
  bool tiles = false;                           ///< instead of strips
  std::vector<std::size_t> strips{30, 10, 20};  ///< lengths
  std::vector<std::size_t> order{};  ///< of the strips in the file; empty: as they are numbered
  std::uint32_t length_type = tiff_type::u32;  ///< of their lengths
  bool lengths_before_offsets = false;         ///< where both lie outside of the directory
  std::string_view layout = "directory, arrays, strips";  ///< by the first letters, in any order
};
std::string tiff(const tiff_options& options);

/// Numbers in the byte order and of the width that a file of that kind has.
class tiff_bytes {
 public:
  explicit tiff_bytes(bool big_endian, bool large = false)
      : big_endian_{big_endian}, large_{large} {}

  tiff_bytes& number(std::uint64_t value, std::size_t bytes);
  tiff_bytes& offset(std::uint64_t value) { return number(value, large_ ? 8 : 4); }
  /// Byte order, mark and the offset of the first directory.
  tiff_bytes& header(std::uint64_t directory_at);
  tiff_bytes& entry_count(std::uint64_t count) { return number(count, large_ ? 8 : 2); }
  /// Twelve bytes, or twenty: the values where they fit in, otherwise `outside_at`.
  tiff_bytes& entry(const tiff_entry& e, std::uint64_t outside_at = 0);
  /// The same with a count that need not be true, and a raw field.
  tiff_bytes& raw_entry(std::uint32_t tag, std::uint32_t type, std::uint64_t count,
                        std::uint64_t field);
  tiff_bytes& fill(std::size_t count, std::uint32_t value = 0);
  std::size_t size() const { return bytes_.size(); }
  operator const std::string&() const { return bytes_; }

 private:
  bool big_endian_;
  bool large_;
  std::string bytes_;
};

/// A directory among others, and its picture in one strip.
struct tiff_directory {
  std::uint64_t width = 0;              ///< 0: it tells none
  std::uint64_t height = 0;             ///< 0: it tells none
  std::optional<std::uint64_t> kind{};  ///< NewSubfileType: 1 reduced, 4 mask
  std::vector<tiff_entry> more{};       ///< not larger than their field
  std::vector<std::size_t> inner{};     ///< SubIFDs: which of the directories
  std::optional<std::size_t> next{};    ///< which one is the next page
  std::size_t strip = 10;               ///< bytes of its picture
};

struct tiff_layout {
  bool big_endian = false;
  bool large = false;     ///< BigTIFF
  std::size_t first = 0;  ///< which directory is the first page
  std::size_t last =
      0;  ///< whose strip comes last; the others are in the order of their directories
  bool strips_first = false;  ///< in front of the directories
  std::string behind_header{};
};
/// Directories in the given order, each with its array of SubIFDs behind it where that does not fit
/// in.
std::string tiff_of(const std::vector<tiff_directory>& directories, const tiff_layout& layout = {});

/// As cameras and converters write them: previews in front of a picture of 4032 x 3024.
std::string dng();
std::string nef();
std::string arw(bool marks_previews = true);
/// Its raw picture has no size in its directory.
std::string cr2();

}  // namespace retail_pulse::imaging
