#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ids.hpp"

namespace retail_pulse::fetch {

/// Numbers the origins of a job's URLs in order of first appearance. Made for a million URLs: a URL
/// is parsed only if its text up to the end of the authority is new. Used by one thread at a time.
/// Memory: about 80 bytes and the text for each different authority as written, and the origins.
class origin_numbers {
 public:
  /// `not_fetchable` if parse_url rejects the URL; else from 1. Two spellings of one origin
  /// ("HTTP://A.test", "http://a.test:80") have one number.
  origin_number number_of(std::string_view url);

  /// Index i has the origin of number i + 1.
  const std::vector<std::string>& origins() const { return origins_; }

 private:
  /// Of a URL by the parser, whatever is known.
  origin_number parsed(std::string_view url);
  void remember(std::string_view spelling, origin_number number);

  std::vector<std::string> origins_;
  /// The characters of the keys below, which stay where they are.
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts_ =
      std::make_unique<std::pmr::monotonic_buffer_resource>();
  /// By spelling: URLs up to the end of the authority. An origin is a spelling of itself.
  std::unordered_map<std::string_view, origin_number> known_;
};

}  // namespace retail_pulse::fetch
