#include "builders_tiff.hpp"

#include <algorithm>
#include <numeric>

namespace retail_pulse::imaging {
namespace {

std::size_t bytes_of(std::uint32_t type) {
  constexpr std::size_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return sizes[type];
}
std::size_t bytes_of(const tiff_entry& e) { return bytes_of(e.type) * e.values.size(); }

}  // namespace

tiff_bytes& tiff_bytes::number(std::uint64_t value, std::size_t bytes) {
  for (std::size_t n = 0; n < bytes; ++n) {
    const std::size_t place = big_endian_ ? bytes - 1 - n : n;
    bytes_ += static_cast<char>(value >> 8 * place & 0xFF);
  }
  return *this;
}

tiff_bytes& tiff_bytes::header(std::uint64_t directory_at) {
  bytes_ += big_endian_ ? "MM" : "II";
  number(large_ ? 43 : 42, 2);
  if (large_) number(8, 2).number(0, 2);
  return offset(directory_at);
}

tiff_bytes& tiff_bytes::entry(const tiff_entry& e, std::uint64_t outside_at) {
  number(e.tag, 2).number(e.type, 2).offset(e.values.size());
  const std::size_t field_bytes = large_ ? 8 : 4;
  if (bytes_of(e) > field_bytes) return offset(outside_at);
  for (const std::uint64_t value : e.values) number(value, bytes_of(e.type));
  return fill(field_bytes - bytes_of(e));
}

tiff_bytes& tiff_bytes::raw_entry(std::uint32_t tag, std::uint32_t type, std::uint64_t count, std::uint64_t field) {
  return number(tag, 2).number(type, 2).offset(count).offset(field);
}

tiff_bytes& tiff_bytes::fill(std::size_t count, std::uint32_t value) {
  bytes_.append(count, static_cast<char>(value));
  return *this;
}

std::string tiff(const tiff_options& o) {
  tiff_entry offsets{o.tiles ? 324U : 273U, o.large ? tiff_type::u64 : tiff_type::u32, std::vector<std::uint64_t>(o.strips.size())};
  const tiff_entry lengths{o.tiles ? 325U : 279U, o.length_type, {o.strips.begin(), o.strips.end()}};
  const std::size_t field_bytes = o.large ? 8 : 4;
  const auto outside_bytes = [&](const tiff_entry& e) { return bytes_of(e) > field_bytes ? bytes_of(e) : 0; };

  constexpr std::size_t entries = 6;
  const std::size_t directory_bytes = (o.large ? 8 + entries * 20 : 2 + entries * 12) + field_bytes;
  const std::size_t arrays_bytes = outside_bytes(offsets) + outside_bytes(lengths);
  const std::size_t strips_bytes = std::accumulate(o.strips.begin(), o.strips.end(), std::size_t{0});

  const auto place_of = [&](char piece) {
    std::size_t at = o.large ? 16 : 8;
    for (std::size_t n = 0; o.layout[n] != piece; n = o.layout.find(' ', n) + 1) {
      at += o.layout[n] == 'd' ? directory_bytes : o.layout[n] == 'a' ? arrays_bytes : strips_bytes;
    }
    return at;
  };
  const std::size_t arrays_at = place_of('a');
  const std::size_t offsets_at = arrays_at + (o.lengths_before_offsets ? outside_bytes(lengths) : 0);
  const std::size_t lengths_at = arrays_at + (o.lengths_before_offsets ? 0 : outside_bytes(offsets));

  std::vector<std::size_t> order = o.order;
  if (order.empty()) {
    order.resize(o.strips.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
  }
  std::size_t next = place_of('s');
  for (const std::size_t strip : order) {
    offsets.values[strip] = next;
    next += o.strips[strip];
  }

  tiff_bytes directory{o.big_endian, o.large};
  directory.entry_count(entries);
  directory.entry({256, o.side_type, {o.width}}).entry({257, o.side_type, {o.height}}).entry({259, tiff_type::u16, {1}});
  directory.entry({262, tiff_type::u16, {1}});
  directory.entry(offsets, offsets_at).entry(lengths, lengths_at);
  directory.offset(0);

  tiff_bytes arrays{o.big_endian, o.large};
  const auto add_array = [&](const tiff_entry& e) {
    if (outside_bytes(e) == 0) return;
    for (const std::uint64_t value : e.values) arrays.number(value, bytes_of(e.type));
  };
  add_array(o.lengths_before_offsets ? lengths : offsets);
  add_array(o.lengths_before_offsets ? offsets : lengths);

  std::string file = tiff_bytes{o.big_endian, o.large}.header(place_of('d'));
  for (std::size_t n = 0; n < o.layout.size(); n = std::min(o.layout.find(' ', n), o.layout.size() - 1) + 1) {
    if (o.layout[n] == 'd') file += directory;
    if (o.layout[n] == 'a') file += arrays;
    if (o.layout[n] == 's') file += std::string(strips_bytes, 'p');
  }
  return file;
}

}  // namespace retail_pulse::imaging
