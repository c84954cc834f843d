// AVIF and HEIC (ISO/IEC 14496-12 and 23008-12): boxes. `meta` has the size of the primary picture
// and the offsets of all items; the rest is skipped. The file is whole if it has the box with the
// last of those bytes.
#include <algorithm>
#include <optional>
#include <vector>

#include "core/limits.hpp"
#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

struct box {
  std::uint32_t type = 0;
  std::uint64_t end = 0;  ///< offset in the file after its last byte; unless is_last
  bool is_last = false;   ///< reaches to the end of the enclosing box or file
  bool is_sound = false;  ///< at least as long as its header
};

/// A box header of 8 bytes, or of 16 where the length takes 64 bits.
class next_box final : public byte_source::demand {
 public:
  explicit next_box(byte_source& file) : demand{file}, start_{file.position()} {}

  box await_resume() const {
    const std::uint64_t length = has_large_length() ? be64(header_, 8) : be32(header_);
    const bool is_last = !has_large_length() && length == 0;
    return {be32(header_, 4), saturating_sum(start_, length), is_last,
            is_last || length >= header_bytes()};
  }

 private:
  bool serve(std::span<const std::uint8_t>& piece) override {
    while (have_ < header_bytes() && !piece.empty()) {
      header_[have_++] = piece.front();
      piece = piece.subspan(1);
    }
    return have_ == header_bytes();
  }
  bool has_large_length() const { return be32(header_) == 1; }
  std::size_t header_bytes() const { return have_ >= 4 && has_large_length() ? 16 : 8; }

  std::uint64_t start_;
  std::array<std::uint8_t, 16> header_{};
  std::size_t have_ = 0;
};

/// The format by the brands of the file; unknown for other files in boxes.
image_format format_by(std::uint32_t brand) {
  switch (brand) {
    case four_letters("avif"):
    case four_letters("avis"):
      return image_format::avif;
    case four_letters("heic"):
    case four_letters("heix"):
    case four_letters("heim"):
    case four_letters("heis"):
    case four_letters("hevc"):
    case four_letters("hevx"):
    case four_letters("hevm"):
    case four_letters("hevs"):
    case four_letters("mif1"):  // any picture in boxes; also in the brands of AVIF
    case four_letters("msf1"):
      return image_format::heic;
    default:
      return image_format::unknown;
  }
}

/// AVIF by any of its brands, HEIC by any of its own otherwise.
image_format merge(image_format a, image_format b) {
  if (a == image_format::avif || b == image_format::avif) return image_format::avif;
  return a == image_format::unknown ? b : a;
}

/// The layout of one `iloc` box.
struct location_layout {
  std::uint32_t version;
  std::size_t offset_bytes, length_bytes, base_bytes, index_bytes;

  explicit location_layout(const std::array<std::uint8_t, 6>& start)
      : version{start[0]},
        offset_bytes{be16(start, 4) >> 12},
        length_bytes{be16(start, 4) >> 8 & 15},
        base_bytes{be16(start, 4) >> 4 & 15},
        index_bytes{version == 0 ? 0 : be16(start, 4) & 15} {}

  bool is_known() const {
    const auto is_width = [](std::size_t bytes) { return bytes == 0 || bytes == 4 || bytes == 8; };
    return version <= 2 && is_width(offset_bytes) && is_width(length_bytes) &&
           is_width(base_bytes) && is_width(index_bytes);
  }

  static constexpr std::size_t longest_item = 18, longest_extent = 24;
  std::size_t count_bytes() const { return version < 2 ? 2 : 4; }  ///< also of an item's number
  std::size_t base_at() const { return count_bytes() + (version == 0 ? 0 : 2) + 2; }
  std::size_t item_bytes() const { return base_at() + base_bytes + 2; }
  std::size_t extent_bytes() const { return index_bytes + offset_bytes + length_bytes; }

  /// Not inside of `meta`, nor in another file.
  bool is_in_file(std::span<const std::uint8_t> item) const {
    const bool by_file_offset = version == 0 || (be16(item, count_bytes()) & 15) == 0;
    return by_file_offset && be16(item, base_at() - 2) == 0;
  }
  std::uint32_t extents(std::span<const std::uint8_t> item) const {
    return extent_bytes() == 0 ? 0 : be16(item, base_at() + base_bytes);
  }
  std::uint64_t end_of(std::span<const std::uint8_t> item,
                       std::span<const std::uint8_t> extent) const {
    const std::uint64_t start = saturating_sum(number(item, base_at(), base_bytes),
                                               number(extent, index_bytes, offset_bytes));
    return saturating_sum(start, number(extent, index_bytes + offset_bytes, length_bytes));
  }

 private:
  static std::uint64_t number(std::span<const std::uint8_t> raw, std::size_t at,
                              std::size_t bytes) {
    return bytes == 0 ? 0 : bytes == 4 ? be32(raw, at) : be64(raw, at);
  }
};

const walk_outcome too_much = unsupported("pictures in boxes, more of them than are followed");
const walk_outcome endless = unsupported(
    "pictures in boxes, one of them without a length");  // a truncated file would look the same

constexpr std::size_t longest_small_box =
    16;  ///< bytes read of the boxes that item_index::add takes

/// The contents of `meta` so far.
class item_index {
 public:
  /// A box of known meaning; `number` is that of a property, from 1, or 0. False if there are too
  /// many.
  bool add(std::uint32_t type, std::uint32_t number,
           const std::array<std::uint8_t, longest_small_box>& content) {
    if (type == four_letters("pitm")) {
      if (!primary_) primary_ = content[0] == 0 ? be16(content, 4) : be32(content, 4);
      return true;
    }
    if (number == 0) return true;
    if (properties_.size() == limits::image_properties) return false;
    properties_.push_back(
        {type, number, {be32(content, 0), be32(content, 4), be32(content, 8), be32(content, 12)}});
    return true;
  }

  /// A property of an item. False if there are too many.
  bool associate(std::uint32_t item, std::uint32_t number) {
    if (primary_ && *primary_ != item) return true;
    if (associations_.size() == limits::image_associations) return false;
    associations_.push_back({item, number});
    return true;
  }

  void add_end(std::uint64_t end) { furthest_ = std::max(furthest_, end); }
  /// The offset after the last byte of any item in the file.
  std::uint64_t furthest() const { return furthest_; }

  /// Sets the size of the primary picture as displayed, or returns why it is not known.
  walk_outcome measure(measurement& seen) const {
    if (!primary_) return unsupported("pictures in boxes, none of them the primary one");
    sizes shown;
    for_each_property([&](const property& p) {
      if (p.type == four_letters("ispe")) shown = {p.values[1], p.values[2]};
    });
    for_each_property([&](const property& p) {
      if (p.type == four_letters("clap"))
        shown = {cropped(shown.width, p.values[0], p.values[1]),
                 cropped(shown.height, p.values[2], p.values[3])};
      if (p.type == four_letters("irot") && (p.values[0] >> 24 & 1) != 0)
        std::swap(shown.width, shown.height);
    });
    if (shown.width == 0 || shown.height == 0) return error_code::bad_dimensions;
    seen.width = shown.width;
    seen.height = shown.height;
    return error_code::none;
  }

 private:
  struct property {
    std::uint32_t type;
    std::uint32_t number;
    std::array<std::uint32_t, 4> values;
  };
  struct association {
    std::uint32_t item;
    std::uint32_t property;
  };

  template <class Visitor>
  void for_each_property(const Visitor& visit) const {
    for (const association& a : associations_) {
      if (a.item != *primary_) continue;
      const auto found = std::ranges::lower_bound(properties_, a.property, {}, &property::number);
      if (found != properties_.end() && found->number == a.property) visit(*found);
    }
  }

  /// A side that is cropped to a fraction, rounded to the nearest pixel.
  static std::uint32_t cropped(std::uint32_t side, std::uint64_t numerator,
                               std::uint64_t denominator) {
    if (denominator == 0) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(side, (numerator + denominator / 2) / denominator));
  }

  std::optional<std::uint32_t> primary_;
  std::vector<property> properties_;  ///< by number, because they come in that order
  std::vector<association> associations_;
  std::uint64_t furthest_ = 0;
};

struct brands {
  std::uint32_t major = 0;
  image_format format = image_format::unknown;  ///< by all of them
};

/// `ftyp`, which reaches to `end`.
part<brands> read_brands(byte_source& file, std::uint64_t end) {
  const auto major = co_await file.take<8>();  // and its version
  image_format format = format_by(be32(major));
  while (distance(file.position(), end) >= 4) {
    const auto brand = co_await file.take<4>();
    format = merge(format, format_by(be32(brand)));
  }
  co_await file.skip(distance(file.position(), end));
  co_return brands{be32(major), format};
}

/// `ipma`: which item has which properties, in the order of their effect.
part<walk_outcome> read_associations(byte_source& file, std::uint64_t end, item_index& index) {
  const auto start = co_await file.take<8>();
  const std::size_t item_bytes = start[0] == 0 ? 2 : 4;
  const std::size_t property_bytes = (start[3] & 1) == 0 ? 1 : 2;
  for (std::uint32_t entries = be32(start, 4); entries > 0 && file.position() < end; --entries) {
    const auto entry = co_await file.take<5>(item_bytes + 1);
    const std::uint32_t item = item_bytes == 2 ? be16(entry) : be32(entry);
    for (std::uint32_t left = entry[item_bytes]; left > 0; --left) {
      const auto raw = co_await file.take<2>(property_bytes);
      const std::uint32_t property =
          property_bytes == 1 ? raw[0] & 0x7FU
                              : be16(raw) & 0x7FFFU;  // the first bit: whether it is essential
      if (!index.associate(item, property)) co_return too_much;
    }
  }
  co_return error_code::none;
}

/// `iloc`: where the bytes of every item are.
part<walk_outcome> read_locations(byte_source& file, std::uint64_t end, item_index& index) {
  const auto start = co_await file.take<6>();
  const location_layout layout{start};
  if (!layout.is_known()) co_return error_code::not_an_image;
  const auto count = co_await file.take<4>(layout.count_bytes());
  for (std::uint32_t items = layout.version < 2 ? be16(count) : be32(count);
       items > 0 && file.position() < end; --items) {
    const auto item = co_await file.take<location_layout::longest_item>(layout.item_bytes());
    for (std::uint32_t left = layout.extents(item); left > 0; --left) {
      const auto extent =
          co_await file.take<location_layout::longest_extent>(layout.extent_bytes());
      if (layout.is_in_file(item)) index.add_end(layout.end_of(item, extent));
    }
  }
  co_return error_code::none;
}

/// `meta`, which reaches to `meta_end`: its children and those of `iprp` and `ipco` in one row.
part<walk_outcome> read_meta(byte_source& file, std::uint64_t meta_end, item_index& index) {
  co_await file.skip(4);  // version and flags
  std::uint64_t properties_end = 0;
  std::uint32_t properties = 0;
  while (file.position() < meta_end) {
    const bool is_property = file.position() < properties_end;
    const std::uint64_t limit = is_property ? properties_end : meta_end;
    const box child = co_await next_box{file};
    const std::uint64_t end = child.is_last ? limit : child.end;
    if (!child.is_sound || end > limit || file.position() > end) co_return error_code::not_an_image;
    if (is_property) ++properties;

    walk_outcome answer;
    switch (child.type) {
      case four_letters("iprp"):
        continue;
      case four_letters("ipco"):
        properties_end = end;
        continue;
      case four_letters("pitm"):
      case four_letters("ispe"):
      case four_letters("irot"):
      case four_letters("clap"): {
        const auto content = co_await file.take<longest_small_box>(
            std::min<std::uint64_t>(longest_small_box, end - file.position()));
        if (!index.add(child.type, is_property ? properties : 0, content)) answer = too_much;
        break;
      }
      case four_letters("ipma"):
        answer = co_await read_associations(file, end, index);
        break;
      case four_letters("iloc"):
        answer = co_await read_locations(file, end, index);
        break;
      default:
        break;
    }
    if (answer.code != error_code::none) co_return answer;
    if (file.position() > end) co_return error_code::not_an_image;
    co_await file.skip(end - file.position());
  }
  co_return file.position() == meta_end ? error_code::none : error_code::not_an_image;
}

}  // namespace

walk read_heif(byte_source& file, measurement& seen) {
  constexpr std::uint64_t shortest = 8,
                          longest =
                              0xFFFF;  // the content of ftyp; the whole of it, by the signature
  const box type = co_await next_box{file};
  if (distance(file.position(), type.end) < shortest || type.end > longest)
    co_return error_code::not_an_image;
  const brands told = co_await read_brands(file, type.end);
  // A CR3 raw file holds previews in boxes, and its own picture in a format of Canon's.
  if (told.major == four_letters("crx ")) co_return unsupported("Canon CR3");
  if (told.format == image_format::unknown) co_return unsupported("MP4 or QuickTime");
  seen.format = told.format;

  box next = co_await next_box{file};
  while (next.type != four_letters("meta")) {
    if (!next.is_sound) co_return error_code::not_an_image;
    if (next.type == four_letters("moov"))
      co_return unsupported("an image sequence without a picture to show for it");
    if (next.is_last) co_return endless;
    co_await file.skip(next.end - file.position());
    next = co_await next_box{file};
  }
  if (!next.is_sound) co_return error_code::not_an_image;
  if (next.is_last) co_return endless;

  item_index index;
  if (const auto answer = co_await read_meta(file, next.end, index);
      answer.code != error_code::none)
    co_return answer;
  if (const auto answer = index.measure(seen); answer.code != error_code::none) co_return answer;

  while (file.position() < index.furthest()) {
    next = co_await next_box{file};
    const std::uint64_t end = next.is_sound && !next.is_last ? next.end : index.furthest();
    co_await file.skip(distance(file.position(), end));
  }
  co_return error_code::none;
}

}  // namespace retail_pulse::imaging
