#include <boost/test/unit_test.hpp>

#include "client/rest_client.hpp"
#include "tests/support/origin.hpp"
#include "tests/unit/client/one_answer.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::client;
using test_support::origin;
using test_support::session;

constexpr std::string_view head = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n";

/// The outcome of a transfer from a service that sends just these bytes, and then closes or waits
/// for the next request.
struct transferred {
  std::variant<transfer, client_error> end;
  std::string received;
  std::vector<std::string> asked;
};

transferred transfer_of(const std::string& bytes, results_format format = results_format::csv,
                        bool stays = false) {
  origin service{[&bytes, stays](session& connection) {
    if (connection.read_request() && connection.send(bytes) && stays) connection.wait_for_close();
  }};
  auto made = rest_client::for_url(service.url(""));
  std::string received;
  auto end =
      std::get<rest_client>(made).results(job_id{5}, format, [&received](std::string_view part) {
        received += part;
        return true;
      });
  return {std::move(end), received, service.requests()};
}

BOOST_AUTO_TEST_SUITE(result_streams)

BOOST_AUTO_TEST_CASE(a_whole_stream_is_handed_on_whole) {
  const auto chunked = transfer_of(
      std::string{head} + "Transfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n4\r\n1,2\n\r\n0\r\n\r\n",
      results_format::csv, true);
  BOOST_TEST((std::get<transfer>(chunked.end) == transfer::whole));
  BOOST_TEST(chunked.received == "a,b\n1,2\n");
  BOOST_REQUIRE(chunked.asked.size() == 1);
  BOOST_TEST(test_support::path_of(chunked.asked[0]) == "/api/jobs/5/results.csv");
  const auto counted = transfer_of(
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 3\r\n\r\n{}\n",
      results_format::ndjson, true);
  BOOST_TEST((std::get<transfer>(counted.end) == transfer::whole));
  BOOST_TEST(counted.received == "{}\n");
  BOOST_TEST(test_support::path_of(counted.asked.at(0)) == "/api/jobs/5/results.ndjson");
  const auto marked =
      transfer_of(std::string{head} + "Content-Length: 7\r\n\r\n\xEF\xBB\xBF" + "a,b\n",
                  results_format::csv_with_mark, true);
  BOOST_TEST(marked.received ==
             "\xEF\xBB\xBF"
             "a,b\n");
  BOOST_TEST(test_support::path_of(marked.asked.at(0)) == "/api/jobs/5/results.csv?bom=1");
}

BOOST_AUTO_TEST_CASE(a_stream_that_breaks_off_anywhere_is_an_error) {
  const std::string whole =
      std::string{head} + "Transfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n4\r\n1,2\n\r\n0\r\n\r\n";
  const auto body_at = whole.find("\r\n\r\n") + 4;
  for (auto length = body_at; length <= whole.size() - std::string_view{"0\r\n\r\n"}.size();
       ++length) {
    const auto cut = transfer_of(whole.substr(0, length));
    const auto* error = std::get_if<client_error>(&cut.end);
    BOOST_TEST((error != nullptr && error->what == client_error::kind::broken_off),
               "cut after " << length - body_at << " bytes");
  }
  const auto counted = transfer_of(std::string{head} + "Content-Length: 9\r\n\r\na,b\n");
  BOOST_TEST((error_of(counted.end).what == client_error::kind::broken_off));
  BOOST_TEST(error_of(counted.end).message.ends_with(" ended early"),
             error_of(counted.end).message);
}

BOOST_AUTO_TEST_CASE(a_stream_that_does_not_tell_its_end_is_not_believed) {
  const auto open_ended = transfer_of(std::string{head} + "\r\na,b\n");
  BOOST_TEST((error_of(open_ended.end).what == client_error::kind::nonsense));
  BOOST_TEST(open_ended.received == "");
}

BOOST_AUTO_TEST_CASE(a_response_of_another_type_is_not_taken_for_results) {
  const std::string rest = "Content-Length: 4\r\n\r\na,b\n";
  for (const std::string type :
       {"", "Content-Type: text/html\r\n", "Content-Type: application/x-ndjson\r\n",
        "Content-Type: text/csv\r\nContent-Encoding: gzip\r\n"}) {
    const auto other = transfer_of("HTTP/1.1 200 OK\r\n" + type + rest);
    BOOST_TEST((error_of(other.end).what == client_error::kind::nonsense), type);
    BOOST_TEST(error_of(other.end).message.ends_with("is not text/csv"), type);
    BOOST_TEST(other.received == "", type);
  }
  const auto with_charset =
      transfer_of("HTTP/1.1 200 OK\r\nContent-Type: Text/CSV; charset=utf-8\r\n" + rest);
  BOOST_TEST(with_charset.received == "a,b\n");
}

BOOST_AUTO_TEST_CASE(a_refusal_is_not_taken_for_results) {
  const std::string problem = R"({"detail":"job 5 does not exist"})";
  const auto refused = transfer_of(test_support::http_response(404, problem));
  BOOST_TEST(error_of(refused.end).message == "job 5 does not exist");
  BOOST_TEST(error_of(refused.end).status == 404);
  BOOST_TEST(refused.received == "");
  const auto endless = transfer_of("HTTP/1.1 500 Oops\r\nContent-Length: 99999999\r\n\r\n" +
                                   std::string(200'000, 'x'));
  BOOST_TEST(error_of(endless.end).message == "HTTP status 500");
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_without_an_answer_is_unreachable) {
  BOOST_TEST((error_of(transfer_of("").end).what == client_error::kind::unreachable));
}

BOOST_AUTO_TEST_CASE(a_receiver_that_has_enough_ends_the_transfer) {
  origin service{[](session& connection) {
    if (!connection.read_request()) return;
    connection.send(std::string{head} + "Transfer-Encoding: chunked\r\n\r\n");
    while (connection.send("4\r\n1,2\n\r\n")) continue;  // until the client hangs up
  }};
  auto made = rest_client::for_url(service.url(""));
  int parts = 0;
  const auto end = std::get<rest_client>(made).results(
      job_id{5}, results_format::csv, [&parts](std::string_view) { return ++parts < 3; });
  BOOST_TEST((std::get<transfer>(end) == transfer::stopped));
  BOOST_TEST(parts == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
