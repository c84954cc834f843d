#include "fetch/net/resolver.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/limits.hpp"
#include "fetch/net/resolver_cache.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(resolving)

namespace {

using test_support::dns_answer;
using test_support::dns_stub;

std::future<resolution> start_look_up(resolver& names, const std::string& host) {
  const auto done = std::make_shared<std::promise<resolution>>();
  names.look_up(host, [done](const resolution& where) { done->set_value(where); });
  return done->get_future();
}

/// The address, or the name of the error code.
std::string text_of(std::future<resolution> answer) {
  BOOST_REQUIRE(answer.wait_for(60s) == std::future_status::ready);
  const auto where = answer.get();
  if (const auto* error = std::get_if<fault>(&where))
    return std::string{describe(error->code).name};
  return std::get<std::vector<ip_address>>(where).front().text();
}

/// All addresses, or the name of the error code.
std::string all_of(resolver& names, const std::string& host) {
  const auto where = start_look_up(names, host).get();
  if (const auto* error = std::get_if<fault>(&where))
    return std::string{describe(error->code).name};
  std::string text;
  for (const auto& address : std::get<std::vector<ip_address>>(where))
    text += (text.empty() ? "" : " ") + address.text();
  return text;
}

std::string look_up(resolver& names, const std::string& host) {
  return text_of(start_look_up(names, host));
}

const address_guard& loopback_only() {
  static const address_guard guard{
      {std::get<cidr>(parse_cidr("127.0.0.0/8")), std::get<cidr>(parse_cidr("::1"))}};
  return guard;
}

dns_stub::script always(dns_answer answer) {
  return [answer = std::move(answer)](const std::string&, bool, int) { return answer; };
}

resolver_options asking(const dns_stub& stub) {
  resolver_options options;
  options.servers = stub.server();
  options.has_route = [](const ip_address&) { return true; };
  return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_lowest_ipv4_address_is_taken_else_the_lowest_ipv6) {
  const dns_stub both{always({0, {"127.0.0.9", "::1", "127.0.0.2", "127.0.0.10"}})};
  resolver names{loopback_only(), asking(both)};
  BOOST_TEST(look_up(names, "both.example") == "127.0.0.2");
  const dns_stub six{always({0, {"2606:4700::2", "::1", "2606:4700::1"}})};
  resolver others{loopback_only(), asking(six)};
  BOOST_TEST(look_up(others, "six.example") == "::1");
}

BOOST_AUTO_TEST_CASE(
    addresses_come_in_turn_of_their_families_each_once_and_no_more_than_are_tried) {
  const dns_stub both{always({0, {"127.0.0.9", "::1", "127.0.0.2", "127.0.0.9", "127.0.0.10"}})};
  resolver names{loopback_only(), asking(both)};
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(all_of(names, "both.example") == "127.0.0.2 ::1 127.0.0.9 127.0.0.10");
  const dns_stub many{
      always({0, {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "::1"}})};
  resolver others{loopback_only(), asking(many)};
  BOOST_TEST(all_of(others, "many.example") == "127.0.0.1 ::1 127.0.0.2 127.0.0.3");
}

BOOST_AUTO_TEST_CASE(the_preferred_address_goes_first_while_the_name_has_it) {
  const dns_stub stub{[](const std::string&, bool, int query) {
    return query < 2 ? dns_answer{0, {"127.0.0.1", "127.0.0.2", "127.0.0.3"}}
                     : dns_answer{0, {"127.0.0.1", "127.0.0.3"}};
  }};
  auto options = asking(stub);
  options.kept = 10min;
  resolver names{loopback_only(), options};
  BOOST_TEST(all_of(names, "a.example") == "127.0.0.1 127.0.0.2 127.0.0.3");
  names.prefer("a.example", *parse_address("127.0.0.2"));
  BOOST_TEST(all_of(names, "a.example") == "127.0.0.2 127.0.0.1 127.0.0.3");
  BOOST_TEST(all_of(names, "b.example") == "127.0.0.1 127.0.0.2 127.0.0.3");
  names.prefer("a.example", *parse_address("127.0.0.9"));
  BOOST_TEST(all_of(names, "a.example") == "127.0.0.1 127.0.0.2 127.0.0.3");
  options.kept = 0ms;
  resolver forgetful{loopback_only(), options};
  forgetful.prefer("a.example", *parse_address("127.0.0.2"));
  BOOST_TEST(all_of(forgetful, "a.example") == "127.0.0.2 127.0.0.1 127.0.0.3");
  BOOST_TEST(all_of(forgetful, "a.example") == "127.0.0.1 127.0.0.3");
}

BOOST_AUTO_TEST_CASE(one_that_is_preferred_no_longer_goes_back_to_its_place) {
  const dns_stub stub{
      always({0, {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}})};
  auto options = asking(stub);
  options.kept = 10min;
  resolver names{loopback_only(), options};
  names.prefer("a.example", *parse_address("127.0.0.5"));
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(all_of(names, "a.example") == "127.0.0.5 127.0.0.1 127.0.0.2 127.0.0.3");
  BOOST_TEST(!names.stop_preferring("a.example", *parse_address("127.0.0.1")));
  BOOST_TEST(!names.stop_preferring("b.example", *parse_address("127.0.0.5")));
  BOOST_TEST(all_of(names, "a.example") == "127.0.0.5 127.0.0.1 127.0.0.2 127.0.0.3");
  BOOST_TEST(names.stop_preferring("a.example", *parse_address("127.0.0.5")));
  BOOST_TEST(!names.stop_preferring("a.example", *parse_address("127.0.0.5")));
  BOOST_TEST(all_of(names, "a.example") == "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.5");
}

BOOST_AUTO_TEST_CASE(addresses_without_a_route_are_left_out_where_there_are_others) {
  const dns_stub stub{[](const std::string& name, bool, int) {
    return name == "six.example" ? dns_answer{0, {"::1"}}
                                 : dns_answer{0, {"127.0.0.1", "::1", "127.0.0.2"}};
  }};
  auto options = asking(stub);
  options.has_route = [](const ip_address& to) { return !to.v6; };
  resolver names{loopback_only(), options};
  BOOST_TEST(all_of(names, "both.example") == "127.0.0.1 127.0.0.2");
  BOOST_TEST(all_of(names, "six.example") == "::1");
  options.has_route = [](const ip_address&) { return false; };
  resolver cut_off{loopback_only(), options};
  BOOST_TEST(all_of(cut_off, "both.example") == "127.0.0.1 ::1 127.0.0.2");
}

BOOST_AUTO_TEST_CASE(no_more_addresses_are_looked_at_for_a_route_than_the_bound_says) {
  constexpr std::size_t bound = limits::addresses_looked_at;
  for (const std::size_t count : {bound, bound + 1}) {
    dns_answer many;
    for (std::size_t i = 1; i <= count; ++i)
      many.addresses.push_back("127.0.0." + std::to_string(i));
    const dns_stub stub{always(many)};
    auto options = asking(stub);
    std::atomic<std::size_t> asked = 0;
    options.has_route = [&asked](const ip_address& to) {
      ++asked;
      return to.bytes[3] == 1 || to.bytes[3] >= bound;
    };
    resolver names{loopback_only(), options};
    BOOST_TEST(all_of(names, "many.example") == "127.0.0.1 127.0.0." + std::to_string(bound));
    BOOST_TEST(asked == bound);
  }
}

BOOST_AUTO_TEST_CASE(one_forbidden_address_forbids_the_name) {
  for (const char* bad :
       {"10.0.0.1", "169.254.169.254", "0.0.0.0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"}) {
    const dns_stub mixed{always({0, {"127.0.0.1", "8.8.8.8", bad}})};
    resolver names{loopback_only(), asking(mixed)};
    BOOST_TEST(look_up(names, "mixed.example") == "blocked_address", bad);
  }
}

BOOST_AUTO_TEST_CASE(a_name_without_an_address_does_not_resolve) {
  const dns_stub unknown{always({3, {}})};
  resolver names{loopback_only(), asking(unknown)};
  BOOST_TEST(look_up(names, "unknown.example") == "dns_failed");
  BOOST_TEST(unknown.queries("unknown.example") == 1);  // no search domain is tried
  const dns_stub empty{always({0, {}})};
  resolver others{loopback_only(), asking(empty)};
  BOOST_TEST(look_up(others, "empty.example") == "dns_failed");
}

BOOST_AUTO_TEST_CASE(an_answer_is_kept_for_its_time) {
  const dns_stub stub{always({0, {"127.0.0.1"}})};
  resolver names{loopback_only(), asking(stub)};
  for (int i = 0; i < 5; ++i) BOOST_TEST(look_up(names, "kept.example") == "127.0.0.1");
  BOOST_TEST(stub.queries("kept.example") == 1);
  auto forgetful = asking(stub);
  forgetful.kept = 0ms;
  resolver others{loopback_only(), forgetful};
  for (int i = 0; i < 5; ++i) BOOST_TEST(look_up(others, "fresh.example") == "127.0.0.1");
  BOOST_TEST(stub.queries("fresh.example") == 5);
}

BOOST_AUTO_TEST_CASE(a_failure_is_kept_for_a_shorter_time) {
  const dns_stub stub{[](const std::string&, bool, int query) {
    return query == 0 ? dns_answer{3, {}} : dns_answer{0, {"127.0.0.1"}};
  }};
  auto options = asking(stub);
  options.failure_kept = 10min;
  resolver names{loopback_only(), options};
  for (int i = 0; i < 3; ++i) BOOST_TEST(look_up(names, "a.example") == "dns_failed");
  BOOST_TEST(stub.queries("a.example") == 1);
  options.failure_kept = 0ms;
  resolver others{loopback_only(), options};
  BOOST_TEST(look_up(others, "b.example") == "dns_failed");
  BOOST_TEST(look_up(others, "b.example") == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(look_ups_of_one_name_are_joined) {
  std::promise<void> open;
  const auto gate = open.get_future().share();
  const dns_stub stub{[gate](const std::string&, bool, int) {
    gate.wait();
    return dns_answer{0, {"127.0.0.1"}};
  }};
  resolver names{loopback_only(), asking(stub)};
  std::vector<std::future<resolution>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(start_look_up(names, "joined.example"));
  open.set_value();
  for (auto& answer : answers) BOOST_TEST(text_of(std::move(answer)) == "127.0.0.1");
  BOOST_TEST(stub.queries("joined.example") == 1);
}

BOOST_AUTO_TEST_CASE(many_names_are_looked_up_with_a_bounded_number_at_once) {
  const dns_stub stub{always({0, {"127.0.0.1"}})};
  auto options = asking(stub);
  options.at_once = 2;
  resolver names{loopback_only(), options};
  std::vector<std::future<resolution>> answers;
  for (int i = 0; i < 300; ++i)
    answers.push_back(start_look_up(names, "n" + std::to_string(i) + ".example"));
  for (auto& answer : answers) BOOST_TEST(text_of(std::move(answer)) == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_costs_the_time_limit_and_no_more) {
  const dns_stub mute{[](const std::string&, bool, int) { return std::nullopt; }};
  auto options = asking(mute);
  options.timeout = 200ms;
  options.at_once = 1;  // the second one is sent when the first has given its place back
  resolver names{loopback_only(), options};
  auto first = start_look_up(names, "mute.example");
  auto second = start_look_up(names, "queued.example");
  BOOST_TEST(text_of(std::move(first)) == "dns_failed");
  BOOST_TEST(text_of(std::move(second)) == "dns_failed");
}

BOOST_AUTO_TEST_CASE(the_time_limit_of_a_look_up_starts_when_it_is_sent) {
  const dns_stub stub{[](const std::string& name, bool, int) -> std::optional<dns_answer> {
    if (name.starts_with("dead")) return std::nullopt;
    return dns_answer{0, {"127.0.0.1"}};
  }};
  auto options = asking(stub);
  options.timeout = 400ms;
  options.at_once = 2;
  resolver names{loopback_only(), options};
  std::vector<std::future<resolution>> dead;
  std::vector<std::future<resolution>> alive;
  for (int i = 0; i < 12; ++i) {  // six times the limit for all of them
    dead.push_back(start_look_up(names, "dead" + std::to_string(i) + ".example"));
    if (i % 4 == 3) alive.push_back(start_look_up(names, "live" + std::to_string(i) + ".example"));
  }
  for (auto& answer : alive) BOOST_TEST(text_of(std::move(answer)) == "127.0.0.1");
  for (auto& answer : dead) BOOST_TEST(text_of(std::move(answer)) == "dns_failed");
  for (int i = 0; i < 12; ++i)
    BOOST_TEST(stub.queries("dead" + std::to_string(i) + ".example") > 0);
}

BOOST_AUTO_TEST_CASE(a_free_place_goes_to_the_oldest_and_the_newest_in_turn) {
  std::promise<void> open;
  const auto gate = open.get_future().share();
  std::mutex mutex;
  std::string order;
  const dns_stub stub{[&, gate](const std::string& name, bool v6, int query) {
    if (name == "first.example") gate.wait();
    std::lock_guard lock{mutex};
    if (!v6 && query == 0) order += name.front();
    return dns_answer{0, {"127.0.0.1"}};
  }};
  auto options = asking(stub);
  options.timeout = 60s;
  options.at_once = 1;
  resolver names{loopback_only(), options};
  std::vector<std::future<resolution>> answers;
  for (const char* name :
       {"first.example", "1.example", "2.example", "3.example", "4.example", "5.example"})
    answers.push_back(start_look_up(names, name));
  open.set_value();
  for (auto& answer : answers) BOOST_TEST(text_of(std::move(answer)) == "127.0.0.1");
  std::lock_guard lock{mutex};
  BOOST_TEST(order == "f51423");
}

BOOST_AUTO_TEST_CASE(a_look_up_that_ends_as_it_is_sent_gives_its_place_to_the_next) {
  const dns_stub stub{always({0, {"127.0.0.1"}})};
  auto options = asking(stub);
  options.at_once = 1;
  std::promise<void> open;
  resolver names{loopback_only(), options};
  names.look_up("a.onion", [gate = open.get_future().share()](const resolution&) { gate.wait(); });
  std::vector<std::future<resolution>> answers;  // all known by one wake-up
  for (int i = 0; i < 20; ++i)
    answers.push_back(start_look_up(names, "n" + std::to_string(i) + ".onion"));
  open.set_value();
  for (auto& answer : answers) BOOST_TEST(text_of(std::move(answer)) == "dns_failed");
  BOOST_TEST(stub.queries("n7.onion") ==
             0);  // RFC 7686: such a name is never asked for, so its look-up ends at once
}

BOOST_AUTO_TEST_CASE(every_server_is_asked_within_the_time_limit) {
  const auto say_nothing = [](const std::string&, bool, int) { return std::nullopt; };
  const dns_stub mute{say_nothing};
  const dns_stub mute_too{say_nothing};
  const dns_stub last{[](const std::string&, bool, int query) -> std::optional<dns_answer> {
    if (query < 2) return std::nullopt;  // only in the last round
    return dns_answer{0, {"127.0.0.1"}};
  }};
  auto options = asking(mute);
  options.timeout = 3s;
  options.servers += ',' + mute_too.server() + ',' + last.server();
  resolver names{loopback_only(), options};
  BOOST_TEST(look_up(names, "slow.example") == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_mapped_address_in_an_answer_is_the_ipv4_address) {
  const dns_stub stub{always({0, {"::ffff:127.0.0.3"}})};
  resolver names{loopback_only(), asking(stub)};
  BOOST_TEST(look_up(names, "mapped.example") == "127.0.0.3");
}

BOOST_AUTO_TEST_CASE(more_names_than_may_be_remembered_are_refused_while_under_way) {
  const dns_stub mute{[](const std::string&, bool, int) { return std::nullopt; }};
  auto options = asking(mute);
  options.entries = 2;
  resolver names{loopback_only(), options};
  auto first = start_look_up(names, "a.example");
  auto second = start_look_up(names, "b.example");
  BOOST_TEST(look_up(names, "c.example") == "dns_failed");
  names.stop();
  BOOST_TEST(text_of(std::move(first)) == "internal");
  BOOST_TEST(text_of(std::move(second)) == "internal");
  BOOST_TEST(look_up(names, "d.example") == "internal");
}

BOOST_AUTO_TEST_CASE(the_cache_forgets_the_oldest_when_full) {
  resolver_cache cache{2};
  const auto now = std::chrono::steady_clock::now();
  const resolution here = std::vector{*parse_address("127.0.0.1")};
  cache.keep("a", here, now + 10s);
  cache.keep("b", here, now + 10s);
  cache.keep("a", here, now + 10s);
  BOOST_TEST(cache.size() == 2u);
  cache.keep("c", here, now + 10s);
  BOOST_TEST(cache.size() == 2u);
  BOOST_TEST(!cache.find("b", now).has_value());
  BOOST_TEST(cache.find("a", now).has_value());
  BOOST_TEST(cache.find("c", now + 9s).has_value());
  BOOST_TEST(!cache.find("c", now + 10s).has_value());
  BOOST_TEST(cache.size() == 1u);
}

BOOST_AUTO_TEST_CASE(localhost_comes_from_the_hosts_file_and_is_guarded) {
  const dns_stub stub{always({3, {}})};
  resolver names{loopback_only(), asking(stub)};
  BOOST_TEST(look_up(names, "localhost") == "127.0.0.1");
  const address_guard closed{{}};
  resolver others{closed, asking(stub)};
  BOOST_TEST(look_up(others, "localhost") == "blocked_address");
}

BOOST_AUTO_TEST_CASE(a_fetch_goes_where_the_name_leads_under_its_own_host_name) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  const dns_stub stub{always({0, {"127.0.0.1"}})};
  auto options = loopback_options();
  options.dns_servers = stub.server();
  const auto result = fetch(options, host.url("/", "shop.example"));
  CHECK_CODE(result, none);
  BOOST_TEST(result.evidence.address == "127.0.0.1");
  BOOST_TEST(host.requests().at(0).find("Host: shop.example:" + std::to_string(host.port())) !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_answers_differently_the_second_time_gains_nothing) {
  origin host{origin::answering([](const std::string& path) {
    return path == "/again" ? http_response(302, "", "Location: /\r\n")
                            : http_response(200, tiny_gif(1, 1));
  })};
  const dns_stub rebinding{[](const std::string& name, bool, int query) {
    return name == "late.example" || query > 0 ? dns_answer{0, {"10.0.0.1"}}
                                               : dns_answer{0, {"127.0.0.1"}};
  }};
  auto options = loopback_options();
  options.dns_servers = rebinding.server();
  const auto engine = make_blocking_engine(options);
  for (int i = 0; i < 3; ++i) {
    const auto result = fetch(*engine, host.url("/again", "rebind.example"));
    CHECK_CODE(result, none);
    BOOST_TEST(result.evidence.address == "127.0.0.1");
  }
  BOOST_TEST(rebinding.queries("rebind.example") == 1);
  CHECK_CODE(fetch(*engine, host.url("/", "late.example")), blocked_address);
}

BOOST_AUTO_TEST_CASE(a_look_up_that_stalls_ends_the_fetch_at_the_deadline) {
  const dns_stub mute{[](const std::string&, bool, int) { return std::nullopt; }};
  auto options = with_deadline(300ms);
  options.dns_servers = mute.server();
  const auto result = fetch(options, "http://mute.example/");
  CHECK_CODE(result, timed_out);
  BOOST_TEST(result.evidence.address == "");
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_fails_the_fetch) {
  const dns_stub unknown{always({3, {}})};
  auto options = loopback_options();
  options.dns_servers = unknown.server();
  CHECK_CODE(fetch(options, "http://unknown.example/"), dns_failed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
