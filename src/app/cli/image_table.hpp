#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// Images of a job as a table: store, image, format, size and perimeter; a failed one has its error
/// instead of these.
class image_table {
 public:
  /// Columns as wide as these images need, and together no wider than `columns` (nullopt: nothing
  /// is cut). Rows of other images use the same columns.
  image_table(std::span<const client::listed_image> first, std::optional<std::size_t> columns);

  std::string header() const;
  /// With its newline; two lines if an error would not fit behind the image.
  std::string row(const client::listed_image& image) const;

 private:
  std::optional<std::size_t> columns_;
  std::size_t store_width_;
  std::size_t url_width_;
};

}  // namespace retail_pulse::app
