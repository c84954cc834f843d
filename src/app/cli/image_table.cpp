#include "app/cli/image_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/output.hpp"
#include "core/terminal_text.hpp"
#include "core/text.hpp"

namespace retail_pulse::app {
namespace {

using client::listed_image;

constexpr std::size_t gap = 2;
constexpr std::size_t widest_store = 24;   ///< of a terminal; longer ids are cut
constexpr std::size_t narrowest_url = 16;  ///< a narrower terminal wraps
constexpr std::size_t sizes_width =
    34;  ///< "jpeg    640 x 480     perimeter" and its gaps, see sizes_of

std::string sizes_of(std::string_view format, std::string_view width, std::string_view height,
                     std::string_view perimeter) {
  return fmt::format("{:<6}  {:>6} x {:<6}  {:>9}", format, width, height, perimeter);
}

/// Characters of valid UTF-8.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// At most `width` characters. Cut in front, because the end of a URL tells more than its start.
std::string cut_in_front(std::string text, std::size_t width) {
  auto length = length_of(text);
  if (length <= width) return text;
  std::size_t at = 0;
  for (; length > width - 1; --length) at += utf8_sequence(std::string_view{text}.substr(at));
  return "…" + text.substr(at);
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, length_of(text)) + gap, ' ');
}

/// On a terminal also without characters that change the direction of text.
std::string printable_for(std::string_view text, bool on_terminal) {
  return on_terminal ? for_terminal(printable(text)) : printable(text);
}

}  // namespace

image_table::image_table(std::span<const listed_image> first, std::optional<std::size_t> columns)
    : columns_{columns}, store_width_{length_of("STORE")}, url_width_{length_of("IMAGE")} {
  for (const auto& image : first) {
    store_width_ =
        std::max(store_width_, length_of(printable_for(image.store_id, columns_.has_value())));
    url_width_ = std::max(url_width_, length_of(printable_for(image.url, columns_.has_value())));
  }
  if (!columns_) return;
  store_width_ = std::min(store_width_, widest_store);
  const auto others = store_width_ + gap + gap + sizes_width;
  url_width_ =
      std::min(url_width_, std::max(narrowest_url, *columns_ - std::min(*columns_, others)));
}

std::string image_table::header() const {
  return padded("STORE", store_width_) + padded("IMAGE", url_width_) +
         fmt::format("{:<6}  {:>10}       {:>9}\n", "FORMAT", "SIZE", "PERIMETER");
}

std::string image_table::row(const listed_image& image) const {
  auto store = printable_for(image.store_id, columns_.has_value());
  auto url = printable_for(image.url, columns_.has_value());
  if (columns_) {
    store = cut_in_front(std::move(store), store_width_);
    url = cut_in_front(std::move(url), url_width_);
  }
  const auto front = padded(store, store_width_) + padded(url, url_width_);
  if (image.state == "succeeded") {
    return front +
           sizes_of(printable(image.format), std::to_string(image.width),
                    std::to_string(image.height), std::to_string(image.perimeter)) +
           "\n";
  }
  if (image.state == "pending") return front + "pending\n";
  const auto sentence =
      printable_for(image.error.empty() ? image.code : image.error, columns_.has_value());
  if (!columns_ || length_of(front) + length_of(sentence) <= *columns_)
    return front + sentence + "\n";
  return padded(store, store_width_) + url + "\n" + std::string(store_width_ + gap, ' ') +
         sentence + "\n";
}

}  // namespace retail_pulse::app
