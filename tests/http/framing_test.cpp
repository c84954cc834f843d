#include "http/restinio/framing.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::http;
using namespace retail_pulse::tests;

namespace {

const std::string get_head = "GET / HTTP/1.1\r\nHost: h\r\n";
const std::string post_head = "POST /api/submit HTTP/1.1\r\nHost: h\r\n";
const std::string chunked = post_head + "Transfer-Encoding: chunked\r\n\r\n";

/// The error of a text, however the text is cut into pieces, and how many bytes are valid.
framing_check::outcome seen(const std::string& text) {
  framing_check at_once;
  const auto result = at_once.take(text);
  framing_check in_pieces;
  std::size_t sound = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto one = in_pieces.take(std::string_view{text}.substr(at, 1));
    sound += one.sound;
    if (one.wrong.empty()) continue;
    BOOST_TEST(one.wrong == result.wrong);
    break;
  }
  BOOST_TEST(sound == result.sound);
  return result;
}

bool is_sound(const std::string& text) { return seen(text).wrong.empty(); }

struct wrong_framing {
  std::string sound;
  std::string rest;
  std::string sentence;
};

const std::string bare_lf = "a line ends in LF alone; it has to end in CR and LF";
const std::string bare_cr = "a line ends in CR alone; it has to end in CR and LF";
const std::string folded =
    "a line of the headers begins with a blank; a header has to stand in one line";
const std::string no_size = "the size of a chunk is malformed, or too large";
const std::string no_end = "the data of a chunk is not followed by CR and LF";

const wrong_framing wrong_framings[] = {
    {"GET / HTTP/1.1", "\nHost: h\r\n\r\n", bare_lf},
    {get_head, "\n", bare_lf},
    {"GET / HTTP/1.1\r\nHost: h", "\n\r\n", bare_lf},
    {"", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", bare_lf},
    {"\r\n", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", bare_lf},
    {get_head + "\r\n", "\n" + get_head + "\r\n", bare_lf},
    {"\r", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", bare_cr},
    {"GET / HTTP/1.1\r\nHost: h\r", "X: y\r\n\r\n", bare_cr},
    {"GET / HTTP/1.1\r\nHost: h\r", "\r\n\r\n", bare_cr},
    {get_head + "X: a\r\n", " b\r\n\r\n", folded},
    {get_head + "X: a\r\n", "\tb\r\n\r\n", folded},
    {"GET / HTTP/1.1\r\n", " Host: h\r\n\r\n", folded},
    {post_head + "Transfer-Encoding: chun\r\n", " ked\r\n\r\n0\r\n\r\n", folded},
    {post_head + "Content-Length: 1\r\n", " 0\r\n\r\n{}", folded},
    {chunked + "2\r\n{}", "XX0\r\n\r\n", no_end},
    {chunked + "2\r\n{}", "\n0\r\n\r\n", no_end},
    {chunked + "2\r\n{}\r", "X0\r\n\r\n", bare_cr},
    {chunked + "2\r\n{}", "0\r\n\r\n", no_end},
    {chunked + "2", "\n{}\r\n0\r\n\r\n", bare_lf},
    {chunked + "2;a", "\n{}\r\n0\r\n\r\n", bare_lf},
    {chunked + "2;a\r", "\r\n{}\r\n0\r\n\r\n", bare_cr},
    {chunked + "2;a", std::string("\0\r\n", 3),
     "the extension of a chunk contains a control character"},
    {chunked + "2 ", "a\r\n{}\r\n0\r\n\r\n",
     "the size of a chunk is followed by something that is not an extension"},
    {chunked,
     "\xCF"
     "2\r\n{}\r\n0\r\n\r\n",
     no_size},
    {chunked + "2", "\x80\r\n{}\r\n0\r\n\r\n", no_size},
    {chunked, "\r\n{}\r\n0\r\n\r\n", no_size},
    {chunked, ";a\r\n0\r\n\r\n", no_size},
    {chunked, " 2\r\n{}\r\n0\r\n\r\n", no_size},
    {chunked + "0", "x2\r\n{}\r\n0\r\n\r\n", no_size},
    {chunked + std::string(15, 'f'), "f\r\n", no_size},
    {chunked + "0", "\n\r\n", bare_lf},
    {chunked + "0\r\n", "\n", bare_lf},
    {chunked + "0\r\nX: a", "\n\r\n", bare_lf},
    {chunked + "0\r\nX: a\r\n", " b\r\n\r\n", folded},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(framing)

BOOST_AUTO_TEST_CASE(an_error_is_reported_with_the_byte_where_it_is) {
  for (const auto& each : wrong_framings) {
    BOOST_TEST_CONTEXT(each.sound << "|" << each.rest) {
      const auto found = seen(each.sound + each.rest);
      BOOST_TEST(found.wrong == each.sentence);
      BOOST_TEST(found.sound == each.sound.size());
      const auto behind = seen(get_head + "\r\n" + post_head + "Content-Length: 3\r\n\r\n\n\n\n" +
                               each.sound + each.rest);
      BOOST_TEST(behind.wrong == each.sentence);
    }
  }
}

BOOST_AUTO_TEST_CASE(requests_that_follow_the_standard_are_valid) {
  const auto length = [](const std::string& value, const std::string& body) {
    return post_head + "content-LENGTH:" + value + "\r\n\r\n" + body + get_head + "\r\n";
  };
  BOOST_TEST(is_sound("\r\n\r\n" + get_head + "\r\n"));
  BOOST_TEST(is_sound(get_head + "X:\r\nY: \xE9 \r\n\r\n"));
  BOOST_TEST(is_sound(length("5", "\n\n\n\n\n")));
  BOOST_TEST(is_sound(length(" \t5 \t", "\n\n\n\n\n")));
  BOOST_TEST(is_sound(length(" 05", "\n\n\n\n\n")));
  BOOST_TEST(is_sound(length("0", "")));
  BOOST_TEST(!is_sound(length("4", "\n\n\n\n\n")));
  BOOST_TEST(!is_sound(post_head + "X-Content-Length: 5\r\n\r\n\n\n\n\n\n"));
  BOOST_TEST(!is_sound(post_head + "Content-Length-X: 5\r\n\r\n\n\n\n\n\n"));
  const auto body = "3;a=\"b c\";d\r\n\n\n\n\r\n00A \t;x\r\n" + std::string(10, '\n') +
                    "\r\n0;y\r\nX: z\r\nContent-Length: 9\r\n\r\n";
  BOOST_TEST(is_sound(post_head + "transfer-encoding:chunked\r\n\r\n" + body + get_head + "\r\n"));
}

/// The parser or the code around it refuses each of them, so the bytes after them are not checked.
BOOST_AUTO_TEST_CASE(requests_that_the_parser_refuses_are_left_to_it) {
  for (const auto& head :
       {post_head + "Content-Length: x\r\n\r\n", post_head + "Content-Length: 1 2\r\n\r\n",
        post_head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        post_head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        post_head + "Content-Length: 99999999999999999999999\r\n\r\n", get_head + "no colon\r\n"}) {
    BOOST_TEST(is_sound(head + "\n\n"), head);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_byte_is_answered_behind_the_answers_before_it) {
  world w;
  for (const auto& each : wrong_framings) {
    BOOST_TEST_CONTEXT(each.sound << "|" << each.rest) {
      for (const bool used : {false, true}) {
        client c{w.port()};
        if (used) c.send(get_text("/healthz") + post_text("/api/submit", good_submission()));
        c.send(each.sound + each.rest);
        if (used) BOOST_TEST(c.read().status == 200);
        if (used) BOOST_TEST(c.read().status == 201);
        // A sound part may be a whole request.
        auto a = c.read();
        if (a.status == 404 || a.status == 200) a = c.read();
        BOOST_TEST(a.status == 400);
        BOOST_TEST(a.body == "{\"error\":\"" + each.sentence + "\"}");
        BOOST_TEST(a.header("Connection").value_or("") == "close");
        c.end_of_requests();
        BOOST_TEST(c.closed());
      }
    }
  }
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(a_wrong_byte_that_comes_alone_is_answered) {
  world w;
  client c{w.port()};
  c.send(chunked + "2\r\n{}");
  c.send("X");
  BOOST_TEST(c.read().status == 400);
  BOOST_TEST(w.submissions() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
