#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "builders.hpp"

namespace retail_pulse::imaging {

/// A valid file and what is to be read in it. Its last byte belongs to it: without that one it is
/// truncated, but for its other ends.
struct sample {
  std::string name;
  std::string file;
  measurement expected;

  /// Too large for tests whose work grows with the square of the size, or that read a file hundreds
  /// of times.
  bool is_large() const { return file.size() > 4096; }

  /// Lengths at which a PNG or GIF may end as well: without its end mark, but between two of its
  /// parts and behind picture data.
  std::vector<std::size_t> other_ends() const;
};
std::ostream& operator<<(std::ostream& out, const sample& s);

/// Every format and every variety of it; most have a few hundred bytes.
const std::vector<sample>& all_samples();

// Of the formats whose builders have a file of their own.
std::vector<sample> heif_samples();
std::vector<sample> tiff_samples();

}  // namespace retail_pulse::imaging
