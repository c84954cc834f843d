#include "core/limits.hpp"
#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

constexpr std::int64_t small_bound = 1 << 20;  ///< of a file, so that the endless ones end soon

hostile_case body(std::string name, error_code expected, origin::script run,
                  std::chrono::milliseconds deadline = ample_deadline) {
  return {.name = "body: " + std::move(name),
          .expected = expected,
          .run = std::move(run),
          .deadline = deadline,
          .tune = [](fetch::engine_options& options) { options.max_image_bytes = small_bound; }};
}

hostile_case body(std::string name, error_code expected, std::string response) {
  return body(std::move(name), expected, test_support::serving_once(std::move(response)));
}

std::string with_length(const std::string& length) {
  return ok + "Content-Length: "s + length + "\r\n\r\n" + picture();
}
const char* chunked() { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"; }
std::string in_chunks(const std::string& framed) { return chunked() + framed; }
std::string with_coding(const std::string& coding, const std::string& content) {
  return http_response(200, content, "Content-Encoding: " + coding + "\r\n");
}

std::string many_chunks(const std::string& each) {
  std::string chunks;
  for (int i = 0; i < 10'000; ++i) chunks += each;
  return chunks;
}

std::string zeros_as_gzip() {
  return std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10) + std::string(200'000, '\0');
}

}  // namespace

cases body_cases() {
  using enum error_code;
  const auto gif = picture();
  const std::string drops(2000, 'a');
  return {
      body("length as announced", none, with_length("28")),
      body("a byte less than announced", truncated, with_length("29")),
      body("a picture and more than announced", truncated, with_length("26")),
      body("a picture and its end mark behind what is announced", none, with_length("27")),
      body("more bytes behind the announced ones", none, with_length("28") + "HTTP/1.1 200 OK\r\n"),
      body("announced, but nothing comes", truncated, ok + "Content-Length: 28\r\n\r\n"s),
      body("announced as empty", truncated, ok + "Content-Length: 0\r\n\r\n"s),
      body("length is negative", protocol_error, with_length("-28")),
      body("length has a sign", protocol_error, with_length("+28")),
      body("length in hexadecimal", protocol_error, with_length("0x1c")),
      body("length is empty", protocol_error, with_length("")),
      body("length is a list", protocol_error, with_length("28, 28")),
      body("length overflows 64 bits", protocol_error, with_length("18446744073709551644")),
      body("length of an exabyte", too_large, with_length("999999999999999999")),
      body("length is over the bound", too_large, with_length(std::to_string(small_bound + 1))),
      body("two different lengths", protocol_error, with_length("28\r\nContent-Length: 29")),
      body("the same length twice", none, with_length("28\r\nContent-Length: 28")),
      body("a length beside chunks", protocol_error,
           with_length("28\r\nTransfer-Encoding: chunked")),
      body("no length, ends with the connection", none, ok + "\r\n"s + gif),
      body("no length, cut", truncated, ok + "\r\n"s + gif.substr(0, gif.size() - 2)),
      body("no length, endless", too_large,
           test_support::endless(ok + "\r\n"s + gif, std::string(65536, '\0'))),
      body("drips, length announced", timed_out,
           test_support::dripping(ok + "Content-Length: 3000\r\n\r\nGIF89a\x10"s, drops),
           short_deadline),
      body("drips, no length", timed_out, test_support::dripping(ok + "\r\nGIF89a\x10"s, drops),
           short_deadline),
      body("drips behind a status 404", http_status,
           test_support::dripping("HTTP/1.1 404 Not Found\r\nContent-Length: 2000\r\n\r\n", drops)),
      body("chunks in order", none, in_chunks("1c\r\n" + gif + "\r\n0\r\n\r\n")),
      body("chunks with extensions and trailers", none,
           in_chunks("1C;a=b\r\n" + gif + "\r\n0\r\nX: y\r\n\r\n")),
      body("chunk size overflows", protocol_error, in_chunks("ffffffffffffffffffff\r\n" + gif)),
      body("chunk size of 2^60", too_large,
           test_support::endless(in_chunks("fffffffffffffff\r\n" + gif), std::string(65536, '\0'))),
      body("chunk size is negative", protocol_error, in_chunks("-1c\r\n" + gif)),
      body("chunk size is missing", protocol_error, in_chunks("\r\n" + gif)),
      body("chunk size is a word", protocol_error, in_chunks("picture\r\n" + gif)),
      body("chunk longer than its size", protocol_error,
           in_chunks("1b\r\n" + gif + "\r\n0\r\n\r\n")),
      body("chunk shorter than its size", truncated, in_chunks("1d\r\n" + gif)),
      body("chunk line ends without CR", protocol_error, in_chunks("1c\n" + gif + "\n0\n\n")),
      body("no last chunk", truncated, in_chunks("1c\r\n" + gif + "\r\n")),
      body("last chunk without its last line end", truncated,
           in_chunks("1c\r\n" + gif + "\r\n0\r\n")),
      body("no chunk but the last", truncated, in_chunks("0\r\n\r\n")),
      body("endless chunk extension", protocol_error,
           test_support::endless(in_chunks("1;"), std::string(4096, 'x'))),
      body("endless zeros in front of a chunk size", protocol_error,
           test_support::endless(chunked(), std::string(4096, '0'))),
      body("endless trailers", protocol_error,
           test_support::endless(in_chunks("1c\r\n" + gif + "\r\n0\r\n"), "X: y\r\n")),
      body("chunks of 16 bytes without end", too_large,
           test_support::endless(in_chunks("1c\r\n" + gif + "\r\n"),
                                 many_chunks("10\r\n" + std::string(16, 'x') + "\r\n"))),
      body("chunks of one byte without end", protocol_error,
           test_support::endless(in_chunks("1c\r\n" + gif + "\r\n"), many_chunks("1\r\nx\r\n"))),
      body("chunks of one byte, each with a long extension", protocol_error,
           test_support::endless(in_chunks("2\r\n\xFF\xD8\r\n"),
                                 many_chunks("1;" + std::string(250, 'x') + "\r\n\xFF\r\n"))),
      body("drips in a chunk size", timed_out, test_support::dripping(in_chunks("1;"), drops),
           short_deadline),
      body("drips in a chunk", timed_out,
           test_support::dripping(in_chunks("7d0\r\nGIF89a\x10"), drops), short_deadline),
      body("drips in the trailers", timed_out,
           test_support::dripping(in_chunks("1c\r\n" + gif + "\r\n0\r\n"), drops), short_deadline),
      body("chunks in HTTP/1.0", protocol_error,
           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n" + gif + "\r\n0\r\n\r\n"),
      body("transfer coding gzip", protocol_error,
           ok + "Transfer-Encoding: gzip, chunked\r\n\r\n"s + gif),
      body("transfer coding unknown", protocol_error,
           ok + "Transfer-Encoding: xchunked\r\n\r\n"s + gif),
      body("transfer coding twice", protocol_error,
           ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n"s + gif +
               "\r\n0\r\n\r\n"),
      body("zeros behind a gzip header", protocol_error, with_coding("gzip", zeros_as_gzip())),
      body("said to be packed ten times over", unsupported_format,
           with_coding("gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip",
                       zeros_as_gzip())),
      body("packed with brotli unasked", unsupported_format,
           with_coding("br", std::string("\x0b\x02\x80hello\x03", 9))),
      body("says gzip of a plain picture", none, with_coding("gzip", gif)),
  };
}

}  // namespace retail_pulse::hostile
