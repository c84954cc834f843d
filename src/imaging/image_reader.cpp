#include "imaging/image_reader.hpp"

#include <array>
#include <optional>
#include <string_view>

#include "core/require.hpp"
#include "imaging/formats.hpp"
#include "imaging/integers.hpp"

namespace retail_pulse::imaging {
namespace {

using namespace std::string_view_literals;

struct signature {
  std::string_view pattern;  ///< first bytes of the file; '?' is any byte
  image_format format;       ///< unknown where the reader finds out
  format_reader reader;
};

constexpr std::size_t longest_signature = 12;

// No file matches two of them. An ftyp box is below 64 KiB and an icon file holds fewer than 256 pictures, which tells them apart.
constexpr signature signatures[] = {
    {"\xFF\xD8\xFF"sv, image_format::jpeg, read_jpeg},
    {"\x89PNG\r\n\x1A\n"sv, image_format::png, read_png},
    {"GIF87a"sv, image_format::gif, read_gif},
    {"GIF89a"sv, image_format::gif, read_gif},
    {"BM"sv, image_format::bmp, read_bmp},
    {"RIFF????WEBP"sv, image_format::webp, read_webp},
    {"8BPS\0"sv, image_format::psd, read_psd},
    {"\0\0??ftyp"sv, image_format::unknown, read_heif},
    {"II*\0"sv, image_format::tiff, read_tiff},
    {"MM\0*"sv, image_format::tiff, read_tiff},
    {"II+\0"sv, image_format::tiff, read_tiff},
    {"MM\0+"sv, image_format::tiff, read_tiff},
    {"\0\0\1\0?\0"sv, image_format::ico, read_ico},
};

/// Whether `head` fits the pattern as far as both go.
bool fits(std::string_view pattern, std::span<const std::uint8_t> head) {
  for (std::size_t i = 0; i < pattern.size() && i < head.size(); ++i) {
    if (pattern[i] != '?' && static_cast<std::uint8_t>(pattern[i]) != head[i]) return false;
  }
  return true;
}

}  // namespace

class image_reader::implementation {
 public:
  void feed(std::span<const std::uint8_t> bytes) {
    position_ += bytes.size();
    while (!walk_ && !hopeless_ && !bytes.empty()) {
      head_[head_size_++] = bytes.front();
      bytes = bytes.subspan(1);
      recognise(std::span{head_}.first(head_size_));
    }
    if (walk_) walk_->feed(file_, bytes);
  }

  /// The code so far: truncated until the walk has come to its end.
  error_code code() const {
    if (hopeless_) return error_code::not_an_image;
    return walk_ && walk_->ended() ? walk_->verdict() : error_code::truncated;
  }

  const measurement& seen() const { return seen_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t wanted() const { return saturating_sum(position_, walk_ ? walk_->unread(file_) : 0); }

  void skip_to(std::uint64_t offset) {
    require(offset >= position_ && offset <= wanted(), "only bytes that nobody looks at are skipped");
    if (offset == position_) return;
    walk_->leave_out(file_, offset - position_);
    position_ = offset;
  }

 private:
  /// Starts the reader of the one format whose signature is complete, or gives up when none can become so.
  void recognise(std::span<const std::uint8_t> head) {
    hopeless_ = true;
    for (const auto& row : signatures) {
      if (!fits(row.pattern, head)) continue;
      hopeless_ = false;
      if (head.size() < row.pattern.size()) continue;
      seen_.format = row.format;
      walk_.emplace(row.reader(file_, seen_));
      walk_->feed(file_, head);
      return;
    }
  }

  std::array<std::uint8_t, longest_signature> head_{};
  std::size_t head_size_ = 0;
  bool hopeless_ = false;
  std::uint64_t position_ = 0;
  byte_source file_;
  measurement seen_;
  std::optional<walk> walk_;  // refers to the two above
};

image_reader::image_reader() : implementation_{std::make_unique<implementation>()} {}
image_reader::~image_reader() = default;
image_reader::image_reader(image_reader&&) noexcept = default;
image_reader& image_reader::operator=(image_reader&&) noexcept = default;

image_reader::state image_reader::feed(std::span<const std::byte> bytes) {
  implementation_->feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  const auto code = implementation_->code();
  if (code != error_code::none && code != error_code::truncated) return state::failed;
  return implementation_->seen().width != 0 ? state::measured : state::need_more;
}

std::uint64_t image_reader::position() const { return implementation_->position(); }
std::uint64_t image_reader::wanted() const { return implementation_->wanted(); }
void image_reader::skip_to(std::uint64_t offset) { implementation_->skip_to(offset); }

image_reader::outcome image_reader::finish() { return {implementation_->code(), implementation_->seen()}; }

}  // namespace retail_pulse::imaging
