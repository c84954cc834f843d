// Names with several addresses: which are tried, in what time, and how many fetches there may be at
// each.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "fetch/engine/address_permits.hpp"
#include "fetch/net/descriptor.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"
#include "tests/unit/imaging/builders.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_addresses)

namespace {

using test_support::closed_port;
using test_support::dns_answer;
using test_support::dns_stub;
using test_support::says_nothing;

dns_stub::script leading_to(std::vector<std::string> addresses) {
  return [addresses = std::move(addresses)](const std::string&, bool, int) {
    return dns_answer{.addresses = addresses};
  };
}

engine_options asking(const dns_stub& names) {
  auto options = loopback_options();
  options.dns_servers = names.server();
  return options;
}

origin::script picture() {
  return origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); });
}

/// Hosts at 127.0.0.1 and so on that refuse, all at one port.
std::vector<std::unique_ptr<closed_port>> refusing(int hosts) {
  std::vector<std::unique_ptr<closed_port>> all;
  for (int i = 1; i <= hosts; ++i) {
    all.push_back(std::make_unique<closed_port>(
        "127.0.0." + std::to_string(i), all.empty() ? std::uint16_t{0} : all.front()->port()));
  }
  return all;
}

std::future<outcome> start(engine& with, const std::string& url) {
  const auto done = std::make_shared<std::promise<outcome>>();
  with.submit({url}, [done](outcome result) { done->set_value(std::move(result)); });
  return done->get_future();
}

/// The first answer of several that comes, taken out of them.
outcome first_of(std::vector<std::future<outcome>>& open) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  for (std::size_t i = 0; std::chrono::steady_clock::now() < until; i = (i + 1) % open.size()) {
    if (open[i].wait_for(1ms) != std::future_status::ready) continue;
    auto result = open[i].get();
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    return result;
  }
  BOOST_FAIL("one of the fetches ended");
  return {};
}

/// Requests that are being answered.
struct crowd {
  std::atomic<int> present = 0;
  std::atomic<int> most = 0;

  void enter() {
    const int now = ++present;
    for (int before = most; before < now && !most.compare_exchange_weak(before, now);) {
    }
  }
  void leave() { --present; }
};

/// Lets requests for "/held" wait until `open` is counted down.
origin::script holding(std::latch& open, crowd* counted = nullptr) {
  return origin::answering([&open, counted](const std::string& path) {
    if (counted != nullptr) counted->enter();
    if (path == "/held") open.wait();
    if (counted != nullptr) counted->leave();
    return http_response(200, tiny_gif(1, 1));
  });
}

/// Takes one connection at 127.0.0.1, gives up its port, answers the first request there with
/// `response`, and hangs up.
class served_once {
 public:
  explicit served_once(std::string response) {
    descriptor listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* const name = reinterpret_cast<sockaddr*>(&at);
    BOOST_REQUIRE(bind(listener.get(), name, size) == 0);
    BOOST_REQUIRE(listen(listener.get(), 1) == 0);
    BOOST_REQUIRE(getsockname(listener.get(), name, &size) == 0);
    port_ = ntohs(at.sin_port);
    thread_ =
        std::thread{[listener = std::move(listener), response = std::move(response)]() mutable {
          pollfd somebody{listener.get(), POLLIN, 0};
          if (poll(&somebody, 1, 30'000) <= 0) return;
          const descriptor taken{accept(listener.get(), nullptr, nullptr)};
          descriptor{std::move(listener)};
          char request[4096];
          if (recv(taken.get(), request, sizeof request, 0) > 0)
            send(taken.get(), response.data(), response.size(), MSG_NOSIGNAL);
        }};
  }
  ~served_once() { thread_.join(); }
  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(where_the_first_refuses_the_next_answers_and_goes_first_from_then_on) {
  const auto closed = refusing(1);
  origin host{picture(), std::nullopt, "127.0.0.2", closed.front()->port()};
  const dns_stub names{leading_to({"127.0.0.2", "127.0.0.1"})};
  const auto engine = make_blocking_engine(asking(names));
  const auto url = host.url("/", "shop.test");
  BOOST_TEST(resolve(*engine, url) == "127.0.0.1");
  for (int i = 0; i < 3; ++i) {
    const auto result = fetch(*engine, url);
    CHECK_CODE(result, none);
    BOOST_TEST(result.evidence.address == "127.0.0.2");
    BOOST_TEST(result.leads_to == "127.0.0.2");
    BOOST_TEST(resolve(*engine, url) == "127.0.0.2");
  }
  BOOST_TEST(host.connections() == 1);
}

BOOST_AUTO_TEST_CASE(one_that_says_nothing_leaves_time_for_the_next) {
  const test_support::silent_listener silent;
  origin host{picture(), std::nullopt, "127.0.0.2", silent.port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.deadline = 4s;
  const auto result = fetch(options, host.url("/", "shop.test"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.2");
}

BOOST_AUTO_TEST_CASE(one_that_stalls_in_the_handshake_leaves_time_for_the_next) {
  const test_support::test_authority authority;
  origin stalling{[](session& with) { with.wait_for_close(); }};
  origin host{picture(), authority.issue("DNS:shop.test"), "127.0.0.2", stalling.port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.ca_file = authority.ca_file();
  options.deadline = 4s;
  const auto result = fetch(options, host.url("/", "shop.test"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.2");
}

BOOST_AUTO_TEST_CASE(one_that_hangs_up_before_it_answers_leads_to_the_next) {
  origin rude{[](session& with) { with.reset(); }};
  origin host{picture(), std::nullopt, "127.0.0.2", rude.port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  const auto result = fetch(asking(names), host.url("/", "shop.test"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.2");
}

BOOST_AUTO_TEST_CASE(one_that_answers_has_the_last_word) {
  const test_support::test_authority authority;
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.ca_file = authority.ca_file();
  origin untrusted{picture(), test_support::self_signed("DNS:shop.test")};
  origin trusted{picture(), authority.issue("DNS:shop.test"), "127.0.0.2", untrusted.port()};
  CHECK_CODE(fetch(options, untrusted.url("/", "shop.test")), tls_failed);
  origin missing{serving(http_response(404, ""))};
  origin there{picture(), std::nullopt, "127.0.0.2", missing.port()};
  CHECK_CODE(fetch(options, missing.url("/", "shop.test")), http_status);
  BOOST_TEST(trusted.connections() + there.connections() == 0);
}

BOOST_AUTO_TEST_CASE(only_when_all_refuse_has_the_connection_failed_and_the_last_one_is_reported) {
  const auto closed = refusing(3);
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2", "127.0.0.3"})};
  const auto result =
      fetch(asking(names), "http://shop.test:" + std::to_string(closed.front()->port()) + "/");
  CHECK_CODE(result, connect_failed);
  BOOST_TEST(result.evidence.address == "127.0.0.3");
  BOOST_TEST(result.leads_to == "127.0.0.1");  // where the next fetch begins
}

BOOST_AUTO_TEST_CASE(
    the_next_fetch_is_expected_at_the_address_that_answered_wherever_a_redirect_led) {
  const auto closed = refusing(1);
  origin elsewhere{picture(), std::nullopt, "127.0.0.3"};
  origin host{
      serving(http_response(302, "", "Location: " + elsewhere.url("/", "127.0.0.3") + "\r\n")),
      std::nullopt, "127.0.0.2", closed.front()->port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  const auto result = fetch(asking(names), host.url("/", "shop.test"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.3");
  BOOST_TEST(result.leads_to == "127.0.0.2");
}

BOOST_AUTO_TEST_CASE(one_that_takes_connections_and_never_answers_is_not_preferred) {
  const auto closed = refusing(1);
  origin mute{says_nothing, std::nullopt, "127.0.0.2", closed.front()->port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.deadline = 300ms;
  const auto engine = make_blocking_engine(options);
  const auto result = fetch(*engine, mute.url("/", "shop.test"));
  CHECK_CODE(result, timed_out);
  BOOST_TEST(mute.connections() == 1);
  BOOST_TEST(resolve(*engine, mute.url("/", "shop.test")) == "127.0.0.1");
  BOOST_TEST(result.leads_to == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(one_that_answers_no_longer_is_not_preferred_any_more) {
  auto closed = refusing(1);
  std::atomic<bool> mute = false;
  origin host{[&mute](session& with) {
                if (!with.read_request()) return;
                mute ? with.wait_for_close()
                     : static_cast<void>(
                           with.send(http_response(200, tiny_gif(1, 1), "Connection: close\r\n")));
              },
              std::nullopt, "127.0.0.2", closed.front()->port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.deadline = 1s;
  const auto engine = make_blocking_engine(options);
  const auto url = host.url("/", "shop.test");
  CHECK_CODE(fetch(*engine, url), none);
  BOOST_TEST(resolve(*engine, url) == "127.0.0.2");
  mute = true;
  const auto result = fetch(*engine, url);
  CHECK_CODE(result, timed_out);
  BOOST_TEST(result.leads_to == "127.0.0.1");
  BOOST_TEST(resolve(*engine, url) == "127.0.0.1");
  closed.clear();
  origin back{picture(), std::nullopt, "127.0.0.1", host.port()};
  BOOST_TEST(fetch(*engine, url).evidence.address == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(no_status_stands_beside_an_address_that_did_not_say_it) {
  const auto file = imaging::jpeg(
      40, 30, imaging::jpeg_segment(0xE2, std::string(65'533, 'x')));  // needs a second range
  const auto last = limits::range_bytes - 1;
  served_once first{http_response(206, file.substr(0, limits::range_bytes),
                                  "Content-Range: bytes 0-" + std::to_string(last) + "/" +
                                      std::to_string(file.size()) + "\r\n")};
  const closed_port closed{"127.0.0.2", first.port()};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  auto options = asking(names);
  options.how = mode::header;
  const auto result = fetch(options, "http://shop.test:" + std::to_string(first.port()) + "/");
  CHECK_CODE(result, connect_failed);
  BOOST_TEST(result.evidence.bytes == static_cast<std::int64_t>(limits::range_bytes));
  BOOST_TEST(result.evidence.address == "127.0.0.2");
  BOOST_TEST(result.evidence.http_status == 0);
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_place_waits_no_longer_than_an_address_may_take) {
  std::latch open{1};
  origin host{holding(open)};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"})};
  auto options = asking(names);
  options.address_connections = 1;
  options.deadline = 4s;
  const auto engine = make_blocking_engine(options);
  std::vector<std::future<outcome>> fetches;
  for (int i = 0; i < 2; ++i) fetches.push_back(start(*engine, host.url("/held", "shop.test")));
  const auto refused = first_of(fetches);
  CHECK_CODE(refused, origin_unavailable);
  BOOST_TEST(refused.reason == "too many fetches are at its server");
  open.count_down();
  CHECK_CODE(first_of(fetches), none);  // it has most of its time left
  BOOST_TEST(host.connections() == 1);
}

BOOST_AUTO_TEST_CASE(as_many_are_tried_as_the_bound_says_and_not_one_more) {
  constexpr int bound = static_cast<int>(limits::addresses_tried);
  for (const int refuse : {bound - 1, bound}) {
    const auto closed = refusing(refuse);
    std::vector<std::string> addresses;
    for (int i = 1; i <= refuse + 1; ++i) addresses.push_back("127.0.0." + std::to_string(i));
    origin host{picture(), std::nullopt, addresses.back(), closed.front()->port()};
    const dns_stub names{leading_to(addresses)};
    const auto result = fetch(asking(names), host.url("/", "shop.test"));
    BOOST_TEST((result.code == (refuse < bound ? error_code::none : error_code::connect_failed)),
               refuse);
    BOOST_TEST(result.evidence.address == "127.0.0." + std::to_string(bound));
    BOOST_TEST(host.connections() == (refuse < bound ? 1 : 0));
  }
}

BOOST_AUTO_TEST_CASE(an_attempt_at_several_counts_once_for_the_circuit) {
  const auto closed = refusing(2);
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  const auto engine = make_blocking_engine(asking(names));
  const auto shop = "http://shop.test:" + std::to_string(closed.front()->port()) + "/";
  origin first{serving(http_response(302, "", "Location: " + shop + "\r\n"))};
  for (std::size_t i = 0; i < limits::breaker_least; ++i)
    CHECK_CODE(fetch(*engine, first.url("/")), connect_failed);
  const auto stopped = fetch(*engine, first.url("/"));
  CHECK_CODE(stopped, origin_unavailable);
  BOOST_TEST(stopped.postponed);  // the host that the redirect leads to was not asked
  BOOST_TEST((stopped.with_origin == contact::reached));
  CHECK_CODE(fetch(*engine, shop), connect_failed);  // no redirect: the caller decides
}

BOOST_AUTO_TEST_CASE(an_outcome_says_whether_the_origin_was_reached) {
  const auto closed = refusing(1);
  origin broken{serving(http_response(503, ""))};
  const dns_stub names{leading_to({"127.0.0.1"})};
  const auto engine = make_blocking_engine(asking(names));
  BOOST_TEST((fetch(*engine, broken.url("/")).with_origin == contact::reached));
  BOOST_TEST((fetch(*engine, "http://127.0.0.1:" + std::to_string(closed.front()->port()) + "/")
                  .with_origin == contact::failed));
  BOOST_TEST((fetch(*engine, "ftp://shop.test/").with_origin == contact::none));
}

BOOST_AUTO_TEST_CASE(a_redirect_goes_on_to_the_next_one_too) {
  const auto closed = refusing(1);
  origin host{picture(), std::nullopt, "127.0.0.2", closed.front()->port()};
  origin first{serving(http_response(302, "", "Location: " + host.url("/", "shop.test") + "\r\n"))};
  const dns_stub names{leading_to({"127.0.0.1", "127.0.0.2"})};
  const auto result = fetch(asking(names), first.url("/"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.2");
  BOOST_TEST(result.evidence.final_url == host.url("/", "shop.test"));
}

BOOST_AUTO_TEST_CASE(no_more_fetches_than_allowed_are_at_one_address_whichever_name_led_there) {
  const auto closed = refusing(1);
  std::latch open{1};
  crowd at_host;
  origin host{holding(open, &at_host), std::nullopt, "127.0.0.2", closed.front()->port()};
  const dns_stub names{[](const std::string& name, bool, int) {
    return name.starts_with("moves") ? dns_answer{.addresses = {"127.0.0.1", "127.0.0.2"}}
                                     : dns_answer{.addresses = {"127.0.0.2"}};
  }};
  auto options = asking(names);
  options.address_connections = 2;
  const auto engine = make_blocking_engine(options);
  // Three whose first address refuses: two get a permit for the second, and one has to retry.
  std::vector<std::future<outcome>> fetches;
  for (const char* name : {"moves-1.test", "moves-2.test", "moves-3.test"})
    fetches.push_back(start(*engine, host.url("/held", name)));
  const auto refused = first_of(fetches);
  CHECK_CODE(refused, origin_unavailable);
  BOOST_TEST((refused.retry_after == limits::full_address_retry));
  BOOST_TEST(refused.evidence.address == "127.0.0.2");
  BOOST_TEST(refused.leads_to == "127.0.0.2");  // so that it is counted there from now on
  BOOST_TEST(refused.reason == "too many fetches are at its server");
  BOOST_TEST(refused.postponed);
  BOOST_TEST(refused.asked_others);  // the first address
  // A fetch that is counted there waits. One that is redirected there waits for a while, and is
  // then postponed.
  fetches.push_back(start(*engine, host.url("/held", "stays.test")));
  origin elsewhere{
      serving(http_response(302, "", "Location: " + host.url("/", "stays.test") + "\r\n"))};
  const auto redirected = fetch(*engine, elsewhere.url("/"));
  CHECK_CODE(redirected, origin_unavailable);
  BOOST_TEST(redirected.postponed);
  BOOST_TEST(redirected.asked_others);
  BOOST_TEST(redirected.evidence.final_url == host.url("/", "stays.test"));
  BOOST_TEST(redirected.leads_to ==
             "127.0.0.1");  // a redirect does not change where the next fetch begins
  open.count_down();
  while (!fetches.empty()) CHECK_CODE(first_of(fetches), none);
  CHECK_CODE(fetch(*engine, elsewhere.url("/")), none);
  BOOST_TEST(at_host.most == 2);
}

BOOST_AUTO_TEST_CASE(a_full_address_costs_no_attempt_unless_no_time_is_left) {
  auto options = loopback_options();
  options.address_connections = 0;
  const auto full = fetch(options, "http://127.0.0.1:8080/");
  CHECK_CODE(full, origin_unavailable);
  BOOST_TEST(full.postponed);
  BOOST_TEST(!full.asked_others);
  options.deadline = 0s;
  const auto late = fetch(options, "http://127.0.0.1:8080/");
  CHECK_CODE(late, timed_out);
  BOOST_TEST(!late.postponed);
}

BOOST_AUTO_TEST_CASE(the_time_of_a_slow_name_server_is_no_silence_of_the_host) {
  constexpr auto deadline = 1000ms;
  origin silent{says_nothing};
  const dns_stub names{[&](const std::string&, bool v6, int query) {
    if (!v6 && query == 0) std::this_thread::sleep_for(deadline * 6 / 10);
    return dns_answer{.addresses = {"127.0.0.1"}};
  }};
  auto options = asking(names);
  options.deadline = deadline;
  options.threads = limits::breaker_least;
  const auto engine = make_blocking_engine(options);
  std::vector<std::future<outcome>> fetches;
  for (std::size_t i = 0; i < limits::breaker_least; ++i)
    fetches.push_back(start(*engine, silent.url("/", "slow.test")));
  while (!fetches.empty()) {
    const auto each = first_of(fetches);
    CHECK_CODE(each, timed_out);
    BOOST_TEST((each.with_origin == contact::none));
  }
}

BOOST_AUTO_TEST_CASE(hosts_that_lead_to_one_share_its_places) {
  constexpr int hosts = 6, at_once = 2;
  std::latch begun{at_once};
  std::latch open{1};
  origin target{origin::answering([&](const std::string&) {
                  begun.count_down();
                  open.wait();
                  return http_response(200, tiny_gif(1, 1));
                }),
                std::nullopt, "127.0.0.2"};
  std::vector<std::unique_ptr<origin>> leading;
  std::vector<std::string> urls;
  for (int i = 1; i <= hosts; ++i) {
    const auto address = "127.0.1." + std::to_string(i);
    leading.push_back(std::make_unique<origin>(
        serving(http_response(302, "", "Location: " + target.url("/", "127.0.0.2") + "\r\n")),
        std::nullopt, address));
    urls.push_back(leading.back()->url("/", address));
  }
  auto options = loopback_options();
  options.address_connections = at_once;
  const auto engine = make_blocking_engine(options);
  std::vector<std::future<outcome>> fetches;
  for (const auto& url : urls) fetches.push_back(start(*engine, url));
  begun.wait();
  int postponed = 0;
  for (int i = 0; i < hosts - at_once; ++i) postponed += first_of(fetches).postponed ? 1 : 0;
  open.count_down();
  while (!fetches.empty()) CHECK_CODE(first_of(fetches), none);
  BOOST_TEST(postponed == hosts - at_once);
  BOOST_TEST(target.most_at_once() == at_once);
}

BOOST_AUTO_TEST_CASE(a_host_that_redirects_to_itself_needs_one_permit) {
  origin host{origin::answering([](const std::string& path) {
    return path == "/end" ? http_response(200, tiny_gif(1, 1))
                          : http_response(302, "", "Location: /end\r\n");
  })};
  auto options = loopback_options();
  options.address_connections = 1;
  const auto result = fetch(options, host.url("/"));
  CHECK_CODE(result, none);
}

BOOST_AUTO_TEST_CASE(hosts_that_lead_to_each_other_come_to_no_standstill) {
  std::string there, back;
  const auto lead_to = [](const std::string* elsewhere) {
    return origin::answering([elsewhere](const std::string& path) {
      return path == "/end" ? http_response(200, tiny_gif(1, 1))
                            : http_response(302, "", "Location: " + *elsewhere + "end\r\n");
    });
  };
  origin one{lead_to(&there), std::nullopt, "127.0.0.2"};
  origin other{lead_to(&back), std::nullopt, "127.0.0.3"};
  there = other.url("/", "127.0.0.3");
  back = one.url("/", "127.0.0.2");
  auto options = loopback_options();
  options.address_connections = 1;
  const auto engine = make_blocking_engine(options);
  for (int round = 0; round < 20; ++round) {
    auto first = start(*engine, back);
    auto second = start(*engine, there);
    CHECK_CODE(first.get(), none);
    CHECK_CODE(second.get(), none);
  }
}

BOOST_AUTO_TEST_CASE(who_waits_for_a_place_is_answered_when_the_engine_stops) {
  std::latch open{1};
  origin host{holding(open)};
  auto options = loopback_options();
  options.address_connections = 1;
  const auto engine = make_blocking_engine(options);
  std::vector<std::future<outcome>> fetches;
  for (int i = 0; i < 2; ++i) fetches.push_back(start(*engine, host.url("/held")));
  while (host.requests().empty()) std::this_thread::sleep_for(1ms);
  engine->stop();
  for (auto& each : fetches) CHECK_CODE(each.get(), internal);
  BOOST_TEST(host.requests().size() == 1u);
  open.count_down();
}

namespace {

hop_server at(const std::string& address, const std::string& origin) {
  return {*parse_address(address), origin};
}

constexpr auto at_once = steady_time::min();

}  // namespace

BOOST_AUTO_TEST_CASE(permits_are_counted_per_address_and_per_origin_and_given_back_when_destroyed) {
  address_permits permits{2};
  auto first = permits.take(at("127.0.0.1", "a"), at_once);
  auto second = permits.take(at("127.0.0.1", "b"), at_once);
  BOOST_TEST((first && second));
  BOOST_TEST(!permits.take(at("127.0.0.1", "c"), at_once));
  auto third = permits.take(at("127.0.0.2", "b"), at_once);
  BOOST_TEST(third.has_value());
  BOOST_TEST(!permits.take(at("127.0.0.3", "b"), at_once));
  second.reset();
  BOOST_TEST(permits.take(at("127.0.0.1", "b"), at_once).has_value());
}

BOOST_AUTO_TEST_CASE(a_permit_is_given_back_before_the_next_one_is_taken) {
  address_permits permits{1};
  auto first = permits.take(at("127.0.0.1", "a"), at_once);
  auto second = permits.take(at("127.0.0.2", "b"), at_once);
  BOOST_TEST(!permits.take(at("127.0.0.2", "c"), at_once, std::move(first)));
  BOOST_TEST(permits.take(at("127.0.0.1", "a"), at_once).has_value(),
             "it is free although there was no other");
  second = permits.take(at("127.0.0.2", "d"), at_once, std::exchange(second, std::nullopt));
  BOOST_TEST(second.has_value(), "a fetch that stays at an address keeps its permit");
}

BOOST_AUTO_TEST_CASE(as_many_wait_as_there_are_permits_and_the_others_fail_at_once) {
  constexpr int waiting = 5, most = 2;
  address_permits permits{most};
  std::vector<std::optional<address_permits::permit>> held;
  for (const char* origin : {"a", "b"})
    held.push_back(permits.take(at("127.0.0.1", origin), at_once));
  std::latch sent_away{waiting - most};
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < waiting; ++i) {
    threads.emplace_back([&, i] {
      if (permits.take(at("127.0.0.1", std::to_string(i)), steady_time::max())) {
        ++served;
      } else {
        sent_away.count_down();
      }
    });
  }
  sent_away.wait();  // before any permit is free
  held.clear();
  for (auto& each : threads) each.join();
  BOOST_TEST(served == most);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
