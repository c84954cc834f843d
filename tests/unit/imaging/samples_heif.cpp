#include "builders_heif.hpp"
#include "samples.hpp"

namespace retail_pulse::imaging {
namespace {

/// A picture of that size and the properties behind its size, all of them associated.
heif_options with_properties(std::uint32_t width, std::uint32_t height,
                             const std::vector<std::string>& more) {
  heif_options made = plain_heif(width, height);
  for (const auto& each : more) {
    made.properties.push_back(each);
    made.items[0].properties.push_back(static_cast<std::uint32_t>(made.properties.size()));
  }
  return made;
}

/// As telephones write them: tiles of 512 x 512 and an item that puts them together, whose size is
/// that of the picture.
heif_options grid() {
  heif_options made;
  made.properties = {decoder_property(), size_property(512, 512), size_property(1000, 700),
                     rotation_property(3)};
  for (std::uint32_t tile = 1; tile <= 4; ++tile)
    made.items.push_back({.number = tile, .properties = {1, 2}});
  made.items.push_back(
      {.number = 49, .properties = {3, 4}, .data = "rows, columns", .is_in_meta = true});
  made.items.push_back({.number = 50, .properties = {1}, .data = "thumbnail"});
  made.primary = 49;
  return made;
}

/// So many properties in front that the size has a number of more than 7 bits.
heif_options many_properties() {
  heif_options made = plain_heif(33, 44);
  made.properties.insert(made.properties.begin(), 200, mirror_property());
  made.items[0].properties = {1, 201, 202};
  made.long_indexes = true;
  return made;
}

template <class Change>
std::string changed(heif_options options, const Change& change) {
  change(options);
  return heif(options);
}

}  // namespace

std::vector<sample> heif_samples() {
  const measurement plain{image_format::heic, 640, 480};
  const measurement turned{image_format::heic, 480, 640};
  const measurement of_grid{image_format::heic, 700, 1000};
  const auto with_brands = [](const std::string& brands) {
    return changed(plain_heif(640, 480), [&](auto& o) { o.brands = brands; });
  };
  const auto with_layout = [](const auto& change) { return changed(grid(), change); };

  std::vector<sample> samples{
      {"plain", heif(plain_heif(640, 480)), plain},
      {"sides of 32 bits",
       heif(plain_heif(0xFFFFFFFF, 0x80000000)),
       {image_format::heic, 0xFFFFFFFF, 0x80000000}},
      {"rotated by 0", heif(with_properties(640, 480, {rotation_property(0)})), plain},
      {"rotated by 90", heif(with_properties(640, 480, {rotation_property(1)})), turned},
      {"rotated by 180", heif(with_properties(640, 480, {rotation_property(2)})), plain},
      {"rotated by 270", heif(with_properties(640, 480, {rotation_property(3)})), turned},
      {"mirrored", heif(with_properties(640, 480, {mirror_property()})), plain},
      {"cropped",
       heif(with_properties(642, 480, {crop_property(641, 1, 479, 1)})),
       {image_format::heic, 641, 479}},
      {"cropped to fractions",
       heif(with_properties(642, 480, {crop_property(1283, 4, 1281, 4)})),
       {image_format::heic, 321, 320}},
      {"cropped, then rotated",
       heif(with_properties(640, 480, {crop_property(600, 1, 400, 1), rotation_property(1)})),
       {image_format::heic, 400, 600}},
      {"rotated, then cropped",
       heif(with_properties(640, 480, {rotation_property(1), crop_property(400, 1, 600, 1)})),
       {image_format::heic, 400, 600}},
      {"the size behind the rotation",
       changed(with_properties(640, 480, {rotation_property(1)}),
               [](auto& o) {
                 o.items[0].properties = {3, 2, 1};
               }),
       turned},
      {"grid", heif(grid()), of_grid},
      {"grid, data in front", with_layout([](auto& o) { o.data_is_first = true; }), of_grid},
      {"grid, primary item told last", with_layout([](auto& o) { o.primary_is_last = true; }),
       of_grid},
      {"grid, numbers of 32 bits", with_layout([](auto& o) {
         o.primary_version = o.association_version = 1;
         o.location_version = 2;
         o.items[4].number = o.primary =
             0x10001;  // of which 16 bits are the number of the first tile
       }),
       of_grid},
      {"grid, offsets of 64 bits from a base, with indexes",
       with_layout([](auto& o) { o.offset_bytes = o.base_bytes = o.index_bytes = 8; }), of_grid},
      {"grid, base of 32 bits, three extents", with_layout([](auto& o) {
         o.base_bytes = o.index_bytes = 4;
         o.extents = 3;
       }),
       of_grid},
      {"grid, lengths of 64 bits", with_layout([](auto& o) {
         o.large_boxes = true;
         o.length_bytes = 8;
       }),
       of_grid},
      {"grid, data to the end of the file", with_layout([](auto& o) { o.data_is_open = true; }),
       of_grid},
      {"grid, long indexes", with_layout([](auto& o) { o.long_indexes = true; }), of_grid},
      {"locations of version 0",
       changed(plain_heif(640, 480), [](auto& o) { o.location_version = 0; }), plain},
      {"locations of version 2",
       changed(plain_heif(640, 480), [](auto& o) { o.location_version = 2; }), plain},
      {"data only inside of meta",
       changed(plain_heif(640, 480), [](auto& o) { o.items[0].is_in_meta = true; }), plain},
      {"the second picture is the primary one",
       changed(plain_heif(640, 480),
               [](auto& o) {
                 o.properties.push_back(size_property(64, 48));
                 o.items.insert(o.items.begin(), {.number = 7, .properties = {3}});
               }),
       plain},
      {"property 202", heif(many_properties()), {image_format::heic, 33, 44}},
      {"heix", with_brands("heix"), plain},
      {"a general brand alone", with_brands("mif1miaf"), plain},
      {"sequence with a picture", with_brands("msf1hevc"), plain},
      {"ftyp of 256 bytes", with_brands("isom" + std::string(236, 'x') + "heic"), plain},
  };
  // The same boxes around another coding, so the layouts above need not come again.
  const measurement avif{image_format::avif, 640, 480};
  samples.push_back({"plain", with_brands("avif"), avif});
  samples.push_back({"by a brand behind others", with_brands("mif1miafheicavif"), avif});
  samples.push_back({"sequence with a picture", with_brands("avismsf1"), avif});
  samples.push_back(
      {"ftyp of 256 bytes", with_brands("isom" + std::string(236, 'x') + "avif"), avif});
  samples.push_back({"grid",
                     changed(grid(), [](auto& o) { o.brands = "avifmif1"; }),
                     {image_format::avif, 700, 1000}});
  return samples;
}

}  // namespace retail_pulse::imaging
