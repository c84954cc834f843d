// TIFF (revision 6) and BigTIFF, in either byte order: the first directory, wherever it lies. The file is whole when everything is there
// that the directory leads to: the values outside of it, and the strips or tiles. Their arrays are read where they come after the
// directory; a file is read once, from front to back, so nothing is known of those that came before.
#include <algorithm>
#include <limits>
#include <optional>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr std::size_t longest_entry = 20;

struct entry {
  std::uint32_t tag = 0;
  std::uint64_t count = 0;
  std::size_t element_bytes = 0;  ///< 0 of an unknown type
  bool is_number = false;         ///< whole numbers, not text, fractions or floating point
  bool is_signed = false;
  std::array<std::uint8_t, 8> field{};  ///< the values where they fit in, otherwise their offset
  bool is_inside = false;               ///< whether the values fit in
  std::uint64_t at = 0;                 ///< offset of the values that do not
};

/// How numbers are written in one file.
struct dialect {
  bool big_endian = false;
  bool large = false;  ///< BigTIFF: offsets and counts of 8 bytes instead of 4

  std::size_t offset_bytes() const { return large ? 8 : 4; }
  std::size_t count_bytes() const { return large ? 8 : 2; }  ///< of a directory's entries
  std::size_t entry_bytes() const { return large ? longest_entry : 12; }

  std::uint64_t number(std::span<const std::uint8_t> raw, std::size_t at, std::size_t bytes) const {
    if (bytes == 1) return raw[at];
    if (bytes == 2) return big_endian ? be16(raw, at) : le16(raw, at);
    if (bytes == 4) return big_endian ? be32(raw, at) : le32(raw, at);
    return big_endian ? be64(raw, at) : le64(raw, at);
  }

  entry read_entry(const std::array<std::uint8_t, longest_entry>& raw) const {
    constexpr std::array<std::uint8_t, 19> bytes_of_type{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    constexpr std::size_t unsigned_types[] = {1, 3, 4, 13, 16, 18};
    constexpr std::size_t signed_types[] = {6, 8, 9, 17};
    const auto is_in = [](const auto& types, std::size_t type) {
      return std::find(std::begin(types), std::end(types), type) != std::end(types);
    };
    const auto type = static_cast<std::size_t>(number(raw, 2, 2));
    entry e;
    e.tag = static_cast<std::uint32_t>(number(raw, 0, 2));
    e.count = number(raw, 4, offset_bytes());
    e.element_bytes = type < bytes_of_type.size() ? bytes_of_type[type] : 0;
    e.is_signed = is_in(signed_types, type);
    e.is_number = e.is_signed || is_in(unsigned_types, type);
    std::copy_n(raw.begin() + static_cast<std::ptrdiff_t>(4 + offset_bytes()), offset_bytes(), e.field.begin());
    e.is_inside = saturating_product(e.count, e.element_bytes) <= offset_bytes();
    e.at = e.is_inside ? 0 : number(e.field, 0, offset_bytes());
    return e;
  }
};

/// The strip or tile that starts behind all others. Offsets and lengths come as two arrays, in any order.
class last_strip {
 public:
  void add_offset(std::uint64_t index, std::uint64_t offset) {
    if (offsets_seen_ && offset < start_) return;
    offsets_seen_ = true;
    start_ = offset;
    index_ = index;
  }
  void add_length(std::uint64_t index, std::uint64_t length) {
    if (offsets_seen_ && index != index_) return;
    length_index_ = index;  // while the offsets are unknown: of the last one in the array, which is almost always the one
    length_ = length;
  }
  /// At least its first byte, when the length is not known.
  std::uint64_t end() const {
    if (!offsets_seen_) return 0;
    return saturating_sum(start_, length_index_ == index_ ? length_ : 1);
  }

 private:
  bool offsets_seen_ = false;
  std::uint64_t start_ = 0;
  std::uint64_t index_ = 0;
  std::optional<std::uint64_t> length_index_;  ///< nothing while no length is known
  std::uint64_t length_ = 0;
};

/// An array of numbers outside of the directory.
struct number_array {
  std::uint64_t at = 0;
  std::uint64_t count = 0;
  std::size_t element_bytes = 0;
  bool holds_offsets = false;
};

/// What the directory has told so far.
class directory {
 public:
  explicit directory(const dialect& numbers) : numbers_{numbers} {}

  /// False when the picture's size is none.
  bool add(const entry& e) {
    constexpr std::uint32_t width = 256, height = 257, strip_offsets = 273, strip_lengths = 279, tile_offsets = 324, tile_lengths = 325;
    if (!e.is_inside) furthest_ = std::max(furthest_, saturating_sum(e.at, saturating_product(e.count, e.element_bytes)));
    if (e.tag == width) return set_side(width_, e);
    if (e.tag == height) return set_side(height_, e);
    if (e.tag == strip_offsets || e.tag == tile_offsets) add_array(e, true);
    if (e.tag == strip_lengths || e.tag == tile_lengths) add_array(e, false);
    return true;
  }

  void add_number(bool is_offset, std::uint64_t index, std::uint64_t number) {
    if (is_offset) {
      strip_.add_offset(index, number);
    } else {
      strip_.add_length(index, number);
    }
  }

  /// Zero as long as they are unknown.
  sizes picture() const { return {width_, height_}; }
  std::array<number_array, 2> arrays_in_file_order() const {
    return offsets_.at <= lengths_.at ? std::array{offsets_, lengths_} : std::array{lengths_, offsets_};
  }
  std::uint64_t furthest() const { return std::max(furthest_, strip_.end()); }

 private:
  bool set_side(std::uint32_t& side, const entry& e) const {
    if (side != 0) return true;
    const std::uint64_t value = e.is_number && e.is_inside && e.count >= 1 ? numbers_.number(e.field, 0, e.element_bytes) : 0;
    const bool is_negative = e.is_signed && (value >> (8 * e.element_bytes - 1)) != 0;
    if (is_negative || value > std::numeric_limits<std::uint32_t>::max()) return false;
    side = static_cast<std::uint32_t>(value);
    return side != 0;
  }

  void add_array(const entry& e, bool holds_offsets) {
    if (!e.is_number) return;
    if (!e.is_inside) {
      (holds_offsets ? offsets_ : lengths_) = {e.at, e.count, e.element_bytes, holds_offsets};
      return;
    }
    for (std::size_t n = 0; n < e.count; ++n) add_number(holds_offsets, n, numbers_.number(e.field, n * e.element_bytes, e.element_bytes));
  }

  dialect numbers_;
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  number_array offsets_;
  number_array lengths_;
  last_strip strip_;
  std::uint64_t furthest_ = 0;
};

}  // namespace

walk read_tiff(byte_source& file, measurement& seen) {
  const auto mark = co_await file.take<4>();
  const dialect numbers{mark[0] == 'M', mark[2] == '+' || mark[3] == '+'};
  const auto header = co_await file.take<12>(numbers.large ? 12 : 4);
  if (numbers.large && (numbers.number(header, 0, 2) != numbers.offset_bytes() || numbers.number(header, 2, 2) != 0)) {
    co_return error_code::not_an_image;
  }
  const std::uint64_t directory_at = numbers.number(header, numbers.large ? 4 : 0, numbers.offset_bytes());
  if (directory_at < file.position()) co_return error_code::not_an_image;
  co_await file.skip(directory_at - file.position());

  directory found{numbers};
  const auto count = co_await file.take<8>(numbers.count_bytes());
  for (std::uint64_t left = numbers.number(count, 0, numbers.count_bytes()); left > 0; --left) {
    const auto raw = co_await file.take<longest_entry>(numbers.entry_bytes());
    if (!found.add(numbers.read_entry(raw)) && seen.width == 0) co_return error_code::bad_dimensions;
    const sizes picture = found.picture();
    if (picture.width == 0 || picture.height == 0) continue;
    seen.width = picture.width;
    seen.height = picture.height;
  }
  if (seen.width == 0) co_return error_code::bad_dimensions;
  co_await file.skip(numbers.offset_bytes());  // the next directory

  for (const number_array& array : found.arrays_in_file_order()) {
    if (array.at < file.position()) continue;
    co_await file.skip(array.at - file.position());
    for (std::uint64_t index = 0; index < array.count; ++index) {
      const auto raw = co_await file.take<8>(array.element_bytes);
      found.add_number(array.holds_offsets, index, numbers.number(raw, 0, array.element_bytes));
    }
  }
  co_await file.skip(distance(file.position(), found.furthest()));
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
