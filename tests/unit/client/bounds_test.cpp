#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "client/rest_client.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "tests/support/origin.hpp"
#include "tests/unit/client/one_answer.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::client;
using test_support::origin;
using test_support::session;
using namespace std::chrono_literals;

std::string head_of(std::size_t length, int status = 200, const std::string& more = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + more +
         "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

/// What a call makes of a service that answers with just these bytes.
template <class Call>
auto answer_to(const std::string& bytes, Call call, timeouts limits = {}) {
  origin service{[&bytes](session& connection) {
    if (connection.read_request() && connection.send(bytes)) connection.wait_for_close();
  }};
  auto made = rest_client::for_url(service.url(""), limits);
  return call(std::get<rest_client>(made));
}

const auto status_of = [](rest_client& api) { return api.status(job_id{1}); };
const auto readiness = [](rest_client& api) { return api.ready(); };

/// A status with so many bytes.
std::string status_body(std::size_t bytes) {
  const std::string text = R"({"status":"ongoing","images":{"total":1,"done":0,"failed":0}})";
  return text + std::string(bytes - text.size(), ' ');
}

BOOST_AUTO_TEST_SUITE(bounds_of_answers)

BOOST_AUTO_TEST_CASE(an_answer_of_its_largest_size_is_taken_and_one_byte_more_is_nonsense) {
  const auto most = limits::status_answer_bytes;
  BOOST_TEST(std::holds_alternative<status_response>(
      answer_to(head_of(most) + status_body(most), status_of)));
  const auto error = error_of(answer_to(head_of(most + 1) + status_body(most + 1), status_of));
  BOOST_TEST((error.what == client_error::kind::nonsense));
  BOOST_TEST(error.message == "the response to /api/status is longer than " + size_text(most));
  const auto chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n500000\r\n" +
                      std::string(0x500000, ' ') + "\r\n0\r\n\r\n";
  BOOST_TEST(error_of(answer_to(chunks, status_of)).message ==
             "the response to /api/status is longer than " + size_text(most));
  const auto endless = "HTTP/1.1 200 OK\r\n\r\n" + std::string(0x500000, ' ');
  BOOST_TEST(error_of(answer_to(endless, status_of)).message ==
             "the response to /api/status is longer than " + size_text(most));
}

BOOST_AUTO_TEST_CASE(small_answers_and_refusals_have_smaller_bounds) {
  const auto most = limits::answer_bytes;
  BOOST_TEST(std::get<bool>(answer_to(head_of(most) + std::string(most, ' '), readiness)));
  BOOST_TEST((error_of(answer_to(head_of(most + 1) + std::string(most + 1, ' '), readiness)).what ==
              client_error::kind::nonsense));
  const auto submit = [](rest_client& api) { return api.submit("{}"); };
  BOOST_TEST(
      (error_of(
           answer_to(head_of(most + 1, 201) + R"({"job_id":1})" + std::string(most, ' '), submit))
           .what == client_error::kind::nonsense));
}

BOOST_AUTO_TEST_CASE(headers_are_bounded_one_by_one_and_together) {
  const auto with = [](const std::string& headers) {
    return answer_to(head_of(0, 200, headers), readiness);
  };
  const std::string name = "X-Long: ";
  const auto longest = limits::answer_line_bytes - name.size() - 2;  // and its line end
  BOOST_TEST(std::holds_alternative<bool>(with(name + std::string(longest, 'a') + "\r\n")));
  BOOST_TEST(error_of(with(name + std::string(longest + 1, 'a') + "\r\n")).message ==
             "the response to /readyz has a header of more than 8 KiB");

  const std::string head = head_of(0);
  const std::string one = "X-Many: " + std::string(1014, 'a') + "\r\n";
  std::string many;
  while (many.size() + one.size() + head.size() <= limits::answer_head_bytes) many += one;
  BOOST_TEST(std::holds_alternative<bool>(with(many)));
  BOOST_TEST(error_of(with(many + one)).message ==
             "the response to /readyz has more than 64 KiB of headers");
}

BOOST_AUTO_TEST_CASE(a_status_line_is_bounded_before_it_is_matched) {
  const auto with = [](std::size_t length) {
    const std::string start = "HTTP/1.1 200 ";
    return answer_to(
        start + std::string(length - start.size() - 2, 'a') + "\r\nContent-Length: 0\r\n\r\n",
        readiness);
  };
  BOOST_TEST(std::get<bool>(with(limits::answer_status_line_bytes)));
  BOOST_TEST(error_of(with(limits::answer_status_line_bytes + 1)).message ==
             "the response to /readyz has a status line of more than 512 bytes");
  BOOST_TEST((error_of(with(1'000'000)).what == client_error::kind::nonsense));
}

BOOST_AUTO_TEST_CASE(interim_answers_come_out_of_the_same_bound) {
  std::string text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + head_of(0);
  BOOST_TEST(std::get<bool>(answer_to(text, readiness)));
  for (int i = 0; i < 3000; ++i) text.insert(0, "HTTP/1.1 100 Continue\r\n\r\n");
  BOOST_TEST((error_of(answer_to(text, readiness)).what == client_error::kind::nonsense));
}

BOOST_AUTO_TEST_CASE(an_answer_may_be_nested_and_have_values_up_to_a_bound) {
  const std::string counts =
      R"({"status":"ongoing","images":{"total":1,"done":0,"failed":0},"more":)";
  const auto nested = [&](int depth) {
    const auto body = counts + std::string(static_cast<std::size_t>(depth), '[') +
                      std::string(static_cast<std::size_t>(depth), ']') + "}";
    return answer_to(head_of(body.size()) + body, status_of);
  };
  BOOST_TEST(std::holds_alternative<status_response>(nested(limits::answer_nesting - 1)));
  BOOST_TEST((error_of(nested(limits::answer_nesting)).what == client_error::kind::nonsense));
  BOOST_TEST((error_of(nested(1'000'000)).what == client_error::kind::nonsense));
  const auto listed = [&](std::size_t commas) {
    std::string body = counts + "[\",[{\"";
    for (std::size_t i = 0; i < commas; ++i) body += ",1";
    body += "]}";
    return answer_to(head_of(body.size()) + body, status_of);
  };
  constexpr std::size_t others =
      8;  // the text as a whole, two objects and an array, four commas between members
  BOOST_TEST(std::holds_alternative<status_response>(listed(limits::answer_values - others)));
  BOOST_TEST(
      (error_of(listed(limits::answer_values - others + 1)).what == client_error::kind::nonsense));
}

BOOST_AUTO_TEST_CASE(an_answer_that_comes_byte_by_byte_ends_with_the_time_of_the_call) {
  for (const std::string start :
       {"HTTP/1.1 200 OK\r\nX-Y: ", "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"}) {
    origin service{[&start](session& connection) {
      if (!connection.read_request() || !connection.send(start)) return;
      while (connection.send(" "))
        std::this_thread::sleep_for(20ms);  // for ever, never with a pause that is too long
    }};
    auto made =
        rest_client::for_url(service.url(""), {.connect = 2s, .answer = 30s, .whole = 300ms});
    const auto error = error_of(std::get<rest_client>(made).ready());
    BOOST_TEST((error.what == client_error::kind::unreachable));
    BOOST_TEST(error.message.ends_with("no complete response"), error.message);
  }
}

BOOST_AUTO_TEST_CASE(a_stream_may_last_as_long_as_it_goes_on_and_begin_only_in_time) {
  const timeouts brief{.connect = 2s, .answer = 30s, .whole = 300ms};
  origin slow{[](session& connection) {
    if (!connection.read_request() ||
        !connection.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"))
      return;
    for (int i = 0; i < 30 && connection.send("3\r\na,\n\r\n"); ++i)
      std::this_thread::sleep_for(20ms);
    connection.send("0\r\n\r\n");
    connection.wait_for_close();
  }};
  auto made = rest_client::for_url(slow.url(""), brief);
  std::string received;
  const auto end = std::get<rest_client>(made).results(job_id{1}, results_format::csv,
                                                       [&received](std::string_view part) {
                                                         received += part;
                                                         return true;
                                                       });
  BOOST_TEST((std::get<transfer>(end) == transfer::whole));
  BOOST_TEST(received.size() == 90u);

  origin never{[](session& connection) {
    if (!connection.read_request() || !connection.send("HTTP/1.1 200 OK\r\nX-Y: ")) return;
    while (connection.send("z")) std::this_thread::sleep_for(20ms);
  }};
  made = rest_client::for_url(never.url(""), brief);
  const auto error = error_of(std::get<rest_client>(made).results(
      job_id{1}, results_format::csv, [](std::string_view) { return true; }));
  BOOST_TEST((error.what == client_error::kind::unreachable));
}

BOOST_AUTO_TEST_CASE(a_long_stream_of_small_chunks_is_no_flood_of_headers) {
  std::string text =
      "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100'000; ++i) text += "2\r\na\n\r\n";
  text += "0\r\n\r\n";
  std::size_t bytes = 0;
  const auto end = answer_to(text, [&bytes](rest_client& api) {
    return api.results(job_id{1}, results_format::csv,
                       [&bytes](std::string_view part) { return bytes += part.size(), true; });
  });
  BOOST_TEST((std::get<transfer>(end) == transfer::whole));
  BOOST_TEST(bytes == 200'000u);
}

BOOST_AUTO_TEST_CASE(the_same_holds_over_tls) {
  const test_support::test_authority authority;
  setenv("SSL_CERT_FILE", authority.ca_file().c_str(), 1);  // what OpenSSL takes for the system's
  std::string bytes;
  origin service{[&bytes](session& connection) {
                   while (connection.read_request() && connection.send(bytes)) continue;
                 },
                 authority.issue("IP:127.0.0.1")};
  auto made = rest_client::for_url(service.url(""));
  auto& api = std::get<rest_client>(made);
  const auto most = limits::status_answer_bytes;
  for (int i = 0; i < 2; ++i) {  // the second time over the connection that was kept
    bytes = head_of(most) + status_body(most);
    const auto answer = api.status(job_id{1});
    BOOST_TEST(std::holds_alternative<status_response>(answer),
               (answer.index() == 1 ? std::get<client_error>(answer).message : ""));
  }
  BOOST_TEST(service.connections() == 1);
  bytes = head_of(most + 1) + status_body(most + 1);
  BOOST_TEST(error_of(api.status(job_id{1})).message ==
             "the response to /api/status is longer than " + size_text(most));
  bytes = "HTTP/1.1 200 " + std::string(1'000'000, 'a');
  BOOST_TEST((error_of(api.ready()).what == client_error::kind::nonsense));
  unsetenv("SSL_CERT_FILE");
}

BOOST_AUTO_TEST_CASE(a_redirect_is_a_refusal) {
  origin elsewhere{[](session& connection) { connection.read_request(); }};
  const auto there = "Location: " + elsewhere.url("/readyz") + "\r\n";
  const auto error = error_of(answer_to(head_of(0, 307, there), status_of));
  BOOST_TEST((error.what == client_error::kind::refused));
  BOOST_TEST(error.status == 307);
  BOOST_TEST(elsewhere.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
