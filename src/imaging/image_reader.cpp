#include "imaging/image_reader.hpp"

#include <array>
#include <optional>

#include "core/require.hpp"
#include "imaging/formats.hpp"
#include "imaging/integers.hpp"
#include "imaging/signatures.hpp"

namespace retail_pulse::imaging {

class image_reader::implementation {
 public:
  void feed(std::span<const std::uint8_t> bytes) {
    position_ += bytes.size();
    while (!walk_ && !rejection_ && !bytes.empty()) {
      head_[head_size_++] = bytes.front();
      bytes = bytes.subspan(1);
      look_at(std::span{head_}.first(head_size_));
    }
    if (walk_) walk_->feed(file_, bytes);
  }

  /// The outcome, if no further byte can change it.
  std::optional<walk_outcome> settled() const {
    if (walk_ && walk_->ended()) return walk_->answer();
    return rejection_;
  }

  /// The outcome if the file ends here.
  walk_outcome answer() const {
    if (const auto known = settled()) return *known;
    return walk_ ? file_.at_end() : unrecognised_;
  }

  const measurement& seen() const { return seen_; }
  std::uint64_t position() const { return position_; }
  std::uint64_t wanted() const {
    return saturating_sum(position_, walk_ ? walk_->unread(file_) : 0);
  }

  void skip_to(std::uint64_t offset) {
    require(offset >= position_ && offset <= wanted(),
            "only bytes that no reader needs are skipped");
    if (offset == position_) return;
    walk_->leave_out(file_, offset - position_);
    position_ = offset;
  }

 private:
  /// Starts the reader of the format whose signature is complete, or fails if none can become so.
  void look_at(std::span<const std::uint8_t> head) {
    const auto [row, can_be_found, can_be_picture] = recognise(head);
    unrecognised_ = can_be_picture ? error_code::truncated : error_code::not_an_image;
    if (row != nullptr && row->reader != nullptr) {
      seen_.format = row->format;
      walk_.emplace(row->reader(file_, seen_));
      walk_->feed(file_, head);
    } else if (row != nullptr) {
      rejection_ = walk_outcome{row->code, row->reason};
    } else if (!can_be_found) {
      rejection_ = error_code::not_an_image;
    }
  }

  std::array<std::uint8_t, longest_signature> head_{};
  std::size_t head_size_ = 0;
  walk_outcome unrecognised_{error_code::truncated};  ///< of a file that ends before its signature
  std::optional<walk_outcome> rejection_;             ///< by its signature alone
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
  const auto known = implementation_->settled();
  if (known && known->code != error_code::none) return state::failed;
  return implementation_->seen().width != 0 ? state::measured : state::need_more;
}

std::uint64_t image_reader::position() const { return implementation_->position(); }
std::uint64_t image_reader::wanted() const { return implementation_->wanted(); }
void image_reader::skip_to(std::uint64_t offset) { implementation_->skip_to(offset); }

image_reader::outcome image_reader::finish() {
  const auto answer = implementation_->answer();
  return {answer.code, implementation_->seen(), std::string{answer.reason}};
}

}  // namespace retail_pulse::imaging
