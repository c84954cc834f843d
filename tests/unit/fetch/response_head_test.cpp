#include "fetch/http1/response_head.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(response_heads)

namespace {

using body_end = response_head::body_end;

struct reading {
  head_reader::state state = head_reader::state::need_more;
  response_head head;
  std::string rest;
  fault error;
};

/// Feeds the text in pieces of `piece` bytes.
reading read(std::string_view text, std::size_t piece = 1 << 20) {
  head_reader reader;
  reading result;
  while (!text.empty() && result.state == head_reader::state::need_more) {
    std::size_t used = 0;
    result.state = reader.feed(text.substr(0, piece), used);
    text.remove_prefix(used);
  }
  if (result.state == head_reader::state::complete) result.head = reader.head();
  if (result.state == head_reader::state::failed) {
    result.error = reader.error();
    BOOST_TEST((result.error.code == error_code::protocol_error));
    BOOST_TEST(!result.error.reason.empty());
  }
  result.rest = text;
  return result;
}

bool is_refused(std::string_view text) {
  return read(text).state == head_reader::state::failed &&
         read(text, 1).state == head_reader::state::failed;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_head_is_read_in_pieces_of_any_size_and_the_body_is_left) {
  const std::string text =
      "HTTP/1.1 301 Moved Away\r\ncontent-length:  12 \r\nLOCATION: /a%2Fb\r\nRetry-After: 7\r\nX: "
      "\r\n\r\nbody";
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 1000u}) {
    const auto got = read(text, piece);
    BOOST_TEST((got.state == head_reader::state::complete));
    BOOST_TEST(got.head.status == 301);
    BOOST_TEST((got.head.end == body_end::at_length));
    BOOST_TEST(got.head.length == 12u);
    BOOST_TEST(got.head.location == "/a%2Fb");
    BOOST_TEST(got.head.retry_after == "7");
    BOOST_TEST(got.head.keep_alive);
    BOOST_TEST(got.rest == "body");
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_body_follows_from_status_length_and_coding) {
  BOOST_TEST((read("HTTP/1.1 200\r\n\r\n").head.end == body_end::at_close));
  BOOST_TEST(!read("HTTP/1.1 200\r\n\r\n").head.keep_alive);
  BOOST_TEST((read("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n").head.end ==
              body_end::at_last_chunk));
  BOOST_TEST(
      (read("HTTP/1.1 304 OK\r\nContent-Length: 9\r\n\r\n").head.end == body_end::at_length));
  BOOST_TEST(read("HTTP/1.1 304 OK\r\nContent-Length: 9\r\n\r\n").head.length == 0u);
  BOOST_TEST(read("HTTP/1.1 204 OK\r\n\r\n").head.keep_alive);
  BOOST_TEST((read("HTTP/1.1 200 OK\nContent-Length: 3\n\n").head.end == body_end::at_length));
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_as_the_version_and_the_header_say) {
  BOOST_TEST(read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  BOOST_TEST(!read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, Close\r\n\r\n")
                  .head.keep_alive);
  BOOST_TEST(!read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").head.keep_alive);
  BOOST_TEST(read("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
                 .head.keep_alive);
}

BOOST_AUTO_TEST_CASE(interim_responses_are_skipped_with_their_headers) {
  const auto got = read(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\nHTTP/1.1 "
      "200 OK\r\nContent-Length: 3\r\n\r\n");
  BOOST_TEST((got.state == head_reader::state::complete));
  BOOST_TEST(got.head.length == 3u);
  BOOST_TEST(is_refused("HTTP/1.1 101 Switching\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(what_is_not_http_is_refused) {
  for (const std::string_view text :
       {"220 mail.example ESMTP\r\n", "SSH-2.0-x\r\n", "HTTP/2 200 OK\r\n", "HTTP/1.2 200 OK\r\n",
        "HTTP/1.1  200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 600 OK\r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1\r\n", "http/1.1 200 OK\r\n",
        "\r\n"}) {
    BOOST_TEST(is_refused(text), text);
  }
}

BOOST_AUTO_TEST_CASE(headers_that_could_be_read_in_two_ways_are_refused) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  using namespace std::string_view_literals;
  for (const std::string_view line :
       {"Content-Length: 1\r\nContent-Length: 2\r\n"sv, "Content-Length: 1, 2\r\n"sv,
        "Content-Length: -1\r\n"sv, "Content-Length: +1\r\n"sv, "Content-Length: 0x1\r\n"sv,
        "Content-Length: \r\n"sv, "Content-Length: 1000000000000000000\r\n"sv,
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"sv,
        "Transfer-Encoding: gzip, chunked\r\n"sv, "Transfer-Encoding: identity\r\n"sv,
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"sv,
        "Content-Length : 1\r\n"sv, " folded\r\n"sv, "no colon\r\n"sv, ": x\r\n"sv, "A: b\0c\r\n"sv,
        "A: b\rc\r\n"sv, "A\x01: b\r\n"sv}) {
    BOOST_TEST(is_refused(start + std::string{line} + "\r\n"), line);
  }
  BOOST_TEST(is_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
  BOOST_TEST((read(start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n").state ==
              head_reader::state::complete));
  BOOST_TEST((read(start + "Content-Length: 999999999999999999\r\n\r\n").state ==
              head_reader::state::complete));
}

BOOST_AUTO_TEST_CASE(a_line_of_a_head_that_is_used_has_at_most_8_kib_and_a_longer_one_is_reported) {
  const std::string first = "HTTP/1.1 200 OK\r\n";
  const std::pair<std::string, std::string> rows[] = {
      {"HTTP/1.1 200 ", "its status line is longer than 8 KiB"},
      {first + "ETag: ", "its ETag header is longer than 8 KiB"},
      {first + "location:", "its location header is longer than 8 KiB"},
      {first + "Transfer-Encoding: chunked,", "its Transfer-Encoding header is longer than 8 KiB"},
      {first + "Content-Encoding: ", "its Content-Encoding header is longer than 8 KiB"},
      {first + "Connection: ", "its Connection header is longer than 8 KiB"},
  };
  for (const auto& [start, sentence] : rows) {
    const auto before = start.rfind('\n') + 1;  // npos + 1 is 0
    const auto head = [&](std::size_t bytes) {
      return start + std::string(bytes - (start.size() - before) - 2, 'x') + "\r\n\r\n";
    };
    const bool is_coding =
        sentence.find("Transfer") != std::string::npos;  // not chunked, at any length
    if (!is_coding)
      BOOST_TEST((read(head(limits::response_line_bytes)).state == head_reader::state::complete),
                 sentence);
    const auto refused = read(head(limits::response_line_bytes + 1));
    BOOST_TEST((refused.state == head_reader::state::failed));
    BOOST_TEST(refused.error.reason == sentence);
    BOOST_TEST(refused.error.lasts);
    BOOST_TEST(is_refused(head(limits::response_line_bytes + 1)));
  }
}

BOOST_AUTO_TEST_CASE(the_name_of_a_header_has_at_most_8_kib) {
  const auto head = [](std::size_t bytes) {
    return "HTTP/1.1 200 OK\r\n" + std::string(bytes - 1, 'n') + ": x\r\n\r\n";
  };
  BOOST_TEST((read(head(limits::response_line_bytes)).state == head_reader::state::complete));
  BOOST_TEST(read(head(limits::response_line_bytes + 1)).error.reason ==
             "the name of a header is longer than 8 KiB");
}

BOOST_AUTO_TEST_CASE(a_header_that_nobody_reads_may_be_longer_and_is_checked_all_the_same) {
  const std::string first = "HTTP/1.1 200 OK\r\n";
  for (const std::string name : {"Content-Security-Policy", "Set-Cookie", "Link", "X"}) {
    const auto line = name + ": " + std::string(20 * limits::kib, 'x');
    const auto text =
        first + line + "\r\nContent-Length: 7\r\n" + line + "\nETag: \"a\"\r\n\r\nbody";
    for (const std::size_t piece : {1U, 1000U, 1U << 20}) {
      const auto got = read(text, piece);
      BOOST_TEST((got.state == head_reader::state::complete));
      BOOST_TEST(got.head.length == 7U);
      BOOST_TEST(got.head.etag == "\"a\"");
      BOOST_TEST(got.rest == "body");
    }
    using namespace std::string_literals;
    for (const auto& wrong : {"\0"s, "\r"s, "\r\r\n"s, "\x7f"s, "\x1b"s})
      BOOST_TEST(is_refused(first + line + wrong + "x\r\n\r\n"));
    BOOST_TEST(is_refused(first + line + "\r\n folded\r\n\r\n"));
  }
}

BOOST_AUTO_TEST_CASE(all_heads_of_an_answer_have_at_most_64_kib) {
  const std::string first = "HTTP/1.1 200 OK\r\n";
  const std::string line = "A: " + std::string(4091, 'x') + "\r\n";  // 4096 bytes
  for (const bool in_many_lines : {true, false}) {
    const auto head = [&](std::size_t bytes) {
      std::string text = first;
      while (in_many_lines && text.size() + line.size() + 7 < bytes) text += line;
      return text + "B: " + std::string(bytes - text.size() - 7, 'x') + "\r\n\r\n";
    };
    BOOST_TEST((read(head(limits::response_header_bytes)).state == head_reader::state::complete));
    const auto refused = read(head(limits::response_header_bytes + 1));
    BOOST_TEST((refused.state == head_reader::state::failed));
    BOOST_TEST(refused.error.reason == "its headers are longer than 64 KiB");
    BOOST_TEST(refused.error.lasts);
  }
  std::string flood;
  for (int i = 0; i < 4000; ++i) flood += "HTTP/1.1 100 Continue\r\n\r\n";
  BOOST_TEST(is_refused(flood));
}

BOOST_AUTO_TEST_CASE(a_length_has_at_most_18_digits_and_only_a_bound_lasts) {
  const auto error_of = [](const std::string& value) {
    return read("HTTP/1.1 200 OK\r\nContent-Length: " + value + "\r\n\r\n").error;
  };
  BOOST_TEST(
      (read("HTTP/1.1 200 OK\r\nContent-Length: " + std::string(18, '9') + "\r\n\r\n").state ==
       head_reader::state::complete));
  BOOST_TEST(error_of(std::string(19, '9')).reason == "its Content-Length has more than 18 digits");
  BOOST_TEST(error_of(std::string(19, '9')).lasts);
  BOOST_TEST(error_of("1x").reason == "its Content-Length is not a number");
  BOOST_TEST(!error_of("1x").lasts);
}

BOOST_AUTO_TEST_CASE(content_codings_of_several_headers_are_one_list) {
  BOOST_TEST(read("HTTP/1.1 200 OK\r\n\r\n").head.content_encoding == "");
  BOOST_TEST(read("HTTP/1.1 200 OK\r\ncontent-encoding: "
                  "gzip\r\nContent-Encoding:\r\nContent-Encoding: br , x\r\n\r\n")
                 .head.content_encoding == "gzip, br , x");
}

BOOST_AUTO_TEST_CASE(a_content_range_is_read_when_it_makes_sense) {
  const auto read_part = [](const char* text) { return parse_content_range(text); };
  const auto usual = read_part("bytes 100-299/1000");
  BOOST_TEST_REQUIRE(usual.has_value());
  BOOST_TEST(usual->first == 100u);
  BOOST_TEST(usual->last == 299u);
  BOOST_TEST((usual->total == std::optional<std::uint64_t>{1000}));
  BOOST_TEST((read_part("Bytes 0-0/*").value().total == std::nullopt));
  BOOST_TEST(read_part("bytes 0-999/1000").has_value());
  for (const char* text :
       {"", "bytes", "bytes ", "bytes */1000", "bytes 0-1000/1000", "bytes 2-1/10", "bytes 0-1",
        "bytes -1/10", "bytes 0-/10", "bytes 0/1-2", "pages 0-1/10", "bytes=0-1/10", "bytes 0-1/",
        "bytes 0-1/x", "bytes 0x0-1/10", "bytes 0-1/1000000000000000000000", "bytes 0 - 1/10"}) {
    BOOST_TEST(!read_part(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(validators_and_the_part_are_kept_and_two_parts_are_ignored) {
  const auto got = read(
      "HTTP/1.1 206\r\nETag: \"a\"\r\nlast-modified: Thu, 01 Jan 1970 00:00:00 "
      "GMT\r\nContent-Range: bytes 0-1/9\r\n\r\n");
  BOOST_TEST(got.head.etag == "\"a\"");
  BOOST_TEST(got.head.last_modified == "Thu, 01 Jan 1970 00:00:00 GMT");
  BOOST_TEST(got.head.file_part.has_value());
  BOOST_TEST(
      !read("HTTP/1.1 206\r\nContent-Range: bytes 0-1/9\r\nContent-Range: bytes 2-3/9\r\n\r\n")
           .head.file_part.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
