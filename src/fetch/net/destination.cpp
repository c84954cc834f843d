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

void find_addresses(const destinations& among, const url& of, on_resolution done) {
  if (!is_allowed_host(among.allow_hosts, of.host))
    return done(fault{error_code::blocked_address, of.host + " is not among the allowed hosts"});
  if (!of.host_is_address) return among.names.look_up(without_final_dot(of.host), std::move(done));
  const auto literal = parse_address(of.host);
  if (!literal) return done(fault{error_code::internal, of.host + " is not an address"});
  const auto address = unmapped(*literal);
  if (!among.guard.permits(address)) return done(fault{error_code::blocked_address, of.host + " may not be fetched from"});
  done(std::vector{address});
}

resolution wait_for_addresses(const destinations& among, const url& of, const patience& limit) {
  const auto found = std::make_shared<std::promise<resolution>>();  // shared: the answer may come after the deadline
  auto answer = found->get_future();
  find_addresses(among, of, [found](const resolution& where) { found->set_value(where); });
  if (answer.wait_until(limit.deadline) == std::future_status::ready) return answer.get();
  return fault{error_code::timed_out, "no time left while looking up " + of.host};
}

void prefer(const destinations& among, const url& of, const ip_address& address) {
  if (!of.host_is_address) among.names.prefer(without_final_dot(of.host), address);
}

bool stop_preferring(const destinations& among, const url& of, const ip_address& address) {
  return !of.host_is_address && among.names.stop_preferring(without_final_dot(of.host), address);
}

}  // namespace retail_pulse::fetch
