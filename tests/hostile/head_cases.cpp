#include "core/limits.hpp"
#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

hostile_case head(std::string name, error_code expected, std::string response) {
  return {.name = "head: " + std::move(name),
          .expected = expected,
          .run = test_support::serving(std::move(response))};
}

hostile_case head(std::string name, error_code expected, origin::script run,
                  std::chrono::milliseconds deadline = ample_deadline) {
  return {.name = "head: " + std::move(name),
          .expected = expected,
          .run = std::move(run),
          .deadline = deadline};
}

/// A good answer with another status line in front, or with more header lines.
std::string with_status_line(const std::string& line) {
  return line + "\r\nContent-Length: 28\r\n\r\n" + picture();
}
std::string with_header(const std::string& lines) {
  return ok + lines + "\r\nContent-Length: 28\r\n\r\n" + picture();
}

}  // namespace

cases head_cases() {
  using enum error_code;
  const std::string drops(2000, 'a');
  return {
      head("40 KB of reason phrase", protocol_error,
           with_status_line("HTTP/1.1 200 " + std::string(40'000, 'a'))),
      head("endless reason phrase", protocol_error,
           test_support::endless("HTTP/1.1 200 ", std::string(4096, 'a'))),
      head("a megabyte without a line end", protocol_error, std::string(1 << 20, 'a')),
      head("drips in the status line", timed_out, test_support::dripping("HTTP/1.1 200 ", drops),
           short_deadline),
      head("drips before the status line", timed_out,
           test_support::dripping("", "HTTP/1.1 200 OK" + drops), short_deadline),
      head("a mail server's greeting", protocol_error, "220 mail.test ready\r\n"),
      head("a shell's greeting", protocol_error, "SSH-2.0-OpenSSH_9.2\r\n"),
      head("HTTP/2 without asking", protocol_error,
           std::string("\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x64", 15) + std::string(30, '\0')),
      head("HTTP/0.9: the picture alone", protocol_error, picture()),
      head("HTTP/3.0", protocol_error, with_status_line("HTTP/3.0 200 OK")),
      head("no reason phrase", none, with_status_line("HTTP/1.1 200")),
      head("a status of two digits", protocol_error, with_status_line("HTTP/1.1 20 OK")),
      head("a status of four digits", protocol_error, with_status_line("HTTP/1.1 2000 OK")),
      head("status 000", protocol_error, with_status_line("HTTP/1.1 000 OK")),
      head("status 999", protocol_error, with_status_line("HTTP/1.1 999 OK")),
      head("a negative status", protocol_error, with_status_line("HTTP/1.1 -20 OK")),
      head("a NUL in the status line", protocol_error,
           with_status_line("HTTP/1.1 200 O"s + '\0' + "K")),
      head("status 101 unasked", protocol_error,
           with_header("Upgrade: websocket").replace(9, 3, "101")),
      head("status 204 for a picture", http_status, "HTTP/1.1 204 No Content\r\n\r\n"),
      head("status 304 unasked", http_status, "HTTP/1.1 304 Not Modified\r\n\r\n"),
      head("status 206 unasked", protocol_error,
           with_header("Content-Range: bytes 0-27/28").replace(9, 3, "206")),
      head("status 408 and the connection kept", http_status, http_response(408, "no patience")),
      head("status 421 and the connection kept", http_status, http_response(421, "not here")),
      head("status 425", http_status, http_response(425, "", "Retry-After: 1\r\n")),
      head("status 404", http_status, http_response(404, "no such picture")),
      head("status 404 with a picture", http_status, http_response(404, picture())),
      head("status 500", http_status, http_response(500, "")),
      head("status 503 and come back in a million years", http_status,
           http_response(503, "", "Retry-After: 31536000000000000000000000\r\n")),
      head("status 429 and come back yesterday", http_status,
           http_response(429, "", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n")),
      head("status 404 and an endless body", http_status,
           test_support::endless("HTTP/1.1 404 Not Found\r\n\r\n", std::string(65536, 'x'))),
      head("endless header lines", protocol_error,
           test_support::endless(ok, "X-Header: " + std::string(200, 'a') + "\r\n")),
      head("endless short header lines", protocol_error, test_support::endless(ok, "a:\r\n")),
      head("one endless header line", protocol_error,
           test_support::endless(ok + "X-Header: "s, std::string(4096, 'a'))),
      head("one endless header name", protocol_error,
           test_support::endless(ok, std::string(4096, 'a'))),
      head("a header line of 9 KiB that is used", protocol_error,
           with_header("ETag: " + std::string(9 * limits::kib, 'a'))),
      head("a header line of 9 KiB that is not used", none,
           with_header("X: " + std::string(9 * limits::kib, 'a'))),
      head("a header line of 70 KiB", protocol_error,
           with_header("X: " + std::string(70 * limits::kib, 'a'))),
      head("a redirect over 9 KiB", protocol_error,
           "HTTP/1.1 302 Found\r\nLocation: /" + std::string(9 * limits::kib, 'a') +
               "\r\nContent-Length: 0\r\n\r\n"),
      head("a policy of 20 KiB and a cookie of 20 KiB", none,
           with_header("Content-Security-Policy: " + std::string(20 * limits::kib, 'a') +
                       "\r\nSet-Cookie: a=" + std::string(20 * limits::kib, 'a'))),
      head("a NUL far into a long header", protocol_error,
           with_header("X: " + std::string(20 * limits::kib, 'a') + '\0' + "b")),
      head("three header lines of 6 KiB", none,
           with_header("X: " + std::string(6 * limits::kib, 'a') +
                       "\r\nY: " + std::string(6 * limits::kib, 'a') +
                       "\r\nZ: " + std::string(6 * limits::kib, 'a'))),
      head("two header lines of 7 KiB", none,
           with_header("X: " + std::string(7 * limits::kib, 'a') +
                       "\r\nY: " + std::string(7 * limits::kib, 'a'))),
      head("drips in the headers", timed_out, test_support::dripping(ok + "X: "s, drops),
           short_deadline),
      head("a header line without a colon", protocol_error, with_header("this is no header")),
      head("a blank in front of the colon", protocol_error,
           with_header("Content-Type : image/gif")),
      head("a folded header line", protocol_error, with_header("X: one\r\n two")),
      head("a NUL in a header", protocol_error, with_header("X: a"s + '\0' + "b")),
      head("a bare CR in a header", protocol_error, with_header("X: a\rContent-Length: 1")),
      head("line ends without CR", none, ok + "Content-Length: 28\n\n"s + picture()),
      head("an endless flood of 100 Continue", protocol_error,
           test_support::endless("", "HTTP/1.1 100 Continue\r\n\r\n")),
      head("an endless flood of 103 Early Hints", protocol_error,
           test_support::endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
      head(
          "a drip of 100 Continue", timed_out,
          [](session& with) {
            while (with.send("HTTP/1.1 100 Continue\r\n\r\n")) with.pause(20ms);
          },
          short_deadline),
      head("some 100 Continue, then a picture", none,
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
               http_response(200, picture())),
      head("says text/html of a picture", none, with_header("Content-Type: text/html")),
      head("says image/jpeg of a page", not_an_image,
           http_response(200, "<!doctype html><title>Log in</title>",
                         "Content-Type: image/jpeg\r\n")),
      head("sets 200 cookies", none,
           [] {
             std::string cookies;
             for (int i = 0; i < 200; ++i)
               cookies += "Set-Cookie: c" + std::to_string(i) + "=" + std::string(40, 'x') + "\r\n";
             return with_header(cookies + "X: y");
           }()),
  };
}

}  // namespace retail_pulse::hostile
