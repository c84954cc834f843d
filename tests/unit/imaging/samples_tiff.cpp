#include "builders_tiff.hpp"
#include "samples.hpp"

namespace retail_pulse::imaging {

std::vector<sample> tiff_samples() {
  constexpr auto format = image_format::tiff;
  const measurement size{format, 37, 21};
  std::vector<sample> samples;
  const auto add = [&](std::string name, const tiff_options& options) {
    samples.push_back({std::move(name), tiff(options), size});
  };

  for (const bool large : {false, true}) {
    for (const bool big_endian : {false, true}) {
      const std::string kind = std::string{large ? "BigTIFF" : "classic"} +
                               (big_endian ? ", big endian" : ", little endian");
      const tiff_options plain{.big_endian = big_endian, .large = large};
      const auto with = [&](const auto& change) {
        tiff_options options = plain;
        change(options);
        return options;
      };
      add(kind + ", directory in front", plain);
      add(kind + ", directory at the end",
          with([](auto& o) { o.layout = "strips, directory, arrays"; }));
      add(kind + ", everything before the directory",
          with([](auto& o) { o.layout = "arrays, strips, directory"; }));
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
      add(kind + ", lengths in front of offsets",
          with([](auto& o) { o.lengths_before_offsets = true; }));
      add(kind + ", strips from bottom to top", with([](auto& o) { o.order = {2, 1, 0}; }));
      add(kind + ", arrays at the end",
          with([](auto& o) { o.layout = "directory, strips, arrays"; }));
    }
  }
  samples.push_back(
      {"sides of 64 bits",
       tiff({.large = true, .width = 0xFFFFFFFF, .height = 1, .side_type = tiff_type::u64}),
       {format, 0xFFFFFFFF, 1}});
  samples.push_back({"sides of 8 bits",
                     tiff({.width = 255, .height = 1, .side_type = tiff_type::byte}),
                     {format, 255, 1}});
  add("many strips", {.strips = std::vector<std::size_t>(200, 3), .length_type = tiff_type::u16});

  // An entry that leads behind everything else, as a colour profile does, and a second directory.
  const std::size_t outside_at = 8 + 2 + 3 * 12 + 4;
  tiff_bytes described{true};
  described.header(8)
      .entry_count(3)
      .entry({256, tiff_type::u16, {37}})
      .entry({257, tiff_type::u16, {21}});
  described.entry({700, tiff_type::byte, std::vector<std::uint64_t>(40)}, outside_at)
      .offset(8)
      .fill(40, 0x3C);
  samples.push_back(
      {"without strips, a value outside, its next directory is itself", described, size});

  // Previews, steps of a pyramid and masks beside the picture.
  const measurement large{format, 4032, 3024};
  samples.push_back({"DNG", dng(), large});
  samples.push_back({"NEF", nef(), large});
  samples.push_back({"ARW", arw(), large});
  samples.push_back({"ARW that does not mark its preview", arw(false), large});
  const auto add_of = [&](const std::string& name, const std::vector<tiff_directory>& directories,
                          tiff_layout layout) {
    for (const bool large_offsets : {false, true}) {
      for (const bool big_endian : {false, true}) {
        layout.large = large_offsets;
        layout.big_endian = big_endian;
        samples.push_back(
            {name + (large_offsets ? ", large" : "") + (big_endian ? ", big endian" : ""),
             tiff_of(directories, layout), size});
      }
    }
  };
  const tiff_directory picture{.width = 37, .height = 21};
  const auto with = [&](const auto& change) {
    tiff_directory changed = picture;
    change(changed);
    return changed;
  };
  const tiff_directory preview{.width = 5, .height = 3, .kind = 1};
  const tiff_directory first_preview{.width = 90, .height = 90, .kind = 1, .next = 1};
  add_of("pyramid", {with([](auto& d) { d.next = 1, d.kind = 0; }), preview}, {});
  add_of("pyramid inside", {with([](auto& d) { d.inner = {1, 2}; }), preview, preview}, {});
  add_of("preview first", {first_preview, picture}, {.last = 1});
  add_of("preview first, directories at the end", {first_preview, picture},
         {.last = 1, .strips_first = true});
  add_of("picture inside of a preview",
         {{.width = 90, .height = 90, .kind = 1, .inner = {1}}, picture}, {.last = 1});
  add_of("mask first", {{.width = 90, .height = 90, .kind = 4, .next = 1}, picture}, {.last = 1});
  add_of("preview by the old tag first",
         {{.width = 90, .height = 90, .more = {{255, tiff_type::u16, {2}}}, .next = 1},
          with([](auto& d) {
            d.more = {{255, tiff_type::u16, {1}}};
          })},
         {.last = 1});
  add_of("pages, the first is the picture",
         {with([](auto& d) { d.kind = 2, d.next = 1; }), {.width = 900, .height = 900, .kind = 2}},
         {});
  add_of(
      "a preview, then pages",
      {first_preview, with([](auto& d) { d.kind = 2, d.next = 2; }), {.width = 900, .height = 900}},
      {.last = 1});
  return samples;
}

}  // namespace retail_pulse::imaging
