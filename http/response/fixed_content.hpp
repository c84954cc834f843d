#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "http/message.hpp"

namespace retail_pulse::http {

/// A text that stays the same as long as the program runs, and its strong ETag. From any thread.
class fixed_content {
 public:
  fixed_content(std::string_view type, std::string text);

  std::string_view type() const { return type_; }
  std::string_view text() const { return text_; }
  const std::string& etag() const { return etag_; }  ///< from the content alone: the same after a restart

  /// Whether an If-None-Match of the request names this content.
  bool known_to(const request& r) const;

 private:
  std::string_view type_;
  std::string text_;
  std::string etag_;
};

}  // namespace retail_pulse::http
