#include "builders_tiff.hpp"
#include "samples.hpp"

namespace retail_pulse::imaging {

std::vector<sample> tiff_samples() {
  constexpr auto format = image_format::tiff;
  const measurement size{format, 37, 21};
  std::vector<sample> samples;
  const auto add = [&](std::string name, const tiff_options& options) { samples.push_back({std::move(name), tiff(options), size}); };

  for (const bool large : {false, true}) {
    for (const bool big_endian : {false, true}) {
      const std::string kind = std::string{large ? "BigTIFF" : "classic"} + (big_endian ? ", big endian" : ", little endian");
      const tiff_options plain{.big_endian = big_endian, .large = large};
      const auto with = [&](const auto& change) {
        tiff_options options = plain;
        change(options);
        return options;
      };
      add(kind + ", directory in front", plain);
      add(kind + ", directory at the end", with([](auto& o) { o.layout = "strips, directory, arrays"; }));
      add(kind + ", everything before the directory", with([](auto& o) { o.layout = "arrays, strips, directory"; }));
      add(kind + ", sides of 32 bits", with([](auto& o) { o.side_type = tiff_type::u32; }));
      add(kind + ", tiles", with([](auto& o) { o.tiles = true; }));
      add(kind + ", one strip", with([](auto& o) { o.strips = {50}; }));
      add(kind + ", one strip in front", with([](auto& o) {
            o.strips = {50};
            o.layout = "strips, directory, arrays";
          }));
      add(kind + ", two short lengths inside, their offsets outside", with([](auto& o) {
            o.strips = {20, 30};
            o.length_type = tiff_type::u16;
          }));
      add(kind + ", lengths in front of offsets", with([](auto& o) { o.lengths_before_offsets = true; }));
      add(kind + ", strips from bottom to top", with([](auto& o) { o.order = {2, 1, 0}; }));
      add(kind + ", arrays at the end", with([](auto& o) { o.layout = "directory, strips, arrays"; }));
    }
  }
  samples.push_back(
      {"sides of 64 bits", tiff({.large = true, .width = 0xFFFFFFFF, .height = 1, .side_type = tiff_type::u64}), {format, 0xFFFFFFFF, 1}});
  samples.push_back({"sides of 8 bits", tiff({.width = 255, .height = 1, .side_type = tiff_type::byte}), {format, 255, 1}});
  add("many strips", {.strips = std::vector<std::size_t>(200, 3), .length_type = tiff_type::u16});

  // An entry that leads behind everything else, as a colour profile does, and a second directory.
  const std::size_t outside_at = 8 + 2 + 3 * 12 + 4;
  tiff_bytes described{true};
  described.header(8).entry_count(3).entry({256, tiff_type::u16, {37}}).entry({257, tiff_type::u16, {21}});
  described.entry({700, tiff_type::byte, std::vector<std::uint64_t>(40)}, outside_at).offset(8).fill(40, 0x3C);
  samples.push_back({"without strips, a value outside, its next directory is itself", described, size});
  return samples;
}

}  // namespace retail_pulse::imaging
