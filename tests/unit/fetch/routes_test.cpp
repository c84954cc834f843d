// Addresses that this machine cannot reach: a kernel without IPv6, no route, no sockets left.
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <future>
#include <string>

#include "fetch/net/connection.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"
#include "webhooks/poster.hpp"

namespace {

std::atomic<int> error_of_ipv6 = 0;  // 0: there is IPv6

}  // namespace

/// In front of the library's own, for the whole test program: a kernel without IPv6 while that is
/// wanted.
extern "C" int socket(int family, int type, int protocol) noexcept {
  if (family == AF_INET6 && error_of_ipv6 != 0) {
    errno = error_of_ipv6;
    return -1;
  }
  return static_cast<int>(syscall(SYS_socket, family, type, protocol));
}

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(routes)

namespace {

using test_support::dns_answer;
using test_support::dns_stub;

struct ipv6_fails {
  explicit ipv6_fails(int error) { error_of_ipv6 = error; }
  ~ipv6_fails() { error_of_ipv6 = 0; }
};

constexpr const char* without_route =
    "127.255.255.255";  // the broadcast address of loopback: nothing can be connected to it

engine_options asking(const dns_stub& names) {
  auto options = loopback_options();
  options.dns_servers = names.server();
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_route_is_known_without_anybody_there) {
  BOOST_TEST(has_route_to(*parse_address("127.0.0.1")));
  BOOST_TEST(!has_route_to(*parse_address(without_route)));
  const ipv6_fails absent{EAFNOSUPPORT};
  BOOST_TEST(!has_route_to(*parse_address("::1")));
  const ipv6_fails scarce{EMFILE};
  BOOST_TEST(has_route_to(*parse_address("::1")), "that cannot be told");
}

BOOST_AUTO_TEST_CASE(a_kernel_without_ipv6_fails_the_connection_and_closes_no_others) {
  origin host{serving(http_response(200, tiny_gif(1, 1)))};
  for (const int error : {EAFNOSUPPORT, EPROTONOSUPPORT, EACCES}) {
    const auto engine = make_blocking_engine(loopback_options());
    const auto before = host.connections();
    CHECK_CODE(fetch(*engine, host.url("/")), none);
    {
      const ipv6_fails absent{error};
      CHECK_CODE(fetch(*engine, "http://[::1]:" + std::to_string(host.port()) + "/"),
                 connect_failed);
    }
    CHECK_CODE(fetch(*engine, host.url("/")), none);
    BOOST_TEST(host.connections() == before + 1);
  }
}

BOOST_AUTO_TEST_CASE(where_sockets_ran_out_idle_connections_are_closed) {
  origin host{serving(http_response(200, tiny_gif(1, 1)))};
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    const auto engine = make_blocking_engine(loopback_options());
    const auto before = host.connections();
    CHECK_CODE(fetch(*engine, host.url("/")), none);
    {
      const ipv6_fails scarce{error};
      CHECK_CODE(fetch(*engine, "http://[::1]:" + std::to_string(host.port()) + "/"), internal);
    }
    CHECK_CODE(fetch(*engine, host.url("/")), none);
    BOOST_TEST(host.connections() == before + 2);
  }
}

BOOST_AUTO_TEST_CASE(
    an_address_without_a_route_neither_speaks_for_the_host_nor_takes_from_its_time) {
  const test_support::silent_listener silent;
  const test_support::closed_port closed;
  const dns_stub names{[](const std::string& name, bool, int) {
    return name == "six.test" ? dns_answer{.addresses = {"127.0.0.1", "::1"}}
                              : dns_answer{.addresses = {"127.0.0.1", without_route}};
  }};
  auto options = asking(names);
  options.deadline = 300ms;
  const ipv6_fails absent{EAFNOSUPPORT};
  for (const std::string name : {"six.test", "four.test"}) {
    const auto slow = fetch(options, "http://" + name + ":" + std::to_string(silent.port()) + "/");
    CHECK_CODE(slow, timed_out);
    BOOST_TEST(slow.evidence.address == "127.0.0.1");
    const auto refused =
        fetch(asking(names), "http://" + name + ":" + std::to_string(closed.port()) + "/");
    CHECK_CODE(refused, connect_failed);
    BOOST_TEST(refused.evidence.address == "127.0.0.1");
  }
}

BOOST_AUTO_TEST_CASE(a_callback_without_a_route_is_a_failed_connection) {
  webhooks::poster_options options;
  options.allow_addresses = {"127.0.0.0/8", "::1/128"};
  const auto over = webhooks::make_blocking_poster(options);
  const ipv6_fails absent{EAFNOSUPPORT};
  for (const std::string host : {"[::1]", without_route}) {
    std::promise<webhooks::posted> done;
    over->submit({"http://" + host + ":8080/", {}, "{}"},
                 [&done](webhooks::posted result) { done.set_value(std::move(result)); });
    BOOST_TEST((done.get_future().get().code == error_code::connect_failed), host);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
