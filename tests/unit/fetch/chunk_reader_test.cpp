#include "fetch/http1/chunk_reader.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

#include "core/limits.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(chunked_bodies)

namespace {

struct reading {
  chunk_reader::next state = chunk_reader::next::framing;
  std::string body;
  std::size_t used = 0;
};

reading read(std::string_view text) {
  chunk_reader reader;
  reading result;
  while (result.used < text.size()) {
    if (reader.expected() == chunk_reader::next::framing) {
      reader.take(text[result.used++]);
    } else if (reader.expected() == chunk_reader::next::data) {
      const auto size = std::min<std::uint64_t>(reader.data_left(), text.size() - result.used);
      result.body += text.substr(result.used, size);
      result.used += size;
      reader.skip(size);
    } else {
      break;
    }
  }
  result.state = reader.expected();
  if (result.state == chunk_reader::next::failed)
    BOOST_TEST((reader.error().code == error_code::protocol_error));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(chunks_extensions_and_trailers_are_followed_to_the_end) {
  const std::string text =
      "4\r\nWiki\r\n6;name=\"v\"\r\npedia \r\n00A \r\nin chunks.\r\n0\r\nTrailer: x\r\nOther: "
      "y\r\n\r\n";
  const auto got = read(text + "HTTP/1.1 next");
  BOOST_TEST((got.state == chunk_reader::next::done));
  BOOST_TEST(got.body == "Wikipedia in chunks.");
  BOOST_TEST(got.used == text.size());
  BOOST_TEST((read("0\r\n\r\n").state == chunk_reader::next::done));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_over_is_not_done) {
  for (const std::string_view text : {"", "4", "4\r\n", "4\r\nWi", "4\r\nWiki", "4\r\nWiki\r\n",
                                      "0\r\n", "0\r\nTrailer: x\r\n", "0\r\n\r"}) {
    const auto state = read(text).state;
    BOOST_TEST((state == chunk_reader::next::framing || state == chunk_reader::next::data), text);
  }
}

BOOST_AUTO_TEST_CASE(framing_may_be_longer_than_its_data_by_a_bound_and_not_a_byte_more) {
  const auto size_line = [](std::size_t bytes) {
    return "1;" + std::string(bytes - 4, 'x') + "\r\n";
  };  // of a chunk of a byte
  constexpr std::size_t line = limits::chunk_line_bytes, chunk_framing = line + 2;
  const auto chunks =
      limits::chunk_framing_bytes / (chunk_framing - 1);  // each brings a byte of data
  std::string body;
  for (std::size_t n = 0; n < chunks; ++n) body += size_line(line) + "x\r\n";
  const auto left = limits::chunk_framing_bytes + chunks - chunks * chunk_framing;
  BOOST_REQUIRE(left >= 4u);
  BOOST_TEST((read(body + size_line(left)).state == chunk_reader::next::data));
  BOOST_TEST((read(body + size_line(left + 1)).state == chunk_reader::next::failed));
}

BOOST_AUTO_TEST_CASE(garbage_in_the_framing_is_refused) {
  for (const std::string_view text :
       {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x4\r\nWiki\r\n", " 4\r\nWiki\r\n", "4\nWiki\r\n",
        "4\rWiki", "4\r\nWikipedia\r\n", "4\r\nWiki\n0\r\n\r\n", "4\r\nWiki\rx", "4g\r\n",
        "0\r\n\rx", "4;x\nWiki", ";x\r\n", "0\r\nA: b\rc"}) {
    BOOST_TEST((read(text).state == chunk_reader::next::failed), text);
  }
}

BOOST_AUTO_TEST_CASE(a_chunk_size_has_at_most_15_digits) {
  BOOST_TEST((read("000000000000004\r\nWiki\r\n").state == chunk_reader::next::framing));
  BOOST_TEST((read("0000000000000004\r\n").state == chunk_reader::next::failed));
  BOOST_TEST((read("fffffffffffffff\r\n").state == chunk_reader::next::data));
  BOOST_TEST((read("ffffffffffffffff\r\n").state == chunk_reader::next::failed));
}

BOOST_AUTO_TEST_CASE(a_size_line_and_the_trailers_are_bounded) {
  const auto size_line = [](std::size_t bytes) {
    return "1;" + std::string(bytes - 4, 'x') + "\r\n";
  };
  BOOST_TEST((read(size_line(limits::chunk_line_bytes)).state == chunk_reader::next::data));
  BOOST_TEST((read(size_line(limits::chunk_line_bytes + 1)).state == chunk_reader::next::failed));
  const auto trailers = [](std::size_t bytes) {
    return "0\r\n" + std::string(bytes - 4, 'x') + "\r\n\r\n";
  };
  BOOST_TEST((read(trailers(limits::response_header_bytes)).state == chunk_reader::next::done));
  BOOST_TEST(
      (read(trailers(limits::response_header_bytes + 1)).state == chunk_reader::next::failed));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
