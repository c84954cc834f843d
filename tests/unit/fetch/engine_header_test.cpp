#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "tests/support/packed.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"
#include "tests/unit/imaging/builders.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_header)

namespace {

engine_options header_options() {
  auto options = loopback_options();
  options.how = mode::header;
  return options;
}

/// The value of a request's header; empty when it has none.
std::string header_of(const std::string& request, const std::string& name) {
  const auto at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 4;
  return request.substr(start, request.find("\r\n", start) - start);
}

/// Answers ranges of one file, on connections that stay open.
origin::script serving_ranges(std::string file) {
  return [file = std::move(file)](session& with) {
    while (const auto request = with.read_request()) {
      const auto range = header_of(*request, "Range");
      if (range.empty()) {
        if (!with.send(http_response(200, file, "ETag: \"1\"\r\n"))) return;
        continue;
      }
      const auto first = std::stoull(range.substr(6));
      const auto last =
          std::min<std::uint64_t>(std::stoull(range.substr(range.find('-') + 1)), file.size() - 1);
      const auto part =
          std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(file.size());
      if (!with.send(http_response(206, file.substr(first, last - first + 1),
                                   "ETag: \"1\"\r\nContent-Range: bytes " + part + "\r\n")))
        return;
    }
  };
}

/// 40 x 30 behind a colour profile of `segments` times 64 KB, and a megabyte of picture.
std::string photo(int segments) {
  std::string profile;
  for (int i = 0; i < segments; ++i)
    profile += imaging::jpeg_segment(0xE2, std::string(65'533, 'x'));
  auto file = imaging::jpeg(40, 30, profile);
  return file.insert(file.size() - 2, std::string(1 << 20, 'p'));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_large_photo_costs_one_range) {
  origin host{serving_ranges(photo(0))};
  const auto result = fetch(header_options(), host.url("/a.jpg"));
  CHECK_CODE(result, none);
  BOOST_TEST((result.measured == measurement{image_format::jpeg, 40, 30}));
  BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(limits::range_bytes));
  BOOST_TEST(host.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_long_colour_profile_costs_a_range_per_segment_on_one_connection) {
  origin host{serving_ranges(photo(9))};
  const auto result = fetch(header_options(), host.url("/a.jpg"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(10 * limits::range_bytes));
  const auto requests = host.requests();
  BOOST_TEST_REQUIRE(requests.size() == 10u);
  BOOST_TEST(host.connections() == 1);
  BOOST_TEST(header_of(requests[0], "If-Range").empty());
  BOOST_TEST(header_of(requests[1], "Range") == "bytes=65539-81922");
  BOOST_TEST(header_of(requests[1], "If-Range") == "\"1\"");
}

BOOST_AUTO_TEST_CASE(a_server_without_ranges_is_cut_off_when_much_is_left_and_kept_when_little_is) {
  origin large{origin::answering([](const std::string&) { return http_response(200, photo(0)); })};
  origin small{origin::answering(
      [](const std::string&) { return http_response(200, imaging::jpeg(40, 30)); })};
  const auto from = make_blocking_engine(header_options());
  for (int i = 0; i < 3; ++i) {
    const auto result = fetch(*from, large.url("/"));
    CHECK_CODE(result, none);
    BOOST_TEST(result.evidence.bytes < 1 << 20);
    CHECK_CODE(fetch(*from, small.url("/")), none);
  }
  BOOST_TEST(large.connections() == 3);
  BOOST_TEST(small.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_followed_and_its_target_asked_in_ranges) {
  origin target{serving_ranges(photo(1))};
  origin host{origin::answering([&](const std::string&) {
    return http_response(302, "", "Location: " + target.url("/b") + "\r\n");
  })};
  const auto result = fetch(header_options(), host.url("/a"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.final_url == target.url("/b"));
  BOOST_TEST(target.requests().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_packed_file_is_measured_and_its_evidence_tells_the_bytes_that_came) {
  const auto packed = test_support::gzip(photo(1));
  for (const auto how : {mode::full, mode::header}) {
    origin host{[&](session& with) {
      while (const auto request = with.read_request()) {
        const bool known = header_of(*request, "If-None-Match") == "\"7-gzip\"";
        const auto headers =
            "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\nETag: \"7-gzip\"\r\n";
        if (!with.send(known ? "HTTP/1.1 304 Not Modified\r\n\r\n"
                             : http_response(200, packed, headers)))
          return;
      }
    }};
    auto options = loopback_options();
    options.how = how;
    const auto from = make_blocking_engine(options);
    const auto result = fetch(*from, host.url("/"));
    CHECK_CODE(result, none);
    BOOST_TEST((result.measured == measurement{image_format::jpeg, 40, 30}));
    BOOST_TEST(result.evidence.bytes <= static_cast<std::int64_t>(packed.size()));
    if (how == mode::full)
      BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(packed.size()));
    BOOST_TEST_REQUIRE(result.version.has_value());
    const auto again = fetch(*from, request{host.url("/"), result.version});
    CHECK_CODE(again, none);
    BOOST_TEST(again.not_modified);
    BOOST_TEST(host.connections() == 1);
  }
}

BOOST_AUTO_TEST_CASE(the_copy_of_a_packed_file_is_the_file) {
  auto folder = (std::filesystem::temp_directory_path() / "retail-pulse-packed-XXXXXX").string();
  BOOST_REQUIRE(mkdtemp(folder.data()) != nullptr);
  const auto gif = tiny_gif(3, 4);
  origin packed{serving(http_response(200, test_support::gzip(gif), "Content-Encoding: gzip\r\n"))};
  origin plain{serving(http_response(200, gif))};
  auto options = loopback_options();
  options.keep_images = folder;
  options.keep_images_bytes = 1 << 20;
  {
    const auto from = make_blocking_engine(options);
    const auto result = fetch(*from, packed.url("/"));
    CHECK_CODE(result, none);
    BOOST_TEST(result.evidence.kept != "");
    BOOST_TEST(result.evidence.kept == fetch(*from, plain.url("/")).evidence.kept);
    std::ifstream copy{
        folder + "/" + result.evidence.kept.substr(0, 2) + "/" + result.evidence.kept + ".gif",
        std::ios::binary};
    BOOST_TEST((std::string{std::istreambuf_iterator<char>{copy}, {}} == gif));
  }
  std::filesystem::remove_all(folder);
}

BOOST_AUTO_TEST_CASE(a_known_version_is_asked_for_by_its_validators_and_answered_without_a_file) {
  const auto answer = [](session& with) {
    while (const auto request = with.read_request()) {
      const bool known = header_of(*request, "If-None-Match") == "\"7\"";
      const auto date = std::string{"Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"};
      if (!with.send(known ? "HTTP/1.1 304 Not Modified\r\n\r\n"
                           : http_response(200, tiny_gif(3, 4), "ETag: \"7\"\r\n" + date)))
        return;
    }
  };
  origin host{answer};
  for (const auto how : {mode::full, mode::header}) {
    auto options = loopback_options();
    options.how = how;
    const auto from = make_blocking_engine(options);
    const auto first = fetch(*from, host.url("/a"));
    CHECK_CODE(first, none);
    BOOST_TEST_REQUIRE(first.version.has_value());
    BOOST_TEST(
        (*first.version == file_version{host.url("/a"), "\"7\"", "Thu, 01 Jan 1970 00:00:00 GMT"}));
    const auto again = fetch(*from, request{host.url("/a"), first.version});
    CHECK_CODE(again, none);
    BOOST_TEST(again.not_modified);
    BOOST_TEST(again.evidence.http_status == 304);
    BOOST_TEST(header_of(host.requests().back(), "If-Modified-Since") ==
               "Thu, 01 Jan 1970 00:00:00 GMT");
    const auto elsewhere = fetch(*from, request{host.url("/b"), first.version});
    BOOST_TEST(!elsewhere.not_modified);  // validators mean nothing to another URL
    BOOST_TEST(elsewhere.measured.width == 3u);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
