#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace retail_pulse::http {

/// A text that stays the same as long as the program runs, and its strong ETag. Any thread.
class fixed_content {
 public:
  fixed_content(std::string_view type, std::string text);

  /// The content, or a 304 when the client has it already.
  response answer_to(const request& r) const;

 private:
  std::string_view type_;
  std::string text_;
  std::string etag_;  ///< made from the content alone: the same after a restart
};

}  // namespace retail_pulse::http
