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

tiff_bytes& tiff_bytes::raw_entry(std::uint32_t tag, std::uint32_t type, std::uint64_t count,
                                  std::uint64_t field) {
  return number(tag, 2).number(type, 2).offset(count).offset(field);
}

tiff_bytes& tiff_bytes::fill(std::size_t count, std::uint32_t value) {
  bytes_.append(count, static_cast<char>(value));
  return *this;
}

std::string tiff(const tiff_options& o) {
  tiff_entry offsets{o.tiles ? 324U : 273U, o.large ? tiff_type::u64 : tiff_type::u32,
                     std::vector<std::uint64_t>(o.strips.size())};
  const tiff_entry lengths{
      o.tiles ? 325U : 279U, o.length_type, {o.strips.begin(), o.strips.end()}};
  const std::size_t field_bytes = o.large ? 8 : 4;
  const auto outside_bytes = [&](const tiff_entry& e) {
    return bytes_of(e) > field_bytes ? bytes_of(e) : 0;
  };

  constexpr std::size_t entries = 6;
  const std::size_t directory_bytes = (o.large ? 8 + entries * 20 : 2 + entries * 12) + field_bytes;
  const std::size_t arrays_bytes = outside_bytes(offsets) + outside_bytes(lengths);
  const std::size_t strips_bytes =
      std::accumulate(o.strips.begin(), o.strips.end(), std::size_t{0});

  const auto place_of = [&](char piece) {
    std::size_t at = o.large ? 16 : 8;
    for (std::size_t n = 0; o.layout[n] != piece; n = o.layout.find(' ', n) + 1) {
      at += o.layout[n] == 'd' ? directory_bytes : o.layout[n] == 'a' ? arrays_bytes : strips_bytes;
    }
    return at;
  };
  const std::size_t arrays_at = place_of('a');
  const std::size_t offsets_at =
      arrays_at + (o.lengths_before_offsets ? outside_bytes(lengths) : 0);
  const std::size_t lengths_at =
      arrays_at + (o.lengths_before_offsets ? 0 : outside_bytes(offsets));

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
  directory.entry({256, o.side_type, {o.width}})
      .entry({257, o.side_type, {o.height}})
      .entry({259, tiff_type::u16, {1}});
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
  for (std::size_t n = 0; n < o.layout.size();
       n = std::min(o.layout.find(' ', n), o.layout.size() - 1) + 1) {
    if (o.layout[n] == 'd') file += directory;
    if (o.layout[n] == 'a') file += arrays;
    if (o.layout[n] == 's') file += std::string(strips_bytes, 'p');
  }
  return file;
}

namespace {

/// The entries of a directory by their tags, with a strip at that place and the inner directories
/// at theirs.
std::vector<tiff_entry> entries_of(const tiff_directory& d, bool large, std::uint64_t strip_at,
                                   const std::vector<std::uint64_t>& places) {
  std::vector<tiff_entry> entries = d.more;
  if (d.kind) entries.push_back({254, tiff_type::u32, {*d.kind}});
  if (d.width != 0) entries.push_back({256, tiff_type::u32, {d.width}});
  if (d.height != 0) entries.push_back({257, tiff_type::u32, {d.height}});
  if (d.strip != 0) entries.push_back({273, tiff_type::u32, {strip_at}});
  if (d.strip != 0) entries.push_back({279, tiff_type::u32, {d.strip}});
  tiff_entry inner{330, large ? tiff_type::u64 : tiff_type::u32, {}};
  for (const std::size_t each : d.inner) inner.values.push_back(places[each]);
  if (!d.inner.empty()) entries.push_back(inner);
  std::ranges::sort(entries, {}, &tiff_entry::tag);
  return entries;
}

}  // namespace

std::string tiff_of(const std::vector<tiff_directory>& directories, const tiff_layout& layout) {
  const std::size_t field_bytes = layout.large ? 8 : 4;
  const std::size_t header_bytes = layout.large ? 16 : 8;
  const auto bytes_of_directory = [&](const tiff_directory& d) {
    const std::size_t entries =
        entries_of(d, layout.large, 0, std::vector<std::uint64_t>(directories.size())).size();
    const std::size_t array = d.inner.size() > 1 ? d.inner.size() * field_bytes : 0;
    return (layout.large ? 8 + entries * 20 : 2 + entries * 12) + field_bytes + array;
  };
  std::vector<std::size_t> order(directories.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::rotate(std::ranges::find(order, layout.last),
                      std::ranges::next(std::ranges::find(order, layout.last)), order.end());

  std::vector<std::uint64_t> places;
  std::vector<std::uint64_t> strips_at(directories.size());
  std::uint64_t end = header_bytes + layout.behind_header.size();
  const auto place_strips = [&] {
    for (const std::size_t n : order) {
      strips_at[n] = end;
      end += directories[n].strip;
    }
  };
  if (layout.strips_first) place_strips();
  for (const auto& each : directories) {
    places.push_back(end);
    end += bytes_of_directory(each);
  }
  if (!layout.strips_first) place_strips();

  std::string strips;
  for (const std::size_t n : order) strips += std::string(directories[n].strip, 'p');
  std::string file =
      std::string{tiff_bytes{layout.big_endian, layout.large}.header(places[layout.first])} +
      layout.behind_header;
  if (layout.strips_first) file += strips;
  for (std::size_t n = 0; n < directories.size(); ++n) {
    const auto& each = directories[n];
    tiff_bytes written{layout.big_endian, layout.large};
    const auto entries = entries_of(each, layout.large, strips_at[n], places);
    const std::uint64_t array_at = places[n] + bytes_of_directory(each) -
                                   (each.inner.size() > 1 ? each.inner.size() * field_bytes : 0);
    written.entry_count(entries.size());
    for (const auto& e : entries) written.entry(e, array_at);
    written.offset(each.next ? places[*each.next] : 0);
    if (each.inner.size() > 1) {
      for (const std::size_t inner : each.inner) written.offset(places[inner]);
    }
    file += written;
  }
  return layout.strips_first ? file : file + strips;
}

std::string dng() {
  const tiff_entry version{50706, tiff_type::byte, {1, 4, 0, 0}};
  return tiff_of({{.width = 256, .height = 192, .kind = 1, .more = {version}, .inner = {1, 2}},
                  {.width = 4032, .height = 3024, .kind = 0},
                  {.width = 1024, .height = 768, .kind = 1}},
                 {.last = 1});
}

std::string nef() {
  const tiff_entry preview_at{513, tiff_type::u32, {8}};
  const tiff_entry preview_bytes{514, tiff_type::u32, {10}};
  return tiff_of({{.width = 160, .height = 120, .kind = 1, .inner = {1, 2}},
                  {.kind = 1, .more = {preview_at, preview_bytes}, .strip = 0},
                  {.width = 4032, .height = 3024, .kind = 0}},
                 {.big_endian = true, .last = 2});
}

std::string arw(bool marks_previews) {
  const auto preview = marks_previews ? std::optional<std::uint64_t>{1} : std::nullopt;
  return tiff_of({{.width = 1616, .height = 1080, .kind = preview, .inner = {2}, .next = 1},
                  {.width = 160, .height = 120, .kind = 1},
                  {.width = 4032, .height = 3024, .kind = 0}},
                 {.last = 2});
}

std::string cr2() {
  const std::string raw_directory_at = file_bytes{}.le32(200);
  return tiff_of({{.width = 1404, .height = 936, .next = 1},
                  {.next = 2, .strip = 30},
                  {.width = 362, .height = 234, .next = 3},
                  {.strip = 100}},
                 {.last = 3, .behind_header = std::string("CR\2\0", 4) + raw_directory_at});
}

}  // namespace retail_pulse::imaging
