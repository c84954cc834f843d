#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "builders.hpp"

namespace retail_pulse::imaging {

/// A box of the ISO base media file format; `large`: with a length of 64 bits.
std::string iso_box(std::string_view type, std::string_view content, bool large = false);
/// A box whose content starts with its version and flags.
std::string full_box(std::string_view type, std::uint32_t version, std::uint32_t flags,
                     std::string_view content);
/// `ftyp`; the first four letters are the major brand, the others the compatible ones.
std::string file_type(std::string_view brands);

// Properties of items.
std::string size_property(std::uint32_t width, std::uint32_t height);
std::string rotation_property(std::uint32_t quarter_turns);
std::string mirror_property();
std::string crop_property(std::uint32_t width, std::uint32_t width_divisor, std::uint32_t height,
                          std::uint32_t height_divisor);
/// What a decoder needs to know; of no meaning here.
std::string decoder_property();

struct heif_item {
  std::uint32_t number = 1;
  std::vector<std::uint32_t> properties{};  ///< places in `ipco`, from 1
  std::string data = "coded picture";
  bool is_in_meta = false;  ///< the data is in `idat`
};

struct heif_options {
  std::string brands = "heicmif1heic";
  std::vector<std::string> properties;
  std::vector<heif_item> items;
  std::uint32_t primary = 1;
  std::uint32_t primary_version = 0;      ///< of `pitm`
  std::uint32_t location_version = 1;     ///< of `iloc`
  std::uint32_t association_version = 0;  ///< of `ipma`
  bool long_indexes = false;              ///< `ipma` with 15 bits for a property instead of 7
  std::size_t offset_bytes = 4, length_bytes = 4, base_bytes = 0, index_bytes = 0;
  std::size_t extents = 1;       ///< pieces that the data of each item is cut into
  bool primary_is_last = false;  ///< `pitm` behind the other boxes of `meta`
  bool data_is_first = false;    ///< `mdat` in front of `meta`
  bool data_is_open = false;     ///< `mdat` reaches to the end of the file
  bool large_boxes = false;      ///< lengths of 64 bits in `meta` and `mdat`
};
std::string heif(const heif_options& options);

/// The children of `meta`, without their offsets into the file, and that box around them.
std::string primary_box(std::uint32_t version, std::uint32_t item);
std::string association_box(const heif_options& options);
std::string properties_box(const heif_options& options);
std::string meta_box(std::string_view children, bool large = false);

/// One item of that size, and nothing special.
heif_options plain_heif(std::uint32_t width, std::uint32_t height);

}  // namespace retail_pulse::imaging
