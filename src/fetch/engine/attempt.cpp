#include "fetch/engine/attempt.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "fetch/engine/retry_policy.hpp"
#include "fetch/http1/exchange.hpp"
#include "fetch/net/route.hpp"

namespace retail_pulse::fetch {
namespace {

std::int32_t ms_since(steady_time start) {
  return static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count());
}

/// One attempt: up to limits::redirects + 1 hops, each parsed, resolved and guarded anew.
class attempt {
 public:
  explicit attempt(const attempt_tools& tools)
      : tools_(tools),
        start_(std::chrono::steady_clock::now()),
        limit_{start_ + tools.deadline, tools.cancelled},
        account_{tools.max_image_bytes} {}

  outcome run(const request& wanted) {
    follow(wanted);
    result_.evidence.total_ms = ms_since(start_);
    if (result_.code == error_code::blocked_address) result_.evidence.address.clear();  // not even of a peer that is somewhere else
    return std::move(result_);
  }

 private:
  void fail(const fault& why) {
    result_.code = why.code;
    result_.detail = why.detail;
    result_.reason = why.reason;
    result_.lasts = why.lasts;
    if (why.code == error_code::timed_out) result_.reason = "not within " + time_text(tools_.deadline);
  }
  void fail(error_code code, std::string detail, std::string reason = {}) { fail({code, std::move(detail), std::move(reason)}); }

  void follow(const request& wanted) {
    auto parsed = parse_url(wanted.url);
    if (const auto* error = std::get_if<url_error>(&parsed)) return fail(error_code::invalid_url, error->reason, error->reason);
    url here = std::get<url>(std::move(parsed));
    for (int hop = 0;; ++hop) {
      const auto redirect = visit(here, wanted);
      if (!redirect) return;
      if (hop == limits::redirects)
        return fail(bound_exceeded(error_code::too_many_redirects, "more than " + std::to_string(limits::redirects) + " times"));
      auto next = parse_location(here, *redirect);
      if (const auto* error = std::get_if<url_error>(&next)) {
        const auto kept = refused_location(*redirect);
        move_on(kept.empty() ? here.for_log() : kept);
        return fail(error_code::invalid_url, "redirected by " + here.for_log() + ": " + error->reason,
                    "a redirect leads to a URL that is not valid (" + error->reason + ")");
      }
      const bool downgraded = here.tls && !std::get<url>(next).tls;
      here = std::get<url>(std::move(next));
      move_on(here.text());
      if (downgraded) return fail(error_code::blocked_address, "redirected from https to " + here.for_log());
    }
  }

  /// From here on the evidence is about the next hop; nothing of the last one's answer may stand beside its URL.
  void move_on(std::string next) {
    redirected_ = true;
    result_.evidence.final_url = std::move(next);
    result_.evidence.address.clear();
    result_.evidence.http_status = 0;
    result_.evidence.bytes = 0;
  }

  /// One hop, unless its origin's circuit is open, and what the hop tells of the origin. The text of a redirect; nothing: the outcome is
  /// set.
  std::optional<std::string> visit(const url& here, const request& wanted) {
    const auto origin = here.origin();
    const auto start = std::chrono::steady_clock::now();
    own_time_ = {};
    if (const auto closed_for = tools_.circuits.refusal(origin, start)) {
      fail(error_code::origin_unavailable, origin + " failed too often of late");
      result_.retry_after = *closed_for;
      return std::nullopt;
    }
    auto redirect = fetch_from(here, wanted);
    const auto now = std::chrono::steady_clock::now();
    auto told = redirect ? verdict::answered : judge(result_.code, result_.evidence.http_status);
    // Who redirects late, to a place that then has no time left, must not close that place to others; nor must a slow name server or a
    // long line of ours.
    if (result_.code == error_code::timed_out && now - start - own_time_ < tools_.deadline / 2) told = verdict::unknown;
    tools_.circuits.record(origin, told, start, now);
    return redirect;
  }

  /// Asks one host until the file's answer is known. The text of a redirect; nothing: the outcome is set.
  std::optional<std::string> fetch_from(const url& here, const request& wanted) {
    auto addresses = wait_for_addresses(here);
    if (!addresses) return std::nullopt;
    route to{std::move(*addresses)};
    if (!redirected_) result_.leads_to = to.address().text();
    if (!begin_at(here, to)) return std::nullopt;
    const file_version* known = wanted.known && wanted.known->url == here.text() ? &*wanted.known : nullptr;
    intake file{tools_.how, account_, tools_.copies, known != nullptr, limit_.deadline};
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

  /// The evidence is about this address from here on. False when too many fetches are there; the outcome is set then, and it is no attempt
  /// of the image's: its server was not asked, because of others.
  bool begin_at(const url& here, const route& to) {
    result_.evidence.address = to.address().text();
    result_.evidence.http_status = 0;  // it has not said anything yet
    auto& places = tools_.at_addresses;
    const auto start = std::chrono::steady_clock::now();
    place_ = places.take({to.address(), here.origin()}, end_of_wait(to), std::exchange(place_, std::nullopt));
    const auto now = std::chrono::steady_clock::now();
    own_time_ += now - start;
    if (place_) return true;
    if (places.is_stopped()) {
      fail(error_code::internal, "the fetch engine is shutting down");
      return false;
    }
    if (now >= limit_.deadline) {  // who redirects at the last moment is asked no more often than who does not answer
      fail(error_code::timed_out, "no time left at " + to.address().text() + ", where too many fetches are");
      return false;
    }
    fail(error_code::origin_unavailable, "too many fetches are at " + to.address().text(), "too many fetches are at its server");
    result_.postponed = true;
    result_.asked_others = redirected_ || to.has_moved();
    result_.retry_after = limits::full_address_retry;
    if (!redirected_) result_.leads_to = to.address().text();
    return false;
  }

  /// Until when to wait for a place. Who submitted counts this fetch at its first address, and so keeps back others; to anywhere else many
  /// may come at once, and none of them may hold a thread for long. The other half of the time is for the fetch.
  steady_time end_of_wait(const route& to) const {
    const auto now = std::chrono::steady_clock::now();
    const auto half = now + (to.share_of(limit_).deadline - now) / 2;
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

  /// One request, at the first address that answers. Nothing when no connection could be made; the outcome is set then.
  std::optional<exchange> ask(const url& here, route& to, intake& file, const file_version* known) {
    for (;;) {
      auto answer = ask_at(here, to, file, known);
      if (answer && answer->head) {
        answered(here, to);
        return answer;
      }
      const auto code = answer ? answer->failed->code : result_.code;
      if (is_no_answer(code)) did_not_answer(here, to);
      if (!is_nobody_there(code, limit_) || !to.move_on()) return answer;
      fail(error_code::none, {});
      if (!begin_at(here, to)) return std::nullopt;
    }
  }

  void answered(const url& here, const route& to) {
    if (!to.has_moved()) return;
    prefer(tools_.places, here, to.address());
    if (!redirected_) result_.leads_to = to.address().text();
  }

  void did_not_answer(const url& here, const route& to) {
    const bool went_first = stop_preferring(tools_.places, here, to.address()) && !to.has_moved();
    if (went_first && !redirected_ && to.next() != nullptr) result_.leads_to = to.next()->text();
  }

  std::optional<exchange> ask_at(const url& here, const route& to, intake& file, const file_version* known) {
    const auto key = connection_pool::key_of(here, to.address());
    if (auto kept = tools_.connections.take(key)) {
      auto answer = ask_over(std::move(kept), key, here, file, known, true);
      if (!answer.wants_new_connection) return answer;
    }
    auto opened = open(here, to);
    if (!opened) return std::nullopt;
    return ask_over(std::move(opened), key, here, file, known, false);
  }

  exchange ask_over(std::unique_ptr<connection> over, const std::string& key, const url& here, intake& file, const file_version* known,
                    bool was_kept) {
    auto answer = run_exchange(*over, was_kept, here, tools_.user_agent, file, known, limit_);
    result_.evidence.http_status = answer.head && !answer.wants_new_connection ? answer.head->status : 0;
    result_.evidence.bytes += answer.bytes;
    if (answer.reusable) tools_.connections.keep(key, std::move(over));
    return answer;
  }

  std::unique_ptr<connection> open(const url& here, const route& to) {
    const auto start = std::chrono::steady_clock::now();
    const auto share = to.share_of(limit_);
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
    auto where = fetch::wait_for_addresses(tools_.places, here, limit_);
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
  const patience limit_;
  bool redirected_ = false;
  std::chrono::steady_clock::duration own_time_{};  ///< of the present hop: spent on look-ups and in line, which no host is to blame for
  byte_account account_;
  std::optional<address_places::place> place_;  ///< at the address and origin of the present hop, or until then of the one before
  outcome result_;
};

}  // namespace

outcome run_attempt(const attempt_tools& tools, const request& wanted) { return attempt{tools}.run(wanted); }

}  // namespace retail_pulse::fetch
