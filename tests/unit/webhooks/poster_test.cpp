#include "webhooks/poster.hpp"

#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "fetch/net/descriptor.hpp"
#include "tests/support/misbehaviour.hpp"
#include "tests/support/origin_dns.hpp"
#include "webhooks/own_listener.hpp"

namespace retail_pulse::webhooks {

BOOST_AUTO_TEST_SUITE(poster_over_sockets)

namespace {

using namespace std::chrono_literals;
using test_support::http_response;
using test_support::origin;
using test_support::session;
using test_support::test_authority;

/// A poster that may reach loopback, with a deadline that a healthy exchange never meets.
poster_options loopback_options() {
  poster_options options;
  options.deadline = 20s;
  options.allow_addresses = {"127.0.0.0/8"};
  return options;
}

poster_options with_deadline(std::chrono::milliseconds deadline) {
  auto options = loopback_options();
  options.deadline = deadline;
  return options;
}

/// Posts and waits; "it ended" is part of every test, within a bound far above any deadline here.
posted send(poster& over, post what) {
  const auto url = what.url;
  const auto done = std::make_shared<std::promise<posted>>();
  auto answer = done->get_future();
  over.submit(std::move(what), [done](posted result) { done->set_value(std::move(result)); });
  BOOST_REQUIRE_MESSAGE(answer.wait_for(60s) == std::future_status::ready,
                        "the request to " << url << " ended");
  return answer.get();
}

posted send(poster_options options, const std::string& url, std::string body = "{}") {
  return send(*make_blocking_poster(std::move(options)),
              {url, {{"Content-Type", "application/json"}}, std::move(body)});
}

void check_code(const posted& result, error_code expected) {
  BOOST_TEST((result.code == expected), "code " << describe(result.code).name << " ("
                                                << result.detail << "), expected "
                                                << describe(expected).name);
}

/// Takes a request with its body, then does the rest.
origin::script after_body(std::size_t bytes,
                          std::function<void(session&, const std::string& body)> then) {
  return [bytes, then = std::move(then)](session& with) {
    if (!with.read_request()) return;
    if (const auto body = with.read_body(bytes)) then(with, *body);
  };
}

origin::script answering_once(std::string response, std::size_t bytes = 2) {
  return after_body(bytes, [response = std::move(response)](session& with, const std::string&) {
    with.send(response);
    with.wait_for_close();
  });
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_body_and_the_headers_arrive_as_they_were_given) {
  std::string body(300'000, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 256);
  const auto received = std::make_shared<std::promise<std::string>>();
  origin host{after_body(body.size(), [received](session& with, const std::string& got) {
    received->set_value(got);
    with.send(http_response(200, "thanks"));
    with.wait_for_close();
  })};
  const auto poster = make_blocking_poster(loopback_options());
  const auto result =
      send(*poster, {host.url("/hook?key=%41"),
                     {{"Content-Type", "application/json"}, {"webhook-id", "job-1-run-1"}},
                     body});
  check_code(result, error_code::none);
  BOOST_TEST(result.http_status == 200);
  BOOST_TEST((received->get_future().get() == body));
  const auto head = host.requests().at(0);
  BOOST_TEST(head.starts_with("POST /hook?key=%41 HTTP/1.1\r\n"), head);
  for (const std::string& line :
       {"Host: 127.0.0.1:" + std::to_string(host.port()), std::string{"Content-Length: 300000"},
        std::string{"Content-Type: application/json"}, std::string{"webhook-id: job-1-run-1"},
        std::string{"Connection: close"}, std::string{"User-Agent: retail-pulse"}}) {
    BOOST_TEST(head.find("\r\n" + line + "\r\n") != std::string::npos, line << " in " << head);
  }
}

BOOST_AUTO_TEST_CASE(a_callback_says_who_we_are_as_told) {
  origin host{answering_once(http_response(200, ""))};
  auto options = loopback_options();
  options.user_agent = "Shelves/2.1";
  check_code(send(options, host.url("/")), error_code::none);
  BOOST_TEST(host.requests().at(0).find("\r\nUser-Agent: Shelves/2.1\r\n") != std::string::npos,
             host.requests().at(0));
}

BOOST_AUTO_TEST_CASE(any_2xx_is_success_and_nothing_else_is) {
  for (const int status : {200, 201, 202, 204, 299, 300, 304, 400, 404, 410, 429, 500, 503}) {
    origin host{answering_once(status == 204 ? "HTTP/1.1 204 No Content\r\n\r\n"
                                             : http_response(status, "text"))};
    const auto result = send(loopback_options(), host.url("/"));
    check_code(result, status < 300 ? error_code::none : error_code::http_status);
    BOOST_TEST(result.http_status == status);
  }
}

BOOST_AUTO_TEST_CASE(an_interim_answer_is_not_the_answer) {
  origin host{answering_once("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
                             http_response(500, ""))};
  BOOST_TEST(send(loopback_options(), host.url("/")).http_status == 500);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed) {
  origin elsewhere{origin::answering([](const std::string&) { return http_response(200, ""); })};
  for (const int status : {301, 302, 303, 307, 308}) {
    origin host{
        answering_once(http_response(status, "", "Location: " + elsewhere.url("/") + "\r\n"))};
    const auto result = send(loopback_options(), host.url("/"));
    check_code(result, error_code::http_status);
    BOOST_TEST(result.http_status == status);
  }
  BOOST_TEST(elsewhere.connections() == 0);
}

BOOST_AUTO_TEST_CASE(a_body_of_the_answer_is_neither_waited_for_nor_read_to_its_end) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
  origin drip{after_body(2, [&](session& with, const std::string&) {
    if (with.send(head)) with.drip(std::string(5000, 'x'), 20ms);
  })};
  check_code(send(loopback_options(), drip.url("/")), error_code::none);
  std::atomic<std::size_t> taken = 0;
  origin flood{after_body(2, [&](session& with, const std::string&) {
    if (!with.send(head)) return;
    const std::string block(4096, 'x');
    while (with.send(block)) taken += block.size();
  })};
  check_code(send(loopback_options(), flood.url("/")), error_code::none);
  BOOST_TEST(taken < std::size_t{64} << 20);  // what fits into the sockets' buffers
  origin lies{answering_once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")};
  check_code(send(loopback_options(), lies.url("/")),
             error_code::none);  // it said that it took the message
}

BOOST_AUTO_TEST_CASE(a_head_without_end_is_cut_at_its_bound) {
  origin lines{after_body(2, [](session& with, const std::string&) {
    if (!with.send("HTTP/1.1 200 OK\r\n")) return;
    while (with.send("X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")) {
    }
  })};
  check_code(send(loopback_options(), lines.url("/")), error_code::protocol_error);
  origin status{after_body(2, [](session& with, const std::string&) {
    if (!with.send("HTTP/1.1 200 ")) return;
    while (with.send(std::string(4096, 'x'))) {
    }
  })};
  check_code(send(loopback_options(), status.url("/")), error_code::protocol_error);
  origin interim{after_body(2, [](session& with, const std::string&) {
    while (with.send("HTTP/1.1 103 Early Hints\r\n\r\n")) {
    }
  })};
  check_code(send(loopback_options(), interim.url("/")), error_code::protocol_error);
}

BOOST_AUTO_TEST_CASE(a_host_that_is_slow_at_whatever_it_does_ends_at_the_deadline) {
  origin silent{[](session& with) { with.wait_for_close(); }};
  check_code(send(with_deadline(300ms), silent.url("/")), error_code::timed_out);
  origin drip{after_body(2, [](session& with, const std::string&) {
    with.drip("HTTP/1.1 200 OK\r\n" + std::string(5000, 'x'), 20ms);
  })};
  check_code(send(with_deadline(300ms), drip.url("/")), error_code::timed_out);
  origin deaf{[](session& with) {
    with.pause(60s);
  }};  // reads nothing, so that a large body does not get out
  check_code(send(with_deadline(300ms), deaf.url("/"), std::string(64 << 20, 'x')),
             error_code::timed_out);
  const test_support::silent_listener unanswering;
  check_code(
      send(with_deadline(300ms), "http://127.0.0.1:" + std::to_string(unanswering.port()) + "/"),
      error_code::timed_out);
  const test_support::dns_stub mute{[](const std::string&, bool, int) { return std::nullopt; }};
  auto options = with_deadline(300ms);
  options.dns_servers = mute.server();
  check_code(send(options, "http://hooks.example/"), error_code::timed_out);
}

BOOST_AUTO_TEST_CASE(an_address_that_may_not_be_fetched_from_is_not_posted_to_either) {
  origin host{origin::answering([](const std::string&) { return http_response(200, ""); })};
  check_code(send({}, host.url("/")), error_code::blocked_address);
  check_code(send({}, host.url("/", "localhost")), error_code::blocked_address);
  check_code(send({}, host.url("/", "0x7f000001")), error_code::blocked_address);
  check_code(send({}, "http://169.254.169.254/latest/meta-data"), error_code::blocked_address);
  check_code(send(loopback_options(), "http://10.0.0.1/"), error_code::blocked_address);
  check_code(send(loopback_options(), "http://[::1]:" + std::to_string(host.port()) + "/"),
             error_code::blocked_address);
  auto options = loopback_options();
  options.allow_hosts = {"hooks.example"};
  check_code(send(options, host.url("/")), error_code::blocked_address);
  check_code(send(loopback_options(), "http://127.0.0.1:25/"),
             error_code::invalid_url);  // a port that browsers block
  check_code(send(loopback_options(), "http://u:p@127.0.0.1:" + std::to_string(host.port()) + "/"),
             error_code::invalid_url);
  check_code(send(loopback_options(), "ftp://127.0.0.1/"), error_code::invalid_url);
  BOOST_TEST(host.connections() == 0);
}

BOOST_AUTO_TEST_CASE(where_this_service_itself_listens_is_never_posted_to) {
  origin ourselves{origin::answering([](const std::string&) { return http_response(200, ""); })};
  origin other{origin::answering([](const std::string&) { return http_response(200, ""); })};
  const test_support::dns_stub names{
      [](const std::string&, bool, int) -> std::optional<test_support::dns_answer> {
        return test_support::dns_answer{.addresses = {"127.0.0.1"}};
      }};
  for (const auto* bind : {"127.0.0.1", "0.0.0.0", "::", "::ffff:127.0.0.1"}) {
    const auto own = std::make_shared<own_listener>();
    own->listens_at(fetch::parse_address(bind).value(), ourselves.port());
    auto options = loopback_options();
    options.allow_addresses = {"0.0.0.0/0", "::/0"};
    options.dns_servers = names.server();
    options.spared = own;
    for (const auto* host : {"127.0.0.1", "0.0.0.0", "0x7f000001", "localhost", "hooks.example",
                             "[::ffff:127.0.0.1]"}) {
      BOOST_TEST_CONTEXT(host << " where we listen at " << bind) {
        check_code(send(options, ourselves.url("/", host)), error_code::blocked_address);
      }
    }
    check_code(send(options, other.url("/")), error_code::none);  // another port of this machine
  }
  BOOST_TEST(ourselves.connections() == 0);
}

BOOST_AUTO_TEST_CASE(
    who_listens_everywhere_is_at_every_address_of_the_machine_and_who_listens_at_one_is_there) {
  const auto at = [](const char* bind, const char* address, std::uint16_t port = 8080) {
    own_listener own;
    own.listens_at(fetch::parse_address(bind).value(), 8080);
    return own.is_at(fetch::parse_address(address).value(), port);
  };
  for (const auto* everywhere : {"0.0.0.0", "::"}) {
    for (const auto* ours : {"127.0.0.1", "127.8.9.10", "0.0.0.0", "::", "::ffff:127.0.0.2"})
      BOOST_TEST(at(everywhere, ours), ours);
    BOOST_TEST(!at(everywhere, "127.0.0.1", 8081));
    BOOST_TEST(!at(everywhere, "192.0.2.1"));  // nobody's (RFC 5737)
    BOOST_TEST(!at(everywhere, "2001:db8::1"));
  }
  BOOST_TEST(at("127.0.0.1", "127.0.0.1"));
  BOOST_TEST(at("127.0.0.1", "0.0.0.0"));
  BOOST_TEST(!at("127.0.0.1", "127.0.0.2"));
  BOOST_TEST(at("192.0.2.1", "192.0.2.1"));
  BOOST_TEST(!at("192.0.2.1", "127.0.0.1"));
  BOOST_TEST(!own_listener{}.is_at(fetch::parse_address("127.0.0.1").value(), 8080));
}

/// Makes this process's network one of its own: loopback alone, with a route to everywhere, where a
/// socket may be bound to any address, as beside keepalived. False where that is not permitted.
bool enter_network_that_binds_everywhere() {
  if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  const fetch::descriptor any{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  char loopback[] = "lo";
  ifreq interface {};
  std::copy(std::begin(loopback), std::end(loopback), interface.ifr_name);
  interface.ifr_flags = IFF_UP;
  rtentry everywhere{};
  everywhere.rt_dst.sa_family = everywhere.rt_genmask.sa_family = AF_INET;
  everywhere.rt_dev = loopback;
  everywhere.rt_flags = RTF_UP;
  const bool has_routes = ioctl(any.get(), SIOCSIFFLAGS, &interface) == 0 &&
                          ioctl(any.get(), SIOCADDRT, &everywhere) == 0;
  std::ofstream setting{"/proc/sys/net/ipv4/ip_nonlocal_bind"};
  return has_routes && setting << 1 << std::flush;
}

constexpr int not_permitted = 2;

/// 0 where `holds` does in such a network, 1 where it does not.
int in_network_that_binds_everywhere(const std::function<bool()>& holds) {
  const auto child = fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) _exit(!enter_network_that_binds_everywhere() ? not_permitted : holds() ? 0 : 1);
  int status = 0;
  BOOST_REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

boost::test_tools::assertion_result may_have_networks(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result{
      in_network_that_binds_everywhere([] { return true; }) == 0};
  result.message() << "a network of its own is not permitted here";
  return result;
}

BOOST_AUTO_TEST_CASE(an_address_that_a_socket_may_be_bound_to_is_not_ours_for_that,
                     *boost::unit_test::precondition(may_have_networks)) {
  const auto is_ours = [](const char* address) {
    own_listener own;
    own.listens_at(fetch::parse_address("0.0.0.0").value(), 8080);
    return own.is_at(fetch::parse_address(address).value(), 8080);
  };
  BOOST_TEST(in_network_that_binds_everywhere([&] { return !is_ours("192.0.2.1"); }) == 0);
  BOOST_TEST(in_network_that_binds_everywhere(
                 [&] { return is_ours("127.0.0.1") && is_ours("127.8.9.10"); }) == 0);
}

BOOST_AUTO_TEST_CASE(the_address_of_a_host_is_reported_before_anything_is_sent) {
  const test_support::dns_stub names{
      [](const std::string& name, bool, int) -> std::optional<test_support::dns_answer> {
        if (name == "nowhere.example") return test_support::dns_answer{.rcode = 3};
        return test_support::dns_answer{
            .addresses = {name == "inside.example" ? "10.0.0.1" : "127.0.0.5"}};
      }};
  auto options = loopback_options();
  options.dns_servers = names.server();
  const auto over = make_blocking_poster(options);
  const auto located = [&](const std::string& url) {
    const auto done = std::make_shared<std::promise<std::string>>();
    auto answer = done->get_future();
    over->resolve(url, [done](std::string address) { done->set_value(std::move(address)); });
    BOOST_REQUIRE(answer.wait_for(60s) == std::future_status::ready);
    return answer.get();
  };
  BOOST_TEST(located("http://hooks.example/") == "127.0.0.5");
  BOOST_TEST(located("https://127.0.0.1:99/hook") == "127.0.0.1");
  for (const auto* nowhere : {"http://nowhere.example/", "http://inside.example/",
                              "http://10.0.0.1/", "ftp://127.0.0.1/"}) {
    BOOST_TEST(located(nowhere) == "", nowhere);
  }
  over->stop();
  BOOST_TEST(located("http://later.example/") == "");
}

BOOST_AUTO_TEST_CASE(a_name_of_which_one_address_is_private_is_not_posted_to) {
  origin host{origin::answering([](const std::string&) { return http_response(200, ""); })};
  const test_support::dns_stub names{
      [](const std::string&, bool, int) -> std::optional<test_support::dns_answer> {
        return test_support::dns_answer{.addresses = {"127.0.0.1", "10.0.0.1"}};
      }};
  auto options = loopback_options();
  options.dns_servers = names.server();
  check_code(send(options, host.url("/", "hooks.example")), error_code::blocked_address);
  BOOST_TEST(host.connections() == 0);
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_failed_connection) {
  const test_support::closed_port closed;
  check_code(send(loopback_options(), "http://127.0.0.1:" + std::to_string(closed.port()) + "/"),
             error_code::connect_failed);
  origin gone{[](session& with) { with.reset(); }};
  const auto result = send(loopback_options(), gone.url("/"));
  check_code(result, error_code::connect_failed);
  BOOST_TEST(!result.cancelled);
}

BOOST_AUTO_TEST_CASE(a_receiver_in_unicode_is_called_by_its_punycode) {
  const test_support::dns_stub names{
      [](const std::string& name, bool, int) -> std::optional<test_support::dns_answer> {
        if (name != "xn--bcher-kva.example") return test_support::dns_answer{.rcode = 3};
        return test_support::dns_answer{.addresses = {"127.0.0.1"}};
      }};
  auto options = loopback_options();
  options.dns_servers = names.server();
  origin host{origin::answering([](const std::string&) { return http_response(200, ""); })};
  check_code(send(options, host.url("/\u00E9", "b\u00FCcher.example")), error_code::none);
  const auto request = host.requests().at(0);
  BOOST_TEST(request.starts_with("POST /%C3%A9 "));
  BOOST_TEST(request.find("\r\nHost: xn--bcher-kva.example:" + std::to_string(host.port()) +
                          "\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    where_the_first_address_refuses_the_next_is_posted_to_but_nothing_is_sent_twice) {
  const test_support::dns_stub names{
      [](const std::string&, bool, int) -> std::optional<test_support::dns_answer> {
        return test_support::dns_answer{.addresses = {"127.0.0.1", "127.0.0.2"}};
      }};
  auto options = loopback_options();
  options.dns_servers = names.server();
  const test_support::closed_port closed;
  origin host{origin::answering([](const std::string&) { return http_response(200, ""); }),
              std::nullopt, "127.0.0.2", closed.port()};
  check_code(send(options, host.url("/", "hooks.example")), error_code::none);
  BOOST_TEST(host.requests().size() == 1u);
  origin gone{[](session& with) {
    with.read_request();
    with.reset();
  }};
  origin other{origin::answering([](const std::string&) { return http_response(200, ""); }),
               std::nullopt, "127.0.0.2", gone.port()};
  check_code(send(options, gone.url("/", "hooks.example")), error_code::connect_failed);
  BOOST_TEST(other.connections() == 0);
}

BOOST_AUTO_TEST_CASE(
    an_address_that_takes_connections_and_never_answers_does_not_go_first_from_then_on) {
  const test_support::dns_stub names{
      [](const std::string&, bool, int) -> std::optional<test_support::dns_answer> {
        return test_support::dns_answer{.addresses = {"127.0.0.1", "127.0.0.2"}};
      }};
  auto options = with_deadline(500ms);
  options.dns_servers = names.server();
  const auto over = make_blocking_poster(options);
  auto closed = std::make_unique<test_support::closed_port>();
  const auto port = closed->port();
  origin mute{test_support::says_nothing, std::nullopt, "127.0.0.2", port};
  check_code(send(*over, {mute.url("/", "hooks.example"), {}, "{}"}), error_code::timed_out);
  BOOST_TEST(mute.connections() == 1);
  closed.reset();
  origin host{origin::answering([](const std::string&) { return http_response(200, ""); }),
              std::nullopt, "127.0.0.1", port};
  check_code(send(*over, {host.url("/", "hooks.example"), {}, "{}"}), error_code::none);
  BOOST_TEST(mute.connections() == 1);
}

BOOST_AUTO_TEST_CASE(only_a_trusted_certificate_for_the_host_gets_the_message) {
  const test_authority authority;
  auto trusting = loopback_options();
  trusting.ca_file = authority.ca_file();
  origin good{answering_once(http_response(200, "")), authority.issue("IP:127.0.0.1")};
  check_code(send(trusting, good.url("/")), error_code::none);
  origin unknown{answering_once(http_response(200, "")), test_support::self_signed("IP:127.0.0.1")};
  check_code(send(trusting, unknown.url("/")), error_code::tls_failed);
  origin other{answering_once(http_response(200, "")), authority.issue("DNS:other.example")};
  check_code(send(trusting, other.url("/")), error_code::tls_failed);
  BOOST_TEST(unknown.requests().empty());
  BOOST_TEST(other.requests().empty());
  auto missing = loopback_options();
  missing.ca_file = "/nonexistent/ca.pem";
  BOOST_CHECK_THROW(make_blocking_poster(missing), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_poster_cancels_what_is_open_and_says_so) {
  origin host{[](session& with) { with.wait_for_close(); }};
  auto options = loopback_options();
  options.threads = 8;
  const auto poster = make_blocking_poster(options);
  std::mutex mutex;
  std::vector<posted> results;
  const auto note = [&](posted result) {
    const std::lock_guard lock{mutex};
    results.push_back(std::move(result));
  };
  const std::size_t many = options.threads + 3;  // some have not begun
  for (std::size_t i = 0; i < many; ++i) poster->submit({host.url("/"), {}, "{}"}, note);
  for (int waited = 0; waited < 20'000 && host.most_at_once() < static_cast<int>(options.threads);
       ++waited) {
    std::this_thread::sleep_for(1ms);
  }
  poster->stop();
  poster->submit({host.url("/"), {}, "{}"}, note);
  poster->stop();
  BOOST_TEST(results.size() == many + 1);
  for (const auto& result : results) BOOST_TEST(result.cancelled);
  BOOST_TEST(host.most_at_once() == static_cast<int>(options.threads));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::webhooks
