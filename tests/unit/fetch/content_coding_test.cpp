#include "fetch/http1/content_coding.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"
#include "tests/support/packed.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(content_codings)

namespace {

using namespace std::string_literals;
using test_support::bare_deflate;
using test_support::gzip;
using test_support::zlib_deflate;

constexpr std::uint64_t ample = 50'000'000;

/// What the decoder makes of a body.
struct decoding {
  std::string file;
  error_code code = error_code::none;
  std::string reason;
  bool lasts = false;
};

decoding decode(std::vector<content_coding> codings, std::string_view body,
                std::size_t piece = 1000, std::uint64_t max_bytes = ample) {
  content_decoder decoder{codings, max_bytes};
  decoding result;
  std::optional<fault> why;
  for (std::size_t at = 0; at < body.size() && !why; at += piece) {
    const std::string part{body.substr(at, piece)};
    why = decoder.feed(std::as_bytes(std::span{part}), [&](std::span<const std::byte> bytes) {
      BOOST_TEST(bytes.size() <= limits::decoded_piece_bytes);
      result.file.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return true;
    });
  }
  if (!why) why = decoder.end();
  if (why) {
    result.code = why->code;
    result.reason = why->reason;
    result.lasts = why->lasts;
  }
  return result;
}

/// Text that packs badly, so that there is something to cut.
std::string noise(std::size_t bytes) {
  std::string text;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < bytes; ++i)
    text += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

std::vector<content_coding> parsed(std::string_view text) {
  auto result = parse_content_encoding(text);
  BOOST_TEST_REQUIRE(std::holds_alternative<std::vector<content_coding>>(result), text);
  return std::get<std::vector<content_coding>>(std::move(result));
}

std::string refused(std::string_view text) {
  const auto result = parse_content_encoding(text);
  BOOST_TEST_REQUIRE(std::holds_alternative<fault>(result), text);
  BOOST_TEST((std::get<fault>(result).code == error_code::unsupported_format));
  return std::get<fault>(result).reason;
}

constexpr auto is_gzip = content_coding::gzip;
constexpr auto is_deflate = content_coding::deflate;
using list = std::vector<content_coding>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_list_of_codings_is_read_in_order_and_without_identity) {
  BOOST_TEST((parsed("") == list{}));
  BOOST_TEST((parsed("identity") == list{}));
  BOOST_TEST((parsed("GZip") == list{is_gzip}));
  BOOST_TEST((parsed("x-gzip") == list{is_gzip}));
  BOOST_TEST((parsed(" , deflate ,, Identity\t,gzip") == list{is_deflate, is_gzip}));
}

BOOST_AUTO_TEST_CASE(two_codings_are_undone_and_three_are_not) {
  BOOST_TEST(parsed("gzip, gzip").size() == limits::content_codings);
  BOOST_TEST(refused("gzip, gzip, gzip") == "it is packed more than 2 times");
}

BOOST_AUTO_TEST_CASE(an_unknown_coding_is_reported_by_its_name_if_the_name_is_valid) {
  BOOST_TEST(refused("br") == "it is packed with br");
  BOOST_TEST(refused("gzip, ZSTD") == "it is packed with zstd");
  BOOST_TEST(refused("compress") == "it is packed with compress");
  const std::string longest(limits::coding_name_bytes, 'a');
  BOOST_TEST(refused(longest) == "it is packed with " + longest);
  for (const auto& text : {longest + "a", "<b>"s, "a b"s, "image/jpeg"s, "\xC3\xA9"s}) {
    BOOST_TEST(refused(text) == "it is packed in a way that has no name");
  }
}

BOOST_AUTO_TEST_CASE(what_was_packed_comes_out_again_in_pieces_of_any_size) {
  for (const auto& file : {""s, "a"s, noise(40'000), std::string(300'000, 'z')}) {
    for (const std::size_t piece : {1U, 7U, 1U << 20}) {
      BOOST_TEST((decode({is_gzip}, gzip(file), piece).file == file));
      BOOST_TEST((decode({is_deflate}, zlib_deflate(file), piece).file == file));
      BOOST_TEST((decode({is_deflate}, bare_deflate(file), piece).file == file));
      BOOST_TEST((decode({is_deflate, is_gzip}, gzip(zlib_deflate(file)), piece).file == file));
      BOOST_TEST((decode({is_gzip, is_gzip}, gzip(gzip(file)), piece).file == file));
      BOOST_TEST((decode({is_gzip}, gzip(file), piece).code == error_code::none));
    }
  }
}

BOOST_AUTO_TEST_CASE(several_members_are_one_file_and_garbage_behind_the_end_does_no_harm) {
  const auto file = noise(5000);
  const auto first = gzip(file.substr(0, 2000)), second = gzip(file.substr(2000));
  for (const std::size_t piece : {1U, 1000U, 1U << 20}) {
    const auto whole = decode({is_gzip}, first + second, piece);
    BOOST_TEST((whole.file == file));
    BOOST_TEST((whole.code == error_code::none));
    for (const auto& garbage : {std::string(100, '\0'), "garbage"s, "\x1f"s, "\x1f\x8b"s,
                                "\x1f garbage"s, "\x1f\x8b\x07garbage"s}) {
      const auto result = decode({is_gzip}, first + garbage, piece);
      BOOST_TEST((result.file == file.substr(0, 2000)));
      BOOST_TEST((result.code == error_code::none));
    }
    BOOST_TEST((decode({is_deflate}, zlib_deflate(file) + "garbage", piece).file == file));
    BOOST_TEST(
        (decode({is_deflate}, bare_deflate(file) + "garbage", piece).code == error_code::none));
    BOOST_TEST(
        (decode({is_gzip}, gzip("") + gzip("") + first, piece).file == file.substr(0, 2000)));
  }
}

BOOST_AUTO_TEST_CASE(a_body_that_ends_early_is_truncated_wherever_it_ends) {
  const auto packed = gzip(noise(300));
  for (std::size_t bytes = 0; bytes < packed.size(); ++bytes) {
    const auto result = decode({is_gzip}, packed.substr(0, bytes));
    BOOST_TEST((result.code == error_code::truncated), bytes);
    BOOST_TEST(result.reason == "its gzip coding is not complete");
    BOOST_TEST(!result.lasts);
  }
  const auto deflated = zlib_deflate(noise(300));
  for (std::size_t bytes = 0; bytes < deflated.size(); ++bytes) {
    BOOST_TEST((decode({is_deflate}, deflated.substr(0, bytes)).code == error_code::truncated),
               bytes);
  }
  BOOST_TEST((decode({is_gzip}, packed + packed.substr(0, packed.size() - 1)).code ==
              error_code::truncated));
  BOOST_TEST(
      (decode({is_gzip, is_gzip}, gzip(packed.substr(0, 100))).code == error_code::truncated),
      "the inner one");
  BOOST_TEST((decode({is_gzip}, gzip("").substr(0, 19)).code == error_code::truncated),
             "a member without a byte");
}

BOOST_AUTO_TEST_CASE(a_damaged_body_is_reported) {
  const auto packed = gzip(noise(300));
  auto wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] ^= 1;
  auto wrong_length = packed;
  wrong_length[packed.size() - 1] ^= 1;
  auto wrong_adler = zlib_deflate(noise(300));
  wrong_adler.back() ^= 1;
  for (const auto& body :
       {wrong_checksum, wrong_length, "no gzip at all"s, "\x1f\x8b\x07"s + std::string(20, 'x')}) {
    const auto result = decode({is_gzip}, body);
    BOOST_TEST((result.code == error_code::protocol_error));
    BOOST_TEST(result.reason == "its gzip coding is damaged");
  }
  for (const auto& body :
       {wrong_adler, "\xFF\xFF no deflate"s, "\x78\xBB\0\0\0\0with a dictionary"s}) {
    BOOST_TEST(decode({is_deflate}, body).reason == "its deflate coding is damaged");
  }
}

BOOST_AUTO_TEST_CASE(no_coding_gives_more_than_the_bound_and_exactly_it_is_fine) {
  constexpr std::uint64_t bound = 100'000;
  const auto all = decode({is_gzip}, gzip(std::string(bound, 'z')), 1000, bound);
  BOOST_TEST((all.code == error_code::none));
  BOOST_TEST(all.file.size() == bound);
  const auto more = decode({is_gzip}, gzip(std::string(bound + 1, 'z')), 1000, bound);
  BOOST_TEST((more.code == error_code::too_large));
  BOOST_TEST(more.reason == "more than 100000 bytes");
  BOOST_TEST(more.lasts);
  BOOST_TEST(more.file.size() <= bound);
  // A bomb within a bomb ends at the inner one's bound, and one of nothing at the outer one's.
  const auto nested =
      decode({is_gzip, is_gzip}, gzip(gzip(std::string(10'000'000, 'z'))), 1000, bound);
  BOOST_TEST((nested.code == error_code::too_large));
  std::string nothing;
  for (int i = 0; i < 10'000; ++i) nothing += gzip("");
  BOOST_TEST(
      (decode({is_gzip, is_gzip}, gzip(nothing), 1000, bound).code == error_code::too_large));
}

BOOST_AUTO_TEST_CASE(who_wants_no_more_is_given_no_more) {
  const auto body = gzip(gzip(std::string(1'000'000, 'z')));
  content_decoder decoder{list{is_gzip, is_gzip}, ample};
  int pieces = 0;
  const auto why = decoder.feed(std::as_bytes(std::span{body}),
                                [&](std::span<const std::byte>) { return ++pieces < 3; });
  BOOST_TEST(!why.has_value());
  BOOST_TEST(pieces == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
