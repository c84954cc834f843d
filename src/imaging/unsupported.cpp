// Formats that are told from other files, but not measured.
#include <string_view>

#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

/// What a brand (ISO/IEC 23008-12, AV1 Image File Format) says about a file.
enum class brand_meaning { foreign, some_image, avif, heic };

brand_meaning meaning_of(std::span<const std::uint8_t> brand) {
  const std::string_view name{reinterpret_cast<const char*>(brand.data()), 4};
  if (name == "avif" || name == "avis") return brand_meaning::avif;
  for (const std::string_view heic : {"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs"}) {
    if (name == heic) return brand_meaning::heic;
  }
  return name == "mif1" || name == "msf1" ? brand_meaning::some_image : brand_meaning::foreign;
}

}  // namespace

walk read_iso_brands(byte_source& file, measurement& seen) {
  const auto box = co_await file.take<16>();  // length, "ftyp", major brand, its version
  auto meaning = meaning_of(std::span{box}.subspan(8, 4));
  bool some_image = meaning == brand_meaning::some_image;
  std::uint32_t left =
      be32(box) < box.size() ? 0 : be32(box) - static_cast<std::uint32_t>(box.size());  // less than 64 KiB by the signature
  for (; left >= 4 && meaning != brand_meaning::avif && meaning != brand_meaning::heic; left -= 4) {
    const auto compatible = co_await file.take<4>();
    meaning = meaning_of(compatible);
    some_image = some_image || meaning == brand_meaning::some_image;
  }
  if (meaning == brand_meaning::avif) {
    seen.format = image_format::avif;
    co_return error_code::unsupported_format;
  }
  if (meaning == brand_meaning::heic || some_image) {
    seen.format = image_format::heic;
    co_return error_code::unsupported_format;
  }
  co_return error_code::not_an_image;
}

walk read_unsupported(byte_source&, measurement&) { co_return error_code::unsupported_format; }

}  // namespace retail_pulse::imaging
