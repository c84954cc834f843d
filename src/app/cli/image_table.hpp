#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// Images of a job as lines of a table: store, image, format, size and perimeter, or for a failed one its sentence in place of these.
class image_table {
 public:
  /// Columns as wide as these images need, and together no wider than `columns`; without a number nothing is cut. Rows of other images get
  /// the same columns.
  image_table(std::span<const client::listed_image> first, std::optional<std::size_t> columns);

  std::string header() const;
  /// With its newline; two lines where a sentence would not fit behind the image.
  std::string row(const client::listed_image& image) const;

 private:
  std::optional<std::size_t> columns_;
  std::size_t store_width_;
  std::size_t url_width_;
};

}  // namespace retail_pulse::app
