// The only file that includes stb_image: its header readers, and nothing that opens files.
#include "imaging/formats.hpp"

// Silent to the end of this file: at -O2 stb_image warns from inside the function below, where it
// is inlined.
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_GIF
#include <stb/stb_image.h>

namespace retail_pulse::imaging {

std::optional<sizes> stb_sizes(std::span<const std::uint8_t> start) {
  int width = 0;
  int height = 0;
  int components = 0;
  if (stbi_info_from_memory(start.data(), static_cast<int>(start.size()), &width, &height,
                            &components) == 0)
    return std::nullopt;
  return sizes{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height)};
}

}  // namespace retail_pulse::imaging
