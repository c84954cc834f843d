// chunked: the input as a chunked body, and as the bytes that a chunked body is made of.
// - Skipping data byte by byte or all at once gives the same body and the same end, which lies
// within the input.
// - A body that is put into chunks, with extensions and trailers, comes out as it was.
#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "fetch/http1/chunk_reader.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

struct course {
  chunk_reader::next state = chunk_reader::next::framing;
  std::size_t used = 0;
  std::string body;
  std::string error;
};

course follow(std::string_view bytes, std::size_t most_at_once) {
  constexpr std::uint64_t most = std::uint64_t{1} << 60;
  chunk_reader reader;
  course result;
  while (result.used < bytes.size()) {
    result.state = reader.expected();
    check(reader.data_left() < most, "a chunk size has 60 bits");
    if (result.state == chunk_reader::next::framing) {
      result.state = reader.take(bytes[result.used++]);
      check(result.state == reader.expected(), "take returns what is expected next");
    } else if (result.state == chunk_reader::next::data) {
      check(reader.data_left() > 0, "data that is expected is not empty");
      const auto step = static_cast<std::size_t>(
          std::min<std::uint64_t>({reader.data_left(), bytes.size() - result.used, most_at_once}));
      result.body += bytes.substr(result.used, step);
      result.used += step;
      reader.skip(step);
    } else {
      break;
    }
    result.state = reader.expected();
  }
  if (result.state == chunk_reader::next::failed) {
    result.error = reader.error().detail;
    check(!result.error.empty(), "framing is refused with a reason");
  }
  return result;
}

std::string hexadecimal(std::size_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % 16]);
    value /= 16;
  } while (value > 0);
  return digits;
}

std::string in_chunks(std::string_view body, dice& chance) {
  std::string made;
  while (!body.empty()) {
    const auto size = std::max<std::size_t>(1, chance.piece(body.size()));
    made += hexadecimal(size) + (chance.below(4) == 0 ? ";a=b" : "") + "\r\n";
    made.append(body.substr(0, size)).append("\r\n");
    body.remove_prefix(size);
  }
  return made + "0\r\n" + (chance.below(4) == 0 ? "Trailer: x\r\n" : "") + "\r\n";
}

void check_any(std::string_view bytes) {
  const auto at_once = follow(bytes, bytes.size());
  const auto byte_by_byte = follow(bytes, 1);
  check(at_once.state == byte_by_byte.state && at_once.used == byte_by_byte.used &&
            at_once.body == byte_by_byte.body && at_once.error == byte_by_byte.error,
        "pieces do not change the body");
  check(at_once.body.size() <= at_once.used, "a body is no longer than what holds it");

  dice chance{bytes};
  const auto sent = in_chunks(bytes, chance);
  const auto received = follow(sent + "HTTP/1.1 200", sent.size());
  check(received.state == chunk_reader::next::done, "a sound body ends");
  check(received.body == bytes && received.used == sent.size(),
        "a body comes out of its chunks as it went in, and nothing behind it is used");
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
