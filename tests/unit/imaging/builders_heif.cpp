#include "builders_heif.hpp"

namespace retail_pulse::imaging {
namespace {

void add_number(file_bytes& bytes, std::size_t size, std::uint64_t value) {
  if (size == 4) bytes.be32(static_cast<std::uint32_t>(value));
  if (size == 8) bytes.be64(value);
}

/// `iloc`, when the content of `mdat` starts at that offset.
std::string location_box(const heif_options& o, std::uint64_t data_at) {
  file_bytes box;
  const std::size_t index_bytes = o.location_version == 0 ? 0 : o.index_bytes;
  box.u8(static_cast<std::uint32_t>(o.offset_bytes << 4 | o.length_bytes))
      .u8(static_cast<std::uint32_t>(o.base_bytes << 4 | index_bytes));
  const auto item_number = [&](std::uint32_t n) {
    o.location_version < 2 ? box.be16(n) : box.be32(n);
  };
  item_number(static_cast<std::uint32_t>(o.items.size()));
  std::uint64_t in_meta = 0;
  for (const heif_item& item : o.items) {
    item_number(item.number);
    if (o.location_version > 0) box.be16(item.is_in_meta ? 1 : 0);
    std::uint64_t& next = item.is_in_meta ? in_meta : data_at;
    const std::uint64_t base = o.base_bytes == 0 ? 0 : next;
    box.be16(0);  // in this file
    add_number(box, o.base_bytes, base);
    box.be16(static_cast<std::uint32_t>(o.extents));
    for (std::size_t n = 0; n < o.extents; ++n) {
      const std::size_t begin = item.data.size() * n / o.extents;
      const std::size_t end = item.data.size() * (n + 1) / o.extents;
      add_number(box, index_bytes, n);
      add_number(box, o.offset_bytes, next - base + begin);
      add_number(box, o.length_bytes, end - begin);
    }
    next += item.data.size();
  }
  return full_box("iloc", o.location_version, 0, std::string{box});
}

std::string data_of(const heif_options& o, bool in_meta) {
  std::string data;
  for (const heif_item& item : o.items) {
    if (item.is_in_meta == in_meta) data += item.data;
  }
  return data;
}

std::string meta_with_data_at(const heif_options& o, std::uint64_t data_at) {
  const std::string primary = primary_box(o.primary_version, o.primary);
  file_bytes children;
  children.text(full_box("hdlr", 0, 0, std::string{file_bytes{}.be32(0).text("pict").fill(13)}));
  if (!o.primary_is_last) children.text(primary);
  children.text(location_box(o, data_at)).text(full_box("iinf", 0, 0, std::string(2, '\0')));
  children.text(properties_box(o));
  if (const auto inside = data_of(o, true); !inside.empty()) children.text(iso_box("idat", inside));
  if (o.primary_is_last) children.text(primary);
  return meta_box(std::string{children}, o.large_boxes);
}

}  // namespace

std::string iso_box(std::string_view type, std::string_view content, bool large) {
  if (large) return file_bytes{}.be32(1).text(type).be64(content.size() + 16).text(content);
  return file_bytes{}.be32(static_cast<std::uint32_t>(content.size()) + 8).text(type).text(content);
}

std::string full_box(std::string_view type, std::uint32_t version, std::uint32_t flags,
                     std::string_view content) {
  return iso_box(type, std::string{file_bytes{}.be32(version << 24 | flags).text(content)});
}

std::string file_type(std::string_view brands) {
  return iso_box(
      "ftyp", std::string{file_bytes{}.text(brands.substr(0, 4)).be32(0).text(brands.substr(4))});
}

std::string size_property(std::uint32_t width, std::uint32_t height) {
  return full_box("ispe", 0, 0, std::string{file_bytes{}.be32(width).be32(height)});
}
std::string rotation_property(std::uint32_t quarter_turns) {
  return iso_box("irot", std::string{file_bytes{}.u8(quarter_turns)});
}
std::string mirror_property() { return iso_box("imir", std::string{file_bytes{}.u8(1)}); }
std::string crop_property(std::uint32_t width, std::uint32_t width_divisor, std::uint32_t height,
                          std::uint32_t height_divisor) {
  const file_bytes centred = file_bytes{}.be32(0).be32(1).be32(0).be32(1);
  return iso_box("clap", std::string{file_bytes{}
                                         .be32(width)
                                         .be32(width_divisor)
                                         .be32(height)
                                         .be32(height_divisor)
                                         .text(std::string{centred})});
}
std::string decoder_property() { return iso_box("hvcC", std::string(23, '\1')); }

std::string primary_box(std::uint32_t version, std::uint32_t item) {
  file_bytes number;
  version == 0 ? number.be16(item) : number.be32(item);
  return full_box("pitm", version, 0, std::string{number});
}

std::string association_box(const heif_options& o) {
  file_bytes box;
  box.be32(static_cast<std::uint32_t>(o.items.size()));
  for (const heif_item& item : o.items) {
    o.association_version == 0 ? box.be16(item.number) : box.be32(item.number);
    box.u8(static_cast<std::uint32_t>(item.properties.size()));
    for (const std::uint32_t property : item.properties)
      o.long_indexes ? box.be16(property | 0x8000) : box.u8(property | 0x80);
  }
  return full_box("ipma", o.association_version, o.long_indexes ? 1 : 0, std::string{box});
}

std::string properties_box(const heif_options& o) {
  std::string properties;
  for (const auto& each : o.properties) properties += each;
  return iso_box("iprp", iso_box("ipco", properties) + association_box(o));
}

std::string meta_box(std::string_view children, bool large) {
  return iso_box("meta", std::string{file_bytes{}.be32(0).text(children)}, large);
}

std::string heif(const heif_options& o) {
  const std::string start = file_type(o.brands);
  const std::string outside = data_of(o, false);
  if (outside.empty()) return start + meta_with_data_at(o, 0);
  std::string data = iso_box("mdat", outside, o.large_boxes);
  if (o.data_is_open) data.replace(0, 4, 4, '\0');
  const std::size_t header = data.size() - outside.size();
  if (o.data_is_first) return start + data + meta_with_data_at(o, start.size() + header);
  const std::string gap = iso_box("free", "nothing");
  const std::size_t meta_size = meta_with_data_at(o, 0).size();
  return start + meta_with_data_at(o, start.size() + meta_size + gap.size() + header) + gap + data;
}

heif_options plain_heif(std::uint32_t width, std::uint32_t height) {
  heif_options made;
  made.properties = {decoder_property(), size_property(width, height)};
  made.items = {{.number = 1, .properties = {1, 2}}};
  return made;
}

}  // namespace retail_pulse::imaging
