#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

using script = test_support::dns_stub::script;

script always(dns_answer answer) {
  return [answer = std::move(answer)](const std::string&, bool, int) { return answer; };
}

script leading_to(std::vector<std::string> addresses) {
  return always({.addresses = std::move(addresses)});
}

/// A picture lies at the end of each: what keeps us from it is the name server alone.
hostile_case named(std::string name, error_code expected, script names,
                   std::chrono::milliseconds deadline = ample_deadline) {
  return {.name = "name: " + std::move(name),
          .expected = expected,
          .run = test_support::serving(http_response(200, picture())),
          .names = std::move(names),
          .url = "http://shop.test:{port}/",
          .deadline = deadline};
}

hostile_case in_unicode(std::string name, error_code expected, script names) {
  auto made = named(std::move(name), expected, std::move(names));
  made.url = "http://b\u00FCcher.test:{port}/";
  return made;
}

/// The host is at 127.0.0.2. At 127.0.0.1 nobody is, or one who never accepts.
hostile_case at_second(std::string name, error_code expected, script names,
                       bool silent_before = false,
                       std::chrono::milliseconds deadline = ample_deadline) {
  auto made = named(std::move(name), expected, std::move(names), deadline);
  made.host_address = "127.0.0.2";
  made.silent_before = silent_before;
  return made;
}

}  // namespace

cases name_cases() {
  using enum error_code;
  return {
      at_second("first address refuses, second answers", none,
                leading_to({"127.0.0.1", "127.0.0.2"})),
      at_second("first address never accepts, second answers", none,
                leading_to({"127.0.0.1", "127.0.0.2"}), true, 4s),
      at_second("first address never accepts, the others refuse", connect_failed,
                leading_to({"127.0.0.1", "127.0.0.3", "127.0.0.4"}), true, 3s),
      at_second("all addresses refuse", connect_failed, leading_to({"127.0.0.1", "127.0.0.3"})),
      at_second("first address refuses, second is private", blocked_address,
                leading_to({"127.0.0.1", "192.168.0.1"})),
      named("leads to the host", none, leading_to({"127.0.0.1"})),
      in_unicode("in Unicode leads to the host", none, leading_to({"127.0.0.1"})),
      in_unicode("in Unicode leads to a private address", blocked_address,
                 leading_to({"10.0.0.1"})),
      named("does not exist", dns_failed, always({.rcode = 3})),
      named("server failure", dns_failed, always({.rcode = 2})),
      named("server refuses", dns_failed, always({.rcode = 5})),
      named("has no address", dns_failed, leading_to({})),
      named(
          "server says nothing", timed_out,
          [](const std::string&, bool, int) { return std::nullopt; }, short_deadline),
      named("answer is noise", timed_out,
            always({.instead = "\x81\x80 no name server talks like this"}), short_deadline),
      named("answer is cut in its header", timed_out, always({.instead = "\x81"}), short_deadline),
      named("answer to another query", timed_out,
            always({.addresses = {"127.0.0.1"}, .to_another_query = true}), short_deadline),
      named("answer over TCP, where nobody listens", dns_failed, always({.is_cut = true})),
      named("alias of itself", dns_failed,
            always({.records = {test_support::alias_record("shop.test")}})),
      named("alias without address", dns_failed,
            always({.records = {test_support::alias_record("other.test")}})),
      named("leads to a private address", blocked_address, leading_to({"10.0.0.1"})),
      named("leads to cloud metadata", blocked_address, leading_to({"169.254.169.254"})),
      named("leads to this host", blocked_address, leading_to({"0.0.0.0"})),
      named("leads to IPv6 loopback", blocked_address, leading_to({"::1"})),
      named("leads to a unique local address", blocked_address, leading_to({"fd00:ec2::254"})),
      named("leads to a mapped private address", blocked_address, leading_to({"::ffff:10.0.0.1"})),
      named("leads to NAT64 of a private address", blocked_address,
            leading_to({"64:ff9b::10.0.0.1"})),
      named("a good address and a private one", blocked_address,
            leading_to({"127.0.0.1", "192.168.0.1"})),
      named("a private address in IPv6 only", blocked_address,
            [](const std::string&, bool v6, int) {
              return dns_answer{.addresses = {v6 ? "fc00::1" : "127.0.0.1"}};
            }),
      named("rebinds to a private address", none,
            [](const std::string&, bool, int query) {
              return dns_answer{.addresses = {query == 0 ? "127.0.0.1" : "10.0.0.1"}};
            }),
      named("rebinds to a good address", blocked_address,
            [](const std::string&, bool, int query) {
              return dns_answer{.addresses = {query == 0 ? "10.0.0.1" : "127.0.0.1"}};
            }),
      named("25 addresses and a private one", blocked_address,
            [](const std::string&, bool, int) {
              dns_answer answer;
              for (int i = 1; i <= 25; ++i)
                answer.addresses.push_back("127.0.0." + std::to_string(i));
              answer.addresses.emplace_back("172.16.0.1");
              return answer;
            }),
  };
}

}  // namespace retail_pulse::hostile
