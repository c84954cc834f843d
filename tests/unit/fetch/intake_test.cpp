#include "fetch/engine/intake.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "tests/support/packed.hpp"
#include "tests/unit/imaging/builders.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(intakes)

namespace {

using imaging::jpeg;
using imaging::jpeg_segment;

/// What a server answers to one request.
struct reply {
  response_head head;
  std::string body;
};
using server = std::function<reply(const intake& file)>;

reply whole(const std::string& file, int status = 200) {
  reply answer;
  answer.head.status = status;
  answer.head.end = response_head::body_end::at_length;
  answer.head.length = file.size();
  answer.head.etag = "\"1\"";
  answer.body = file;
  return answer;
}

reply nothing(int status) { return whole("", status); }

/// The bytes from `first` to `last` or the end of the file.
reply part(const std::string& file, std::uint64_t first, std::uint64_t last) {
  auto answer = whole(file.substr(first, last - first + 1), 206);
  answer.head.file_part = response_head::part{first, first + answer.body.size() - 1, file.size()};
  return answer;
}

/// As RFC 9110 has it.
reply honest(const std::string& file, const intake& asking) {
  const auto range = asking.range_to_ask();
  if (!range) return whole(file);
  return range->first < file.size()
             ? part(file, range->first, range->last.value_or(file.size() - 1))
             : nothing(416);
}

struct course {
  std::vector<std::optional<std::uint64_t>>
      asked;                ///< first byte of each range; nothing: the whole file
  std::uint64_t bytes = 0;  ///< read of all answers
};

/// Asks until the answer is known. Bytes come in pieces of `piece`.
course run(intake& file, const server& answer, std::size_t piece = 1000) {
  course result;
  for (;;) {
    BOOST_REQUIRE_MESSAGE(result.asked.size() < limits::ranges + 3U, "the requests come to an end");
    const auto range = file.range_to_ask();
    result.asked.push_back(range ? std::optional{range->first} : std::nullopt);
    const auto got = answer(file);
    auto step = file.begin(got.head);
    for (std::size_t at = 0; step == intake::step::read && at < got.body.size(); at += piece) {
      const auto size = std::min(piece, got.body.size() - at);
      result.bytes += size;
      step = file.add(imaging::as_piece(std::string_view{got.body}.substr(at, size)));
    }
    if (step == intake::step::read) step = file.end();
    BOOST_REQUIRE((step != intake::step::read));
    if (step == intake::step::settled) return result;
  }
}

intake header_intake(std::int64_t max_bytes = 50'000'000) {
  return intake{mode::header, max_bytes, nullptr, false};
}

bool is_40_by_30(const intake& file) {
  return !file.failed() && file.measured() == measurement{image_format::jpeg, 40, 30};
}

/// 40 x 30, with the frame header behind `segments` application segments of 64 KB, and ballast in
/// the picture.
std::string photo(int segments, std::size_t ballast = 100'000) {
  std::string metadata;
  for (int i = 0; i < segments; ++i) metadata += jpeg_segment(0xE2, std::string(65'533, 'x'));
  auto file = jpeg(40, 30, metadata);
  return file.insert(file.size() - 2, std::string(ballast, 'p'));
}

using asked_list = std::vector<std::optional<std::uint64_t>>;

}  // namespace

BOOST_AUTO_TEST_CASE(one_range_is_enough_where_the_size_stands_in_front) {
  const auto file = photo(0);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) { return honest(file, asking); });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST((way.asked == asked_list{0}));
  BOOST_TEST(way.bytes <= limits::range_bytes);
}

BOOST_AUTO_TEST_CASE(the_next_range_begins_where_the_next_marker_must_be) {
  const auto file = photo(9);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) { return honest(file, asking); });
  BOOST_TEST(is_40_by_30(in));
  asked_list expected{0};
  for (std::uint64_t i = 1; i <= 9; ++i) expected.push_back(2 + i * 65'537);
  BOOST_TEST((way.asked == expected));
  BOOST_TEST(way.bytes <= 10 * limits::range_bytes);
}

BOOST_AUTO_TEST_CASE(a_server_that_ignores_ranges_is_read_only_as_far_as_needed) {
  const auto file = photo(1);
  auto in = header_intake();
  const auto way = run(in, [&](const intake&) { return whole(file); });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST((way.asked == asked_list{0}));
  BOOST_TEST(way.bytes < 70'000u);
}

BOOST_AUTO_TEST_CASE(a_server_that_forgets_ranges_in_the_middle_still_gives_the_right_answer) {
  const auto file = photo(2);
  auto in = header_intake();
  int request = 0;
  const auto way = run(in, [&](const intake& asking) {
    return ++request == 2 ? whole(file) : honest(file, asking);
  });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST(way.asked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_the_range_that_was_asked_for_leads_to_the_whole_file) {
  const auto file = photo(1);
  const auto lying = [&](auto lie) {
    return [&file, lie](const intake& asking) {
      auto answer = honest(file, asking);
      if (answer.head.status == 206) lie(answer);
      return answer;
    };
  };
  const std::pair<const char*, server> liars[] = {
      {"416",
       [&](const intake& asking) { return asking.range_to_ask() ? nothing(416) : whole(file); }},
      {"no Content-Range", lying([](reply& r) { r.head.file_part.reset(); })},
      {"another start",
       lying([](reply& r) { r.head.file_part->first += 1, r.head.file_part->last += 1; })},
      {"a length that does not fit", lying([](reply& r) { r.head.file_part->last -= 1; })},
      {"more bytes than said", lying([](reply& r) {
         r.head.end = response_head::body_end::at_last_chunk, r.head.file_part->last -= 16'000;
       })},
      {"an early end of file",
       lying([](reply& r) { r.head.file_part->total = r.head.file_part->last + 1; })},
      {"a late end of file",
       [&](const intake& asking) {
         auto answer = honest(file, asking);
         if (answer.head.status == 206) answer.head.file_part->total = 10'000'000;
         return answer;
       }},
  };
  for (const auto& [name, liar] : liars) {
    auto in = header_intake();
    const auto way = run(in, liar);
    BOOST_TEST(is_40_by_30(in), name);
    BOOST_TEST(way.asked.size() <= 3u, name);
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_total_and_a_short_range_are_no_lies) {
  const auto file = photo(1);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) {
    const auto first = asking.range_to_ask().value().first;
    auto answer = part(file, first, first + 49);
    answer.head.file_part->total.reset();
    return answer;
  });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST(way.asked.back().has_value());
}

BOOST_AUTO_TEST_CASE(a_part_that_begins_before_what_was_asked_for_is_not_read) {
  const auto file = photo(1);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) {
    const auto range = asking.range_to_ask();
    if (!range || range->first == 0) return honest(file, asking);
    return part(file, range->first - 1, *range->last);
  });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST((way.asked == asked_list{0, 65'539, std::nullopt}));
  BOOST_TEST(way.bytes <= limits::range_bytes + 70'000);
}

namespace {

/// What an attempt has read when its host answers so for as long as it is asked.
std::uint64_t read_from(const server& host, std::int64_t most, error_code expected,
                        byte_account so_far) {
  intake in{mode::header, so_far, nullptr, false};
  const auto way = run(in, host);
  BOOST_TEST((in.failed() && in.failed()->code == expected));
  BOOST_TEST(in.failed()->lasts == (expected == error_code::too_large));
  BOOST_TEST(way.bytes <=
             static_cast<std::uint64_t>(most) + 1000);  // and the piece that is too much
  return way.bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_bound_on_a_file_holds_for_all_answers_of_an_attempt) {
  constexpr std::int64_t most = 1'000'000;
  const auto endless =
      "\xFF\xD8" +
      std::string(900'000, '\xFF');  // fill bytes: a JPEG whose size may always come next
  // Parts that go on far behind what was asked for, of a version that never lasts.
  int version = 0;
  const server long_parts = [&](const intake& asking) {
    const auto range = asking.range_to_ask();
    auto answer = range ? part(endless, 0, endless.size() - 1) : whole(endless);
    if (range && range->first > 0)
      answer = part(endless + endless, range->first, endless.size() + range->first - 1);
    if (answer.head.file_part) answer.head.file_part->total.reset();
    answer.head.etag = "\"" + std::to_string(++version) + "\"";
    return answer;
  };
  read_from(long_parts, most, error_code::too_large, most);
  // The whole file in place of the second part: what came before counts.
  int request = 0;
  const server then_whole = [&](const intake& asking) {
    if (++request > 1) return whole(endless);
    auto answer = part(endless, 0, 200'000);
    answer.head.file_part->total.reset();
    return asking.range_to_ask() ? answer : whole(endless);
  };
  read_from(then_whole, most, error_code::too_large, most);
}

BOOST_AUTO_TEST_CASE(what_an_attempt_has_cost_goes_on_with_its_next_hop) {
  const auto file = photo(0, 1000);
  const auto size = static_cast<std::int64_t>(file.size());
  intake first{mode::full, size + 500, nullptr, false};
  run(first, [&](const intake&) { return whole(file.substr(0, 500)); });
  for (const bool fits : {true, false}) {
    auto so_far = first.account();
    BOOST_TEST(so_far.receive(fits ? 0 : 1));
    intake next{mode::full, so_far, nullptr, false};
    run(next, [&](const intake&) { return whole(file); });
    BOOST_TEST(is_40_by_30(next) == fits);
    if (!fits)
      BOOST_TEST((next.failed()->code == error_code::too_large &&
                  next.failed()->reason.ends_with(" in all its responses")));
  }
}

BOOST_AUTO_TEST_CASE(an_account_counts_to_its_bound_and_refuses_what_is_beyond) {
  byte_account account{10};
  BOOST_TEST(account.receive(9));
  BOOST_TEST(!account.receive(2));
  BOOST_TEST(account.receive(1));
  BOOST_TEST(!account.receive(1));
  BOOST_TEST(account.decode(10));
  BOOST_TEST(!account.decode(1));
  BOOST_TEST(account.may_drain());
  BOOST_TEST(account.drain(limits::rests_drained_bytes));
  BOOST_TEST(!account.may_drain());
  BOOST_TEST(!account.drain(1));
}

BOOST_AUTO_TEST_CASE(two_versions_of_a_file_are_never_mixed) {
  const auto old_file = jpeg(7, 7, jpeg_segment(0xE2, std::string(65'533, 'x')));
  const auto new_file = photo(1);
  for (const bool by_tag : {true, false}) {
    auto in = header_intake();
    int request = 0;
    run(in, [&](const intake& asking) {
      const bool first = ++request == 1;
      auto answer = honest(first ? old_file : new_file, asking);
      answer.head.etag = by_tag ? (first ? "\"old\"" : "\"new\"") : "";
      return answer;
    });
    BOOST_TEST(is_40_by_30(in));
  }
}

BOOST_AUTO_TEST_CASE(a_later_range_is_bound_to_the_first_ones_strong_validator) {
  const auto file = photo(1);
  for (const std::string& tag : {std::string{"\"a\""}, std::string{"W/\"a\""}, std::string{}}) {
    auto in = header_intake();
    BOOST_TEST(in.if_range().empty());
    int request = 0;
    run(in, [&](const intake& asking) {
      if (++request == 2) BOOST_TEST(asking.if_range() == (tag.starts_with('W') ? "" : tag));
      auto answer = honest(file, asking);
      answer.head.etag = tag;
      return answer;
    });
    BOOST_TEST(request == 2);
    BOOST_TEST(in.etag() == tag);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_early_is_truncated_and_asked_for_once_as_a_whole) {
  const auto file = photo(1).substr(0, 40'000);  // within the first segment
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) { return honest(file, asking); });
  BOOST_TEST((in.failed() && in.failed()->code == error_code::truncated));
  BOOST_TEST((way.asked == asked_list{0, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(ranges_are_counted_and_then_the_file_is_read_on_from_there) {
  const auto at_bound = photo(limits::ranges - 1);
  auto in = header_intake();
  BOOST_TEST(run(in, [&](const intake& asking) { return honest(at_bound, asking); }).bytes <=
             limits::ranges * limits::range_bytes);
  BOOST_TEST(is_40_by_30(in));

  constexpr std::uint64_t segment = 65'537;
  const auto past_bound = photo(limits::ranges + 3, 1'000'000);
  auto other = header_intake();
  bool asked_to_the_end = false;
  const auto way = run(other, [&](const intake& asking) {
    asked_to_the_end = asking.range_to_ask() && !asking.range_to_ask()->last;
    return honest(past_bound, asking);
  });
  BOOST_TEST(is_40_by_30(other));
  BOOST_TEST(asked_to_the_end);
  BOOST_TEST(way.asked.size() == limits::ranges + 1u);
  BOOST_TEST((way.asked.back() == std::optional{2 + limits::ranges * segment}));
  BOOST_TEST(way.bytes <= limits::ranges * limits::range_bytes + 4 * segment);
}

BOOST_AUTO_TEST_CASE(a_server_that_denies_the_last_range_is_asked_for_the_whole_file) {
  const auto file = photo(limits::ranges + 3);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) {
    const auto range = asking.range_to_ask();
    return range && !range->last ? nothing(416) : honest(file, asking);
  });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST(way.asked.size() == limits::ranges + 2u);
  BOOST_TEST(!way.asked.back().has_value());
}

BOOST_AUTO_TEST_CASE(a_range_of_one_byte_each_comes_to_an_end) {
  std::string comments;
  for (int i = 0; i < limits::ranges; ++i) comments += jpeg_segment(0xFE, "");
  const auto file = jpeg(40, 30, comments);
  auto in = header_intake();
  const auto way = run(in, [&](const intake& asking) {
    const auto range = asking.range_to_ask();
    return range ? part(file, range->first, range->first) : whole(file);
  });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST(way.asked.size() == limits::ranges + 2u);
}

BOOST_AUTO_TEST_CASE(too_large_is_known_from_the_total_of_a_range) {
  const auto file = photo(0);
  const auto size = static_cast<std::int64_t>(file.size());
  auto fits = header_intake(size);
  run(fits, [&](const intake& asking) { return honest(file, asking); });
  BOOST_TEST(is_40_by_30(fits));
  auto larger = header_intake(size - 1);
  run(larger, [&](const intake& asking) { return honest(file, asking); });
  BOOST_TEST((larger.failed() && larger.failed()->code == error_code::too_large));
}

BOOST_AUTO_TEST_CASE(no_range_is_asked_for_behind_the_bound) {
  const std::string file = std::string("II+\0\x08\0\0\0\xF0\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16) +
                           std::string(100, 'x');  // its directory is there
  auto in = header_intake(1000);
  const auto way = run(in, [&](const intake& asking) {
    auto answer = honest(file, asking);
    if (answer.head.file_part) answer.head.file_part->total.reset();
    return answer;
  });
  BOOST_TEST((way.asked == asked_list{0, std::nullopt}));
  BOOST_TEST_REQUIRE(in.failed().has_value());
  BOOST_TEST((in.failed()->code == error_code::truncated));
}

BOOST_AUTO_TEST_CASE(full_mode_asks_once_for_everything_and_wants_no_part) {
  const auto file = photo(0);
  intake in{mode::full, 50'000'000, nullptr, false};
  const auto way = run(in, [&](const intake&) { return whole(file); });
  BOOST_TEST(is_40_by_30(in));
  BOOST_TEST(way.bytes == file.size());
  BOOST_TEST((way.asked == asked_list{std::nullopt}));
  intake cut{mode::full, 50'000'000, nullptr, false};
  run(cut, [&](const intake&) { return whole(file.substr(0, file.size() - 1)); });
  BOOST_TEST((cut.failed() && cut.failed()->code == error_code::truncated));
  intake unasked{mode::full, 50'000'000, nullptr, false};
  run(unasked, [&](const intake&) { return part(file, 0, 999); });
  BOOST_TEST((unasked.failed() && unasked.failed()->code == error_code::protocol_error));
}

BOOST_AUTO_TEST_CASE(a_file_that_came_as_announced_is_final_when_it_ends_early) {
  using body_end = response_head::body_end;
  const auto file = photo(0);
  const auto cut = file.substr(0, file.size() - 2);      // by its end mark
  const auto without_size = photo(1).substr(0, 40'000);  // also header mode needs more of this one
  const auto lasts = [](mode how, const std::string& content, body_end end) {
    intake in{how, 50'000'000, nullptr, false};
    run(in, [&](const intake& asking) {
      auto answer = honest(content, asking);
      if (answer.head.status == 200) answer.head.end = end;
      return answer;
    });
    BOOST_REQUIRE(in.failed().has_value());
    BOOST_TEST((in.failed()->code == error_code::truncated));
    return in.failed()->lasts;
  };
  for (const auto how : {mode::full, mode::header}) {
    BOOST_TEST(lasts(how, without_size, body_end::at_length));
    BOOST_TEST(lasts(how, without_size, body_end::at_last_chunk));
    BOOST_TEST(!lasts(how, without_size, body_end::at_close), "the connection may have been cut");
    BOOST_TEST(!lasts(how, "", body_end::at_length), "an empty file is more likely a slip");
  }
  BOOST_TEST(lasts(mode::full, cut, body_end::at_length));
  BOOST_TEST(lasts(mode::full, "\xFF", body_end::at_length));

  intake told{mode::full, 50'000'000, nullptr, false};
  run(told, [&](const intake&) { return whole(cut); });
  BOOST_TEST(told.failed()->reason == "it has no end-of-image mark");
}

BOOST_AUTO_TEST_CASE(only_what_could_pass_is_said_to_be_final) {
  for (const std::string& content : {std::string{"<html>"}, jpeg(0, 8)}) {
    intake in{mode::full, 50'000'000, nullptr, false};
    run(in, [&](const intake&) { return whole(content); });
    BOOST_TEST((in.failed() && !in.failed()->lasts));
  }
}

BOOST_AUTO_TEST_CASE(not_modified_is_an_answer_only_to_who_asked) {
  for (const auto how : {mode::full, mode::header}) {
    intake conditional{how, 50'000'000, nullptr, true};
    run(conditional,
        [](const intake& asking) { return nothing(asking.is_conditional() ? 304 : 500); });
    BOOST_TEST(!conditional.failed());
    BOOST_TEST(conditional.not_modified());
    intake plain{how, 50'000'000, nullptr, false};
    run(plain, [](const intake&) { return nothing(304); });
    BOOST_TEST((plain.failed() && plain.failed()->code == error_code::http_status));
  }
}

namespace {

/// As a server that packs its files has it: ranges are those of the packed bytes.
reply packed_part(const std::string& packed, const std::string& coding, const intake& asking) {
  auto answer = honest(packed, asking);
  answer.head.content_encoding = coding;
  return answer;
}

struct coded_file {
  std::string coding;
  std::string body;
};

std::vector<coded_file> codings_of(const std::string& file) {
  using namespace test_support;
  return {{"gzip", gzip(file)},
          {"X-GZIP", gzip(file)},
          {"deflate", zlib_deflate(file)},
          {"deflate", bare_deflate(file)},
          {"identity, gzip", gzip(file)},
          {"deflate, gzip", gzip(zlib_deflate(file))},
          {"gzip, gzip", gzip(gzip(file))}};
}

error_code code_of(const intake& file) {
  return file.failed() ? file.failed()->code : error_code::none;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_that_comes_packed_is_unpacked) {
  const auto file = photo(1);
  for (const auto& [coding, body] : codings_of(file)) {
    for (const auto how : {mode::full, mode::header}) {
      for (const std::size_t piece : {1U, 1000U, 100'000U}) {
        intake in{how, 50'000'000, nullptr, false};
        run(
            in, [&](const intake& asking) { return packed_part(body, coding, asking); }, piece);
        BOOST_TEST(is_40_by_30(in), coding);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_a_packed_file_the_first_range_is_used_and_then_the_whole_is_asked_for) {
  const auto small = test_support::gzip(photo(0));
  auto by_range = header_intake();
  const auto short_way =
      run(by_range, [&](const intake& asking) { return packed_part(small, "gzip", asking); });
  BOOST_TEST(is_40_by_30(by_range));
  BOOST_TEST((short_way.asked == asked_list{0}));

  std::string
      incompressible;  // so that the size stands behind the first range of the packed file too
  std::uint32_t state = 1;
  for (int i = 0; i < 60'000; ++i)
    incompressible += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const auto large = test_support::gzip(jpeg(40, 30, jpeg_segment(0xE2, incompressible)));
  auto by_whole = header_intake();
  const auto long_way =
      run(by_whole, [&](const intake& asking) { return packed_part(large, "gzip", asking); });
  BOOST_TEST(is_40_by_30(by_whole));
  BOOST_TEST((long_way.asked == asked_list{0, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(a_server_that_packs_only_now_and_then_mixes_nothing_up) {
  const auto file = photo(2);
  const auto packed = test_support::gzip(file);
  for (int packs = 1; packs <= 3; ++packs) {  // which of its answers
    auto in = header_intake();
    int request = 0;
    run(in, [&](const intake& asking) {
      return ++request == packs ? packed_part(packed, "gzip", asking) : honest(file, asking);
    });
    BOOST_TEST(is_40_by_30(in), packs);
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_to_be_packed_and_begins_as_an_image_is_taken_as_it_is) {
  const auto file = photo(1);
  for (const char* coding :
       {"gzip", "deflate", "br", "base64", "utf-8", "none", "gzip, gzip, gzip", "a b"}) {
    for (const auto how : {mode::full, mode::header}) {
      for (const std::size_t piece : {1U, 1000U}) {
        intake in{how, 50'000'000, nullptr, false};
        run(
            in, [&](const intake& asking) { return packed_part(file, coding, asking); }, piece);
        BOOST_TEST(is_40_by_30(in), coding);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(an_unknown_coding_is_reported_and_not_tried_again) {
  for (const auto how : {mode::full, mode::header}) {
    intake in{how, 50'000'000, nullptr, false};
    run(in, [&](const intake& asking) { return packed_part("\x1b\x0c\x80 packed", "br", asking); });
    BOOST_TEST_REQUIRE(in.failed().has_value());
    BOOST_TEST((in.failed()->code == error_code::unsupported_format));
    BOOST_TEST(in.failed()->reason == "it is packed with br");
  }
}

BOOST_AUTO_TEST_CASE(a_packed_file_ends_as_the_file_would) {
  const auto file = photo(0, 1000);
  for (const auto how : {mode::full, mode::header}) {
    const auto code = [&](const std::string& body, std::int64_t most = 50'000'000) {
      intake in{how, most, nullptr, false};
      run(in, [&](const intake& asking) { return packed_part(body, "gzip", asking); });
      return code_of(in);
    };
    const bool full = how == mode::full;
    using test_support::gzip;
    BOOST_TEST((code("") == error_code::truncated));
    BOOST_TEST((code(gzip("")) == error_code::truncated));
    BOOST_TEST((code("<!doctype html>") == error_code::protocol_error));
    BOOST_TEST((code(gzip("<!doctype html>")) == error_code::not_an_image));
    BOOST_TEST((code(gzip(file.substr(0, file.size() - 1))) ==
                (full ? error_code::truncated : error_code::none)));
    BOOST_TEST((code(gzip(file).substr(0, gzip(file).size() - 1)) ==
                (full ? error_code::truncated : error_code::none)));
    BOOST_TEST((code(gzip(file) + "behind its end") == error_code::none));
    BOOST_TEST((code(gzip(file.substr(0, 500)) + gzip(file.substr(500))) == error_code::none));
    BOOST_TEST((code(gzip(file), static_cast<std::int64_t>(file.size())) == error_code::none));
    if (full)
      BOOST_TEST(
          (code(gzip(file), static_cast<std::int64_t>(file.size()) - 1) == error_code::too_large));
    const auto bomb = gzip("\xFF\xD8" + std::string(10'000'000, '\xFF'));
    BOOST_TEST((code(bomb, 1'000'000) == error_code::too_large));
    intake plain{how, 50'000'000, nullptr, false};
    run(plain, [&](const intake& asking) { return honest(gzip(file), asking); });
    BOOST_TEST((code_of(plain) == error_code::not_an_image), "a gzip file that is sent as one");
  }
}

BOOST_AUTO_TEST_CASE(a_packed_file_that_came_as_announced_is_final_when_it_ends_early) {
  using body_end = response_head::body_end;
  const auto packed = test_support::gzip(photo(0, 1000));
  const auto lasts = [](const std::string& content, body_end end) {
    intake in{mode::full, 50'000'000, nullptr, false};
    run(in, [&](const intake& asking) {
      auto answer = packed_part(content, "gzip", asking);
      answer.head.end = end;
      return answer;
    });
    BOOST_TEST((code_of(in) == error_code::truncated));
    return in.failed().has_value() && in.failed()->lasts;
  };
  for (const auto& cut : {packed.substr(0, packed.size() - 1), packed.substr(0, packed.size() / 2),
                          packed.substr(0, 20)}) {
    BOOST_TEST(lasts(cut, body_end::at_length));
    BOOST_TEST(lasts(cut, body_end::at_last_chunk));
    BOOST_TEST(!lasts(cut, body_end::at_close), "the connection may have been cut");
  }
  BOOST_TEST(lasts(test_support::gzip(""), body_end::at_length));
  BOOST_TEST(!lasts("", body_end::at_length), "an empty body is more likely a slip");
}

BOOST_AUTO_TEST_CASE(what_begins_as_a_bitmap_but_for_the_length_of_its_header_is_taken_for_packed) {
  const std::string not_a_bitmap = "BM" + std::string(100, 'x');
  intake in{mode::full, 50'000'000, nullptr, false};
  run(
      in, [&](const intake& asking) { return packed_part(not_a_bitmap, "br", asking); }, 1);
  BOOST_TEST((code_of(in) == error_code::unsupported_format));
  BOOST_TEST(in.failed()->reason == "it is packed with br");
}

BOOST_AUTO_TEST_CASE(decoding_ends_at_the_deadline) {
  intake in{mode::full, 50'000'000, nullptr, false, steady_time::min()};
  run(in, [&](const intake& asking) {
    return packed_part(test_support::gzip(photo(0)), "gzip", asking);
  });
  BOOST_TEST((code_of(in) == error_code::timed_out));
  intake plain{mode::full, 50'000'000, nullptr, false, steady_time::min()};
  run(plain, [&](const intake& asking) { return honest(photo(0), asking); });
  BOOST_TEST(is_40_by_30(plain));  // here the connection looks at the time
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
