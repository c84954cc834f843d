#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {

cases connection_cases() {
  using enum error_code;
  const auto gif = picture();
  const auto announced = ok + "Content-Length: "s + std::to_string(gif.size()) + "\r\n\r\n";
  return {
      {.name = "connection: refused",
       .expected = connect_failed,
       .url = "http://127.0.0.1:{closed}/"},
      {.name = "connection: never accepted",
       .expected = timed_out,
       .url = "http://127.0.0.1:{silent}/",
       .deadline = short_deadline},
      {.name = "connection: reset when accepted",
       .expected = connect_failed,
       .run = [](session& with) { with.reset(); }},
      {.name = "connection: closed when accepted",
       .expected = connect_failed,
       .run = [](session&) {}},
      {.name = "connection: accepted, then silence",
       .expected = timed_out,
       .run = test_support::says_nothing,
       .deadline = short_deadline},
      {.name = "connection: request read, then silence",
       .expected = timed_out,
       .run = test_support::dripping("", ""),
       .deadline = short_deadline},
      {.name = "connection: reset after the request",
       .expected = connect_failed,
       .run = test_support::resetting_after("")},
      {.name = "connection: closed after the request",
       .expected = connect_failed,
       .run = test_support::serving_once("")},
      {.name = "connection: closed within the status line",
       .expected = protocol_error,
       .run = test_support::serving_once("HTTP/1.1 2")},
      {.name = "connection: closed within the headers",
       .expected = protocol_error,
       .run = test_support::serving_once("HTTP/1.1 200 OK\r\nContent-")},
      {.name = "connection: reset within the body",
       .expected = truncated,
       .run = test_support::resetting_after(announced + gif.substr(0, 10))},
      {.name = "connection: reset behind the headers",
       .expected = truncated,
       .run = test_support::resetting_after(announced)},
      {.name = "connection: answers before it is asked",
       .expected = none,
       .run = test_support::speaking_first(http_response(200, gif))},
      {.name = "connection: two answers to one request",
       .expected = none,
       .run =
           [gif](session& with) {
             while (with.read_request()) {
               if (!with.send(http_response(200, gif) +
                              http_response(500, "sent for the next one")))
                 return;
             }
           }},
  };
}

}  // namespace retail_pulse::hostile
