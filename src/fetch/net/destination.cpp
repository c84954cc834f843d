#include "fetch/net/destination.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>

namespace retail_pulse::fetch {
namespace {

std::string without_final_dot(std::string text) {
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

bool is_allowed_host(const std::vector<std::string>& allowed, const std::string& host) {
  if (allowed.empty()) return true;
  const auto name = without_final_dot(host);
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& suffix) {
    if (!name.ends_with(suffix)) return false;
    return name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.';
  });
}

void find_addresses(const destination_rules& rules, const url& of, on_resolution done) {
  if (!is_allowed_host(rules.allow_hosts, of.host))
    return done(fault{error_code::blocked_address, of.host + " is not among the allowed hosts"});
  if (!of.host_is_address) return rules.names.look_up(without_final_dot(of.host), std::move(done));
  const auto literal = parse_address(of.host);
  if (!literal) return done(fault{error_code::internal, of.host + " is not an address"});
  const auto address = unmapped(*literal);
  if (!rules.guard.permits(address))
    return done(fault{error_code::blocked_address, of.host + " may not be fetched from"});
  done(std::vector{address});
}

resolution wait_for_addresses(const destination_rules& rules, const url& of,
                              const io_deadline& until) {
  const auto found = std::make_shared<std::promise<resolution>>();  // shared: the resolver may call
                                                                    // back after the deadline
  auto answer = found->get_future();
  find_addresses(rules, of, [found](const resolution& where) { found->set_value(where); });
  if (answer.wait_until(until.at) == std::future_status::ready) return answer.get();
  return fault{error_code::timed_out, "no time left while looking up " + of.host};
}

void prefer(const destination_rules& rules, const url& of, const ip_address& address) {
  if (!of.host_is_address) rules.names.prefer(without_final_dot(of.host), address);
}

bool stop_preferring(const destination_rules& rules, const url& of, const ip_address& address) {
  return !of.host_is_address && rules.names.stop_preferring(without_final_dot(of.host), address);
}

}  // namespace retail_pulse::fetch
