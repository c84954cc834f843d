// image: a file of any format; the corpus has a folder for each (image_jpeg, image_png, ...).
// - Pieces of any size give the same answer, and so does leaving out what the reader does not want.
// - States only go forward, and the position is the number of bytes given.
// - There are sizes exactly when the answer is good or the file ends after them. What is not
// supported has a name.
#include <memory>

#include "imaging/image_reader.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using imaging::image_reader;

/// The next `size` bytes in a heap block of exactly that size, so that a byte behind them is a byte
/// behind the block.
image_reader::state feed(image_reader& reader, std::string_view file, std::size_t size) {
  const auto piece = std::make_unique<std::byte[]>(size);
  const auto at = static_cast<std::size_t>(reader.position());
  for (std::size_t i = 0; i < size; ++i) piece[i] = static_cast<std::byte>(file[at + i]);
  const auto state = reader.feed({piece.get(), size});
  check(reader.position() == at + size, "the position is the number of bytes given");
  check(reader.wanted() >= reader.position(), "no byte that was given is wanted again");
  return state;
}

struct answer {
  image_reader::state state = image_reader::state::need_more;
  image_reader::outcome outcome;
};

answer read_at_once(std::string_view file) {
  image_reader reader;
  const auto state = feed(reader, file, file.size());
  return {state, reader.finish()};
}

answer read_in_pieces(std::string_view file, dice& chance, bool leave_out) {
  image_reader reader;
  answer result;
  while (reader.position() < file.size()) {
    const auto left = file.size() - static_cast<std::size_t>(reader.position());
    const auto unwanted = reader.wanted() - reader.position();
    if (leave_out && unwanted > 0) {
      // Mostly all of it; where the file ends before, it ends unread.
      const auto most = unwanted < left ? static_cast<std::size_t>(unwanted) : left;
      const auto size = chance.below(4) == 0 ? 1 + chance.below(most) : most;
      const auto wanted = reader.wanted();
      reader.skip_to(reader.position() + size);
      check(size == unwanted || reader.wanted() == wanted,
            "what is wanted does not change before it comes");
      continue;
    }
    const auto state = feed(reader, file, chance.piece(left));
    check(state >= result.state || state == image_reader::state::failed, "states go forward");
    check(result.state != image_reader::state::failed || state == image_reader::state::failed,
          "what failed stays so");
    check(result.state != image_reader::state::measured || state == image_reader::state::measured,
          "what is measured stays so");
    result.state = state;
  }
  // A skip to the end may have settled it.
  result.state = feed(reader, file, 0);
  result.outcome = reader.finish();
  return result;
}

void check_same(const answer& a, const answer& b) {
  check(a.state == b.state, "the state does not depend on the pieces");
  check(a.outcome.code == b.outcome.code, "the code does not depend on the pieces");
  check(a.outcome.measured == b.outcome.measured, "the measurement does not depend on the pieces");
  check(a.outcome.reason == b.outcome.reason, "the reason does not depend on the pieces");
}

void check_answer(const answer& a) {
  const auto& [code, measured, reason] = a.outcome;
  const bool has_sizes = measured.width != 0;
  check(has_sizes == (measured.height != 0), "there are both sizes or none");
  check(has_sizes == (a.state == image_reader::state::measured),
        "there are sizes exactly when the file is measured");
  check(code == error_code::none || code == error_code::truncated ||
            code == error_code::not_an_image || code == error_code::unsupported_format ||
            code == error_code::bad_dimensions,
        "an answer has a code of a reader");
  check(code != error_code::none || has_sizes, "a good answer has sizes");
  const bool has_failed = a.state == image_reader::state::failed;
  check(!has_failed || (code != error_code::none && code != error_code::truncated),
        "a failure has its code");
  // What could have become the name of another format, or a text, ends as no image.
  check(has_failed || code == error_code::none || code == error_code::truncated ||
            (code == error_code::not_an_image && !has_sizes),
        "what has not failed is good or truncated");
  check(code != error_code::unsupported_format || !reason.empty(),
        "what is not supported is named");
  check(code != error_code::none || reason.empty(), "a good answer needs no reason");
  check(!has_sizes || measured.format != image_format::unknown, "what is measured has a format");
}

void check_any(std::string_view file) {
  const auto whole = read_at_once(file);
  check_answer(whole);
  dice chance{file};
  check_same(whole, read_in_pieces(file, chance, false));
  check_same(whole, read_in_pieces(file, chance, true));
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
