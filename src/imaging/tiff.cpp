// TIFF (revision 6) and BigTIFF, in either byte order, and the camera raw files that are built like
// them: the directories, wherever they lie. A page is a directory of the chain that starts in the
// header, with the directories that it holds (SubIFDs). The picture is that of the first page with
// a full one, and there the largest: neither a reduced one, which is a preview or a step of a
// pyramid, nor a mask.
//
// A file is read once, from front to back, so a directory in front of the one that leads to it is
// lost, and no chain of directories can be a loop. The file is whole when everything is there that
// the picture's directory leads to: the values outside of it, and the strips or tiles. Their arrays
// are read where they come behind the directory; nothing is known of those that came before.
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/limits.hpp"
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
  std::array<std::uint8_t, 8> field{};  ///< the values if they fit in, otherwise their offset
  bool is_inside = false;               ///< the values fit in
  std::uint64_t at = 0;                 ///< offset of the values, unless is_inside
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
    constexpr std::array<std::uint8_t, 19> bytes_of_type{0, 1, 1, 2, 4, 8, 1, 1, 2, 4,
                                                         8, 4, 8, 4, 0, 0, 8, 8, 8};
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
    std::copy_n(raw.begin() + static_cast<std::ptrdiff_t>(4 + offset_bytes()), offset_bytes(),
                e.field.begin());
    e.is_inside = saturating_product(e.count, e.element_bytes) <= offset_bytes();
    e.at = e.is_inside ? 0 : number(e.field, 0, offset_bytes());
    return e;
  }
};

/// The strip or tile that starts behind all others. Offsets and lengths come as two arrays, in any
/// order.
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
    length_index_ = index;  // while the offsets are unknown: of the last one in the array, which is
                            // almost always the one
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

/// An array of numbers, outside of the directory where it is not empty.
struct number_array {
  std::uint64_t at = 0;
  std::uint64_t count = 0;
  std::size_t element_bytes = 0;
};

/// The entries of one directory so far.
class directory {
 public:
  explicit directory(const dialect& numbers) : numbers_{numbers} {}

  void add(const entry& e) {
    constexpr std::uint32_t new_subfile_type = 254, subfile_type = 255, width = 256, height = 257,
                            strip_offsets = 273, strip_lengths = 279, tile_offsets = 324,
                            tile_lengths = 325, directories = 330, dng_version = 50706;
    if (!e.is_inside)
      furthest_ =
          std::max(furthest_, saturating_sum(e.at, saturating_product(e.count, e.element_bytes)));
    switch (e.tag) {
      case new_subfile_type:
        kind_ = first_number(e);
        break;
      case subfile_type:
        is_reduced_by_old_tag_ = first_number(e) == 2;
        break;
      case width:
        set_side(width_, e);
        break;
      case height:
        set_side(height_, e);
        break;
      case strip_offsets:
      case tile_offsets:
        add_array(e, offsets_, [&](std::uint64_t index, std::uint64_t number) {
          strip_.add_offset(index, number);
        });
        break;
      case strip_lengths:
      case tile_lengths:
        add_array(e, lengths_, [&](std::uint64_t index, std::uint64_t number) {
          strip_.add_length(index, number);
        });
        break;
      case directories:
        add_array(e, inner_, [&](std::uint64_t, std::uint64_t number) {
          if (inner_count_inside_ < inner_inside_.size())
            inner_inside_[inner_count_inside_++] = number;
        });
        break;
      case dng_version:
        is_dng_ = true;
        break;
      default:
        break;
    }
  }

  /// Whether it is not marked as a reduced picture or a mask. In a DNG, further kinds are depth
  /// maps and edited versions.
  bool is_full(bool in_dng) const {
    constexpr std::uint64_t reduced = 1, mask = 4, page = 2;
    if (!kind_) return !is_reduced_by_old_tag_;
    return (*kind_ & (in_dng ? ~page : reduced | mask)) == 0;
  }
  /// Whether it is marked as a full picture. One without a mark may be a preview.
  bool is_marked_full(bool in_dng) const { return kind_ && is_full(in_dng); }
  bool is_dng() const { return is_dng_; }
  std::span<const std::uint64_t> inner_inside() const {
    return std::span{inner_inside_}.first(inner_count_inside_);
  }
  const number_array& inner() const { return inner_; }

  /// Nothing if a side is unknown, 0, negative or beyond 32 bits.
  std::optional<sizes> picture() const {
    if (width_.value_or(0) == 0 || height_.value_or(0) == 0) return std::nullopt;
    return sizes{*width_, *height_};
  }
  const number_array& offsets() const { return offsets_; }
  const number_array& lengths() const { return lengths_; }
  const last_strip& strip() const { return strip_; }
  /// Behind the values outside.
  std::uint64_t furthest() const { return furthest_; }

 private:
  /// Of values that fit in.
  std::optional<std::uint64_t> first_number(const entry& e) const {
    if (!e.is_number || !e.is_inside || e.count == 0) return std::nullopt;
    return numbers_.number(e.field, 0, e.element_bytes);
  }

  void set_side(std::optional<std::uint32_t>& side, const entry& e) const {
    if (side) return;
    const std::uint64_t value = first_number(e).value_or(0);
    const bool is_negative = e.is_signed && value != 0 && (value >> (8 * e.element_bytes - 1)) != 0;
    side = is_negative || value > std::numeric_limits<std::uint32_t>::max()
               ? 0
               : static_cast<std::uint32_t>(value);
  }

  template <class Add>
  void add_array(const entry& e, number_array& outside, const Add& add_inside) {
    if (!e.is_number) return;
    if (!e.is_inside) {
      outside = {e.at, e.count, e.element_bytes};
      return;
    }
    for (std::size_t n = 0; n < e.count; ++n)
      add_inside(n, numbers_.number(e.field, n * e.element_bytes, e.element_bytes));
  }

  dialect numbers_;
  std::optional<std::uint64_t> kind_;
  bool is_reduced_by_old_tag_ = false;
  bool is_dng_ = false;
  std::optional<std::uint32_t> width_;
  std::optional<std::uint32_t> height_;
  number_array offsets_;
  number_array lengths_;
  number_array inner_;  ///< offsets of the directories that it holds
  std::array<std::uint64_t, 8> inner_inside_{};
  std::size_t inner_count_inside_ = 0;
  last_strip strip_;
  std::uint64_t furthest_ = 0;
};

/// A directory or array to be read further on in the file.
struct pending_read {
  enum class kind : std::uint8_t { page, inner, inner_array, strip_offsets, strip_lengths };
  std::uint64_t at = 0;
  std::uint64_t count = 0;         ///< of an array
  std::uint8_t element_bytes = 0;  ///< of an array
  kind what = kind::page;
  std::uint8_t page =
      0;  ///< number of the page that it belongs to, at most limits::tiff_directories

  bool is_array() const { return what != kind::page && what != kind::inner; }
  bool is_of_strips() const { return what == kind::strip_offsets || what == kind::strip_lengths; }
};

/// The search through the directories: what is to be read next, and the best picture so far.
class search {
 public:
  explicit search(std::uint64_t first_directory_at) : pending_{{.at = first_directory_at}} {}

  /// Whether the picture is known, and only the offsets of its strips may follow.
  bool is_decided() const { return std::ranges::all_of(pending_, &pending_read::is_of_strips); }

  /// The next one in the file; those before `position` are lost.
  std::optional<pending_read> next(std::uint64_t position) {
    while (!pending_.empty()) {
      const pending_read first = pending_.front();
      pending_.erase(pending_.begin());
      if (first.at >= position) return first;
      if (!first.is_of_strips()) lost_page_ = std::min(lost_page_, first.page);
    }
    return std::nullopt;
  }

  /// Adds a directory that was read, and the offset of the next page. False if there are too many.
  [[nodiscard]] bool add_directory(const pending_read& from, const directory& found,
                                   std::uint64_t next_page_at) {
    const bool is_page = from.what == pending_read::kind::page;
    if (found.is_dng()) is_dng_ = true;
    const bool is_full = found.is_full(is_dng_);
    if (is_full && found.picture()) consider(from, found);
    if (is_page && is_full && !found.picture()) is_page_without_size_ = true;
    if (is_page && !is_full && next_page_at != 0) {
      if (!add({.at = next_page_at,
                .what = pending_read::kind::page,
                .page = static_cast<std::uint8_t>(from.page + 1)}))
        return false;
    }
    for (const std::uint64_t at : found.inner_inside()) {
      if (!add_inner(at, from.page)) return false;
    }
    if (found.inner().count == 0) return true;
    if (found.inner().count > limits::tiff_directories) return false;
    insert(array_read(pending_read::kind::inner_array, found.inner(), from.page));
    return true;
  }

  /// Adds a number of an array. False if there are too many directories.
  [[nodiscard]] bool add_number(const pending_read& from, std::uint64_t index,
                                std::uint64_t number) {
    if (from.what == pending_read::kind::inner_array) return add_inner(number, from.page);
    if (from.what == pending_read::kind::strip_offsets) strip_.add_offset(index, number);
    if (from.what == pending_read::kind::strip_lengths) strip_.add_length(index, number);
    return true;
  }

  /// Sets the size, once every directory that could have a better one was read; or returns why
  /// no picture has a size.
  walk_outcome measure(measurement& seen) const {
    const bool may_be_lost =
        lost_page_ < page_ || (lost_page_ == page_ && (!is_marked_page_ || is_dng_));
    if (area() == 0 && is_page_without_size_) return error_code::bad_dimensions;
    if (lost_page_ != nowhere && may_be_lost)
      return unsupported("TIFF whose pictures are described in front of its first directory");
    if (area() == 0)
      return unsupported(is_dng_ ? "DNG without a full picture"
                                 : "TIFF that holds nothing but reduced pictures");
    seen.width = picture_.width;
    seen.height = picture_.height;
    return {};
  }
  std::uint64_t furthest() const { return std::max(furthest_, strip_.end()); }

 private:
  static constexpr std::uint8_t nowhere = 0xFF;

  std::uint64_t area() const { return std::uint64_t{picture_.width} * picture_.height; }

  void consider(const pending_read& from, const directory& found) {
    const sizes picture = *found.picture();
    if (from.page > page_) return;
    if (from.page == page_ && std::uint64_t{picture.width} * picture.height <= area()) return;
    page_ = from.page;
    is_marked_page_ = from.what == pending_read::kind::page && found.is_marked_full(is_dng_);
    picture_ = picture;
    furthest_ = found.furthest();
    strip_ = found.strip();
    std::erase_if(pending_, [](const pending_read& each) { return each.is_of_strips(); });
    if (found.offsets().count > 0)
      insert(array_read(pending_read::kind::strip_offsets, found.offsets(), from.page));
    if (found.lengths().count > 0)
      insert(array_read(pending_read::kind::strip_lengths, found.lengths(), from.page));
  }

  static pending_read array_read(pending_read::kind what, const number_array& array,
                                 std::uint8_t page) {
    return {array.at, array.count, static_cast<std::uint8_t>(array.element_bytes), what, page};
  }

  [[nodiscard]] bool add(const pending_read& directory) {
    if (++directories_ > limits::tiff_directories) return false;
    insert(directory);
    return true;
  }
  [[nodiscard]] bool add_inner(std::uint64_t at, std::uint8_t page) {
    return at == 0 || add({.at = at,
                           .what = pending_read::kind::inner,
                           .page = page});  // some writers leave entries empty
  }
  void insert(const pending_read& each) {
    pending_.insert(std::ranges::upper_bound(pending_, each.at, {}, &pending_read::at), each);
  }

  std::vector<pending_read> pending_;  ///< by their offsets
  std::size_t directories_ = 1;        ///< read or still to read
  std::uint8_t lost_page_ = nowhere;   ///< the first one with a directory that cannot be read
  bool is_dng_ = false;
  bool is_page_without_size_ = false;

  sizes picture_;  ///< the best so far, of
  std::uint8_t page_ = nowhere;
  bool is_marked_page_ = false;  ///< itself, not of a directory that it holds, and marked as full
  last_strip strip_;
  std::uint64_t furthest_ = 0;
};

constexpr std::size_t raw_mark_bytes = 8;

/// Raw files whose directories describe previews, or lack the size of the raw picture. Their mark
/// comes after the header.
part<walk_outcome> read_mark_of_raw(byte_source& file) {
  const auto mark = co_await file.take<raw_mark_bytes>();
  constexpr std::uint32_t three_letters = 0xFFFFFF00;
  const std::uint32_t first = be32(mark);
  const std::uint32_t second = be32(mark, 4);
  if (first == 0x43520200) co_return unsupported("Canon CR2");  // "CR", version 2
  if (first == 0xBAB0ACBB) co_return unsupported("Canon EOS-1D raw");
  // More than the first four: a grey picture may lie there, whose pixels are such letters.
  const bool is_little_endian_iiq =
      first == four_letters("IIII") && (second << 8) == (four_letters(" waR") << 8);
  const bool is_big_endian_iiq = first == four_letters("MMMM") &&
                                 (second & three_letters) == (four_letters("Raw ") & three_letters);
  if (is_little_endian_iiq || is_big_endian_iiq) co_return unsupported("Phase One IIQ");
  co_return error_code::none;
}

}  // namespace

walk read_tiff(byte_source& file, measurement& seen) {
  const auto mark = co_await file.take<4>();
  const dialect numbers{mark[0] == 'M', mark[2] == '+' || mark[3] == '+'};
  const auto header = co_await file.take<12>(numbers.large ? 12 : 4);
  if (numbers.large && (numbers.number(header, 0, 2) != numbers.offset_bytes() ||
                        numbers.number(header, 2, 2) != 0)) {
    co_return error_code::not_an_image;
  }
  const std::uint64_t first_at =
      numbers.number(header, numbers.large ? 4 : 0, numbers.offset_bytes());
  if (first_at < file.position()) co_return error_code::not_an_image;
  if (!numbers.large && first_at >= file.position() + raw_mark_bytes) {
    const auto answer = co_await read_mark_of_raw(file);
    if (answer.code != error_code::none) co_return answer;
  }

  const walk_outcome too_many = unsupported("TIFF of more directories than are followed");
  search pictures{first_at};
  for (;;) {
    if (seen.width == 0 && pictures.is_decided()) {
      const auto answer = pictures.measure(seen);
      if (answer.code != error_code::none) co_return answer;
    }
    const auto pending_read = pictures.next(file.position());
    if (!pending_read) {
      if (seen.width != 0) break;
      continue;  // the rest is lost, so now it is decided
    }
    co_await file.skip(pending_read->at - file.position());
    if (pending_read->is_array()) {
      for (std::uint64_t index = 0; index < pending_read->count; ++index) {
        const auto raw = co_await file.take<8>(pending_read->element_bytes);
        if (!pictures.add_number(*pending_read, index,
                                 numbers.number(raw, 0, pending_read->element_bytes)))
          co_return too_many;
      }
      continue;
    }
    directory found{numbers};
    const auto count = co_await file.take<8>(numbers.count_bytes());
    for (std::uint64_t left = numbers.number(count, 0, numbers.count_bytes()); left > 0; --left) {
      const auto raw = co_await file.take<longest_entry>(numbers.entry_bytes());
      found.add(numbers.read_entry(raw));
    }
    const auto next = co_await file.take<8>(numbers.offset_bytes());
    if (!pictures.add_directory(*pending_read, found,
                                numbers.number(next, 0, numbers.offset_bytes())))
      co_return too_many;
  }
  co_await file.skip(distance(file.position(), pictures.furthest()));
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
