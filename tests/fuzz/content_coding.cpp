// content_coding: a body that its server calls packed, in one coding and in two; also its text as a
// Content-Encoding.
// - Pieces of any size give the same file and the same end.
// - No more comes out than the bound, nor more at once than a piece.
// - What was packed comes out again.
#include "fetch/http1/content_coding.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "property.hpp"
#include "tests/support/packed.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

constexpr std::uint64_t most_bytes = 1 << 20;

struct decoded {
  std::string file;
  std::optional<fault> why;
};

template <class NextSize>
decoded decode(const std::vector<content_coding>& codings, std::string_view body,
               NextSize next_size) {
  content_decoder decoder{codings, most_bytes};
  decoded result;
  for (std::size_t at = 0; at < body.size() && !result.why;) {
    // A copy of its own, so that a byte behind the piece is a byte behind the heap block.
    const std::string piece{body.substr(at, next_size(body.size() - at))};
    at += piece.size();
    result.why =
        decoder.feed(std::as_bytes(std::span{piece}), [&](std::span<const std::byte> bytes) {
          check(!bytes.empty() && bytes.size() <= limits::decoded_piece_bytes,
                "a piece of the file is bounded");
          result.file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          return true;
        });
  }
  check(result.file.size() <= most_bytes, "no more comes out than the file may have");
  if (!result.why) result.why = decoder.end();
  if (result.why) {
    const auto code = result.why->code;
    check(code == error_code::truncated || code == error_code::protocol_error ||
              code == error_code::too_large,
          "the code is one of three");
    check(!result.why->reason.empty() && !result.why->detail.empty(),
          "a body that cannot be decoded has a reason");
    check(result.why->lasts == (code == error_code::too_large), "only the bound lasts");
  }
  return result;
}

void check_codings(std::string_view text) {
  const auto parsed = parse_content_encoding(text);
  if (const auto* codings = std::get_if<std::vector<content_coding>>(&parsed)) {
    check(codings->size() <= limits::content_codings, "no more codings are undone than the bound");
    return;
  }
  const auto& why = std::get<fault>(parsed);
  check(why.code == error_code::unsupported_format,
        "a coding that is not known is an unsupported format");
  check(!why.reason.empty() && why.reason.size() <= 64 + limits::coding_name_bytes,
        "the reason, which names it, is bounded");
  check(std::ranges::all_of(why.reason, [](char c) { return c >= ' ' && c <= '~'; }),
        "the reason has printable ASCII characters only");
}

void check_any(std::string_view bytes) {
  check_codings(bytes);
  using enum content_coding;
  for (const auto& codings : {std::vector{gzip}, std::vector{deflate}, std::vector{deflate, gzip},
                              std::vector{gzip, gzip}}) {
    const auto whole = decode(codings, bytes, [](std::size_t left) { return left; });
    dice chance{bytes};
    const auto pieces = decode(codings, bytes, [&](std::size_t left) {
      return std::max<std::size_t>(1, chance.piece(left));
    });
    const bool is_cut =
        whole.why &&
        whole.why->code == error_code::too_large;  // within the piece that passes the bound
    check(is_cut || whole.file == pieces.file, "pieces do not change the file");
    check(whole.why.has_value() == pieces.why.has_value(), "pieces do not change the end");
    if (whole.why)
      check(whole.why->code == pieces.why->code && whole.why->reason == pieces.why->reason,
            "pieces do not change the reason");
  }
  dice chance{bytes};
  const auto some = [&](std::size_t left) { return std::max<std::size_t>(1, chance.piece(left)); };
  const auto comes_out = [&](const std::vector<content_coding>& codings, const std::string& body) {
    const auto result = decode(codings, body, some);
    check(!result.why && result.file == bytes, "what was packed comes out again");
  };
  comes_out({gzip}, test_support::gzip(bytes));
  comes_out({deflate}, test_support::zlib_deflate(bytes));
  comes_out({deflate}, test_support::bare_deflate(bytes));
  comes_out({deflate, gzip}, test_support::gzip(test_support::bare_deflate(bytes)));
  comes_out({gzip}, test_support::gzip(bytes) + std::string(3, '\0'));
  comes_out({gzip}, test_support::gzip(bytes.substr(0, bytes.size() / 2)) +
                        test_support::gzip(bytes.substr(bytes.size() / 2)));
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
