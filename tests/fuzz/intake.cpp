// intake: a file of any format, fetched in header mode from a server that is honest, and from one
// that lies where chance has it.
// - By ranges of an honest server the answer is that of the whole file, but for an end that is
// missing behind the sizes. So it is where the
//   server packs the file.
// - Whatever is answered, the requests come to an end, each asks for a range that is one, no more
// is read of all answers than one file may
//   have, and there are sizes or a reason.
#include "fetch/engine/intake.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

#include "core/limits.hpp"
#include "property.hpp"
#include "tests/support/packed.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

constexpr std::int64_t most_bytes = 50'000'000;

struct reply {
  response_head head;
  std::string_view body;
};

reply whole(std::string_view file) {
  reply made;
  made.head.status = 200;
  made.head.end = response_head::body_end::at_length;
  made.head.length = file.size();
  made.head.etag = "\"1\"";
  made.body = file;
  return made;
}

/// As RFC 9110 has it, but with the few bytes of `most` at once, so that small files take many
/// ranges.
reply honest(std::string_view file, const std::optional<intake::range>& asked, std::size_t most,
             bool tells_total) {
  if (!asked) return whole(file);
  if (asked->first >= file.size()) {
    auto made = whole({});
    made.head.status = 416;
    return made;
  }
  const auto first = static_cast<std::size_t>(asked->first);
  const auto left =
      asked->last ? std::min<std::uint64_t>(file.size() - first, *asked->last - asked->first + 1)
                  : file.size() - first;
  auto made =
      whole(file.substr(first, std::min<std::size_t>(most, static_cast<std::size_t>(left))));
  made.head.status = 206;
  made.head.file_part = response_head::part{first, first + made.body.size() - 1, std::nullopt};
  if (tells_total) made.head.file_part->total = file.size();
  return made;
}

void lie(reply& answer, std::string_view file, dice& chance) {
  auto& part = answer.head.file_part;
  constexpr const char* codings[] = {
      "gzip", "deflate", "gzip, deflate", "br", "base64", "a b", "identity, gzip, gzip, gzip"};
  switch (chance.below(11)) {
    case 0:
      answer = whole(file);
      break;
    case 1:
      answer.head.etag = "\"2\"";
      break;
    case 2:
      answer.head.status = chance.below(2) == 0 ? 206 : 304;
      break;
    case 3:
      answer.body = answer.body.substr(0, chance.below(answer.body.size() + 1));
      break;
    case 4:
      answer.head.end = response_head::body_end::at_close;
      break;
    case 5:
      if (part) part->total = part->last + 1 + chance.below(3);
      break;
    case 6:
      if (part) part->first -= std::min<std::uint64_t>(part->first, chance.below(3));
      break;
    case 7:
      if (part) part->last += chance.below(3);
      break;
    case 8:
      answer.body = file;
      break;
    case 9:
      answer.head.content_encoding = codings[chance.below(std::size(codings))];
      break;
    default:
      part.reset();
  }
}

template <class Server>
void fetch_from(intake& into, dice& chance, const Server& server) {
  std::uint64_t read = 0;
  for (int requests = 1;; ++requests) {
    check(requests <= limits::ranges + 2,
          "the requests come to an end: so many ranges, one to the end, then the whole file");
    const auto asked = into.range_to_ask();
    check(!asked || !asked->last || asked->first <= *asked->last, "a range ends behind its start");
    const reply answer = server(asked);
    auto step = into.begin(answer.head);
    for (std::size_t at = 0; step == intake::step::read && at < answer.body.size();) {
      const std::string piece{
          answer.body.substr(at, std::max<std::size_t>(1, chance.piece(answer.body.size() - at)))};
      at += piece.size();
      check(read <= into.account().most(), "nothing is read behind the piece that was too much");
      read += piece.size();
      step = into.add(std::as_bytes(std::span{piece}));
    }
    if (step == intake::step::read) step = into.end();
    check(step != intake::step::read, "what is complete is not read on");
    if (step == intake::step::settled) break;
  }
  if (into.failed()) {
    const auto code = into.failed()->code;
    check(!into.failed()->lasts || code == error_code::truncated || code == error_code::too_large,
          "only truncated and too large files fail for good");
    check(into.failed()->code != error_code::none && !into.failed()->detail.empty(),
          "a file that is of no use has a reason");
  } else {
    check(into.measured().width != 0, "a file without a reason has sizes");
  }
}

void check_any(std::string_view file) {
  imaging::image_reader reader;
  reader.feed(std::as_bytes(std::span{file.data(), file.size()}));
  const auto expected = reader.finish();
  const bool good = expected.measured.width != 0;

  dice chance{file};
  const auto most = 1 + chance.below(64);
  for (const bool tells_total : {false, true}) {
    intake by_ranges{mode::header, most_bytes, nullptr, false};
    fetch_from(by_ranges, chance,
               [&](const auto& asked) { return honest(file, asked, most, tells_total); });
    check(by_ranges.failed().has_value() == !good,
          "ranges lead to sizes exactly when the whole file does");
    check(by_ranges.measured() == expected.measured, "ranges lead to the sizes of the whole file");
    if (!good)
      check(by_ranges.failed()->code == expected.code, "ranges lead to the code of the whole file");
  }

  for (const bool by_gzip : {false, true}) {
    const auto packed = by_gzip ? test_support::gzip(file) : test_support::zlib_deflate(file);
    for (const auto how : {mode::header, mode::full}) {
      intake unpacking{how, most_bytes, nullptr, false};
      fetch_from(unpacking, chance, [&](const auto& asked) {
        auto answer = honest(packed, asked, most, true);
        answer.head.content_encoding = by_gzip ? "gzip" : "deflate";
        return answer;
      });
      const bool whole_is_good = how == mode::header ? good : expected.code == error_code::none;
      check(unpacking.failed().has_value() == !whole_is_good,
            "a packed file has sizes exactly when the file does");
      if (whole_is_good)
        check(unpacking.measured() == expected.measured, "a packed file has the sizes of the file");
      if (!whole_is_good)
        check(unpacking.failed()->code == expected.code, "a packed file has the code of the file");
    }
  }

  const auto bound = chance.below(2) == 0
                         ? most_bytes
                         : static_cast<std::int64_t>(file.size() + chance.below(100));
  intake hostile{chance.below(4) == 0 ? mode::full : mode::header, bound, nullptr, false};
  fetch_from(hostile, chance, [&](const auto& asked) {
    auto answer = honest(file, asked, most, chance.below(2) == 0);
    if (chance.below(3) == 0) lie(answer, file, chance);
    return answer;
  });
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
