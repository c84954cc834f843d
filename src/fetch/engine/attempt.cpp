#include "fetch/engine/attempt.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "fetch/engine/backoff.hpp"
#include "fetch/engine/intake.hpp"
#include "fetch/http1/exchange.hpp"
#include "fetch/net/address_list.hpp"

namespace retail_pulse::fetch {
namespace {

std::int32_t ms_since(steady_time start) {
  return static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::steady_clock::now() - start)
                                       .count());
}

std::string get_request(const url& of, std::string_view user_agent, const intake& file,
                        const file_version* known) {
  request_text request{"GET", of, user_agent};
  if (const auto range = file.range_to_ask()) {
    const auto last = range->last ? std::to_string(*range->last) : std::string{};
    request.add("Range", "bytes=" + std::to_string(range->first) + "-" + last);
    if (!file.if_range().empty()) request.add("If-Range", file.if_range());
  }
  if (known != nullptr && file.is_conditional()) {
    if (!known->etag.empty()) request.add("If-None-Match", known->etag);
    if (!known->last_modified.empty()) request.add("If-Modified-Since", known->last_modified);
  }
  return std::move(request).finish();
}

/// One attempt: up to limits::redirects + 1 hops, each parsed, resolved and guarded anew.
class attempt {
 public:
  explicit attempt(const attempt_tools& tools)
      : tools_(tools),
        start_(std::chrono::steady_clock::now()),
        until_{start_ + tools.deadline, tools.cancelled},
        account_{tools.max_image_bytes} {}

  outcome run(const request& wanted) {
    if (wanted.gives_way) {
      until_.gives_way = &wanted.gives_way;
      until_.gives_way_from = start_ + limits::first_look;
    }
    follow(wanted);
    result_.evidence.total_ms = ms_since(start_);
    if (result_.code == error_code::blocked_address)
      result_.evidence.address.clear();  // not even that of an unexpected peer
    return std::move(result_);
  }

 private:
  void fail(const fault& why) {
    result_.code = why.code;
    result_.detail = why.detail;
    result_.reason = why.reason;
    result_.lasts = why.lasts;
    result_.postponed = result_.gave_way = why.gave_way;
    if (why.code == error_code::timed_out)
      result_.reason = "not within " + time_text(tools_.deadline);
  }
  void fail(error_code code, std::string detail, std::string reason = {}) {
    fail({code, std::move(detail), std::move(reason)});
  }

  void follow(const request& wanted) {
    auto parsed = parse_url(wanted.url);
    if (const auto* error = std::get_if<url_error>(&parsed))
      return fail(error_code::invalid_url, error->reason, error->reason);
    url here = std::get<url>(std::move(parsed));
    for (int hop = 0;; ++hop) {
      const auto redirect = make_hop(here, wanted);
      if (!redirect) return;
      if (hop == limits::redirects)
        return fail(bound_exceeded(error_code::too_many_redirects,
                                   "more than " + std::to_string(limits::redirects) + " times"));
      auto next = parse_location(here, *redirect);
      if (const auto* error = std::get_if<url_error>(&next)) {
        const auto kept = loggable_location(*redirect);
        go_to_hop(kept.empty() ? here.for_log() : kept);
        return fail(error_code::invalid_url,
                    "redirected by " + here.for_log() + ": " + error->reason,
                    "a redirect leads to a URL that is not valid (" + error->reason + ")");
      }
      const bool downgraded = here.tls && !std::get<url>(next).tls;
      here = std::get<url>(std::move(next));
      go_to_hop(here.text());
      if (downgraded)
        return fail(error_code::blocked_address, "redirected from https to " + here.for_log());
    }
  }

  /// From here on the evidence is about the next hop; nothing of the last response may stand beside
  /// its URL.
  void go_to_hop(std::string next) {
    redirected_ = true;
    result_.evidence.final_url = std::move(next);
    result_.evidence.address.clear();
    result_.evidence.http_status = 0;
    result_.evidence.bytes = 0;
  }

  /// Makes one hop, and notes whether its origin could be reached. A redirect leads to no origin
  /// whose circuit is open; the first origin is the caller's, who knows of more fetches. Returns
  /// the text of a redirect, or nothing: the outcome is set.
  std::optional<std::string> make_hop(const url& here, const request& wanted) {
    const auto origin = here.origin();
    const auto start = std::chrono::steady_clock::now();
    own_time_ = {};
    if (redirected_) {
      if (const auto blocked_for = tools_.circuits.blocked_for(origin, start)) {
        fail(error_code::origin_unavailable, origin + " failed too often recently");
        result_.retry_after = *blocked_for;
        result_.postponed = result_.asked_others = true;
        return std::nullopt;
      }
    }
    auto redirect = fetch_from(here, wanted);
    const auto now = std::chrono::steady_clock::now();
    auto with = redirect ? contact::reached : contact_of(result_);
    // A host that redirects late leaves the next one no time, which must not open that one's
    // circuit; nor must a slow name server or a long wait for a permit.
    if (result_.code == error_code::timed_out && now - start - own_time_ < tools_.deadline / 2)
      with = contact::none;
    if (redirected_) {
      tools_.circuits.record(origin, with, start, now);
    } else {
      result_.with_origin = with;
    }
    return redirect;
  }

  /// Asks one host until the outcome is known. Returns the text of a redirect, or nothing: the
  /// outcome is set.
  std::optional<std::string> fetch_from(const url& here, const request& wanted) {
    auto addresses = wait_for_addresses(here);
    if (!addresses) return std::nullopt;
    address_list to{std::move(*addresses)};
    if (!redirected_) result_.leads_to = to.address().text();
    if (!begin_at(here, to)) return std::nullopt;
    const file_version* known =
        wanted.known && wanted.known->url == here.text() ? &*wanted.known : nullptr;
    intake file{tools_.how, account_, tools_.pictures, known != nullptr, until_.at};
    for (;;) {
      auto answer = ask(here, to, file, known);
      account_ = file.account();
      if (!answer) return std::nullopt;
      switch (answer->what) {
        case exchange::kind::again:
          continue;
        case exchange::kind::redirected:
          return answer->head->location;
        case exchange::kind::failed:
          fail(*answer->failed);
          return std::nullopt;
        case exchange::kind::settled:
          conclude(here, file, *answer->head);
          return std::nullopt;
      }
    }
  }

  /// Gets a permit for this address. From here on the evidence is about it. False if too many
  /// fetches are there: the outcome is set, and is `postponed`, because the image's server was not
  /// asked.
  bool begin_at(const url& here, const address_list& to) {
    result_.evidence.address = to.address().text();
    result_.evidence.http_status = 0;  // it has not answered yet
    const auto start = std::chrono::steady_clock::now();
    permit_ = tools_.permits.take({to.address(), here.origin()}, end_of_wait(to),
                                  std::exchange(permit_, std::nullopt));
    const auto now = std::chrono::steady_clock::now();
    own_time_ += now - start;
    if (permit_) return true;
    if (tools_.permits.is_stopped()) {
      fail(error_code::internal, "the fetch engine is shutting down");
      return false;
    }
    if (now >= until_.at) {  // a real attempt: a host that redirects at the last moment must not be
                             // asked for ever
      fail(error_code::timed_out,
           "no time left at " + to.address().text() + ", which has too many fetches");
      return false;
    }
    fail(error_code::origin_unavailable, "too many fetches are at " + to.address().text(),
         "too many fetches are at its server");
    result_.postponed = true;
    result_.asked_others = redirected_ || to.has_moved();
    result_.retry_after = limits::full_address_retry;
    if (!redirected_) result_.leads_to = to.address().text();
    return false;
  }

  /// How long to wait for a permit. The caller counts this fetch at its first address, and so
  /// limits the wait there; at any other server many fetches may arrive at once, and none may hold
  /// its thread for long. The other half of the time is for the fetch.
  steady_time end_of_wait(const address_list& to) const {
    const auto now = std::chrono::steady_clock::now();
    const auto half = now + (to.share_of(until_).at - now) / 2;
    const bool is_counted_here = !redirected_ && !to.has_moved();
    return is_counted_here ? half : std::min(half, now + limits::address_line);
  }

  void conclude(const url& here, const intake& file, const response_head& head) {
    if (const auto& why = file.failed()) {
      fail(*why);
      if (why->code == error_code::http_status && result_.can_pass()) {
        result_.retry_after = parse_retry_after(head.retry_after, system_wall_time());
      }
      return;
    }
    result_.measured = file.measured();
    result_.not_modified = file.not_modified();
    result_.evidence.kept = file.kept();
    result_.detail = file.not_kept();
    if (!file.etag().empty() || !file.last_modified().empty()) {
      result_.version = file_version{here.text(), file.etag(), file.last_modified()};
    }
  }

  /// Makes one request, at the first address that answers. Nothing if no connection could be made:
  /// the outcome is set.
  std::optional<exchange> ask(const url& here, address_list& to, intake& file,
                              const file_version* known) {
    for (;;) {
      auto answer = ask_at(here, to, file, known);
      if (answer && answer->head) {
        until_.gives_way = nullptr;
        answered(here, to);
        return answer;
      }
      const auto code = answer ? answer->failed->code : result_.code;
      if (is_no_answer(code)) did_not_answer(here, to);
      if (!is_nobody_there(code, until_) || !to.move_on()) return answer;
      fail(error_code::none, {});
      if (!begin_at(here, to)) return std::nullopt;
    }
  }

  void answered(const url& here, const address_list& to) {
    if (!to.has_moved()) return;
    prefer(tools_.rules, here, to.address());
    if (!redirected_) result_.leads_to = to.address().text();
  }

  void did_not_answer(const url& here, const address_list& to) {
    const bool went_first = stop_preferring(tools_.rules, here, to.address()) && !to.has_moved();
    if (went_first && !redirected_ && to.next() != nullptr) result_.leads_to = to.next()->text();
  }

  std::optional<exchange> ask_at(const url& here, const address_list& to, intake& file,
                                 const file_version* known) {
    const auto key = connection_pool::key_of(here, to.address());
    if (auto kept = tools_.connections.take(key)) {
      auto answer = ask_over(std::move(kept), key, here, file, known, true);
      if (!answer.wants_new_connection) return answer;
    }
    auto opened = open(here, to);
    if (!opened) return std::nullopt;
    return ask_over(std::move(opened), key, here, file, known, false);
  }

  exchange ask_over(std::unique_ptr<connection> over, const std::string& key, const url& here,
                    intake& file, const file_version* known, bool was_kept) {
    auto answer = run_exchange(*over, was_kept, get_request(here, tools_.user_agent, file, known),
                               file, until_);
    result_.evidence.http_status =
        answer.head && !answer.wants_new_connection ? answer.head->status : 0;
    result_.evidence.bytes += answer.bytes;
    if (answer.reusable) tools_.connections.keep(key, std::move(over));
    return answer;
  }

  std::unique_ptr<connection> open(const url& here, const address_list& to) {
    const auto start = std::chrono::steady_clock::now();
    const auto share = to.share_of(until_);
    auto opened = connection::open(here, to.address(), tools_.tls, share);
    if (std::holds_alternative<fault>(opened) && std::get<fault>(opened).ran_out) {
      tools_.connections.close_all();
      opened = connection::open(here, to.address(), tools_.tls, share);
    }
    result_.evidence.connect_ms += ms_since(start);
    if (const auto* error = std::get_if<fault>(&opened)) {
      fail(*error);
      return nullptr;
    }
    return std::get<std::unique_ptr<connection>>(std::move(opened));
  }

  std::optional<std::vector<ip_address>> wait_for_addresses(const url& here) {
    const auto start = std::chrono::steady_clock::now();
    auto where = fetch::wait_for_addresses(tools_.rules, here, until_);
    result_.evidence.dns_ms += ms_since(start);
    own_time_ += std::chrono::steady_clock::now() - start;
    if (const auto* error = std::get_if<fault>(&where)) {
      fail(*error);
      return std::nullopt;
    }
    return std::get<std::vector<ip_address>>(std::move(where));
  }

  const attempt_tools& tools_;
  const steady_time start_;
  io_deadline until_;
  bool redirected_ = false;
  std::chrono::steady_clock::duration own_time_{};  ///< of the current hop: look-ups and waits for
                                                    ///< permits, for which no host is to blame
  byte_account account_;
  std::optional<address_permits::permit>
      permit_;  ///< for the current hop, or the one before until that one has its own
  outcome result_;
};

}  // namespace

outcome run_attempt(const attempt_tools& tools, const request& wanted) {
  return attempt{tools}.run(wanted);
}

}  // namespace retail_pulse::fetch
