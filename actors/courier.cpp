#include "actors/courier.hpp"

#include <algorithm>
#include <utility>

#include "actors/vital.hpp"
#include "core/random.hpp"
#include "fetch/url/url.hpp"
#include "observe/log.hpp"
#include "webhooks/signature.hpp"

namespace retail_pulse::actors {

using observe::field;
using observe::level;
using observe::log;

namespace {

/// The stream of these draws; images have others (see image.hpp).
constexpr std::uint64_t chance_of_callbacks = 3;

constexpr int gone = 410;  ///< the HTTP status by which a receiver unsubscribes

/// The webhook-id: the same for every attempt, so that receivers can drop duplicates, and unique.
/// So it names the database, as another one has jobs of the same number, and the time of
/// submission, as a database that was put back to an older state gives numbers again.
std::string id_of(job_id job, run_number run, const callback_message& message) {
  auto of_run = "job-" + std::to_string(job.value) + "-run-" + std::to_string(run.value);
  if (message.database_id.empty())
    return of_run;  // a webhook from before databases had ids: earlier attempts used this one
  return of_run + "-" + std::to_string(message.ended.submitted_at.count()) + "-" +
         message.database_id;
}

/// Why an attempt failed, for a client: without details of the service's own network.
std::string sentence_of(const webhooks::posted& result) {
  switch (result.code) {
    case error_code::http_status:
      return "The receiver answered with status " + std::to_string(result.http_status);
    case error_code::invalid_url:
      return "The URL is not a valid http or https URL";
    case error_code::blocked_address:
      return "The URL leads to an address that may not be called";
    case error_code::dns_failed:
      return "The receiver's name could not be resolved";
    case error_code::connect_failed:
      return "The receiver refused or dropped the connection";
    case error_code::tls_failed:
      return "No trusted TLS connection to the receiver could be made";
    case error_code::timed_out:
      return "The receiver did not answer in time";
    case error_code::protocol_error:
      return "The receiver's answer cannot be used" +
             (result.reason.empty() ? "" : ": " + result.reason);
    default:
      return std::string{describe(error_code::internal).public_sentence};
  }
}

std::string origin_of(const std::string& text) {
  const auto parsed = fetch::parse_url(text);
  const auto* url = std::get_if<fetch::url>(&parsed);
  return url == nullptr ? std::string{} : url->origin();
}

}  // namespace

std::chrono::milliseconds callback_backoff(int attempt,
                                           std::initializer_list<std::uint64_t> names) {
  const auto step =
      std::min<std::size_t>(static_cast<std::size_t>(attempt), limits::callback_backoff.size()) - 1;
  const auto wait = limits::callback_backoff[step].count();
  const auto jitter = wait * limits::callback_jitter_percent / 100;
  return std::chrono::milliseconds{draw_between(wait - jitter, wait + jitter, names)};
}

courier_actor::behavior_type courier_state::make_behavior(
    courier_settings settings, ledger_actor ledger, std::shared_ptr<storage::reader> storage) {
  settings_ = std::move(settings);
  queue_.emplace(callback_places::of(settings_.at_once));
  ledger_ = std::move(ledger);
  storage_ = std::move(storage);
  self_->send(ledger_, courier_atom_v,
              courier_actor{self_});  // the ledger's first message starts the reading
  return {
      [this](due_atom) { read_new(); },
      [this](tick_atom) { serve_on_tick(); },
      [this](resolved_atom, std::int64_t number, const std::string& address) {
        located(number, address);
      },
      [this](posted_atom, std::int64_t number, const posted_ptr& result) { take(number, *result); },
      [this](note_atom, std::int64_t number, const callback_attempt& attempt) {
        note(number, attempt);
      },
      [this](stop_atom) { stop(); },
  };
}

void courier_state::read_new() {
  unread_ = true;
  serve();
}

void courier_state::serve() {
  if (stopping_) return;
  read_on();
  while (const auto next = queue_->next(settings_.clock())) locate(next->number);
  wait_for_next();
}

void courier_state::serve_on_tick() {
  ticking_ = false;
  serve();
}

void courier_state::read_on() {
  try {
    while (unread_ && queue_->size() + limits::callbacks_page <= settings_.held) {
      const auto page = storage_->pending_callbacks(last_read_, limits::callbacks_page);
      for (const auto& each : page) take_in(each);
      if (!page.empty()) last_read_ = page.back().number;
      unread_ = page.size() == limits::callbacks_page;
    }
    look_back();
  } catch (const storage::storage_error& e) {
    log(level::error, "pending webhooks cannot be read; trying again", {{"cause", e.what()}});
  }
}

void courier_state::take_in(const pending_callback& found) {
  if (found.attempts > 0 && queue_->tried() >= settings_.held / 2) {
    left_behind_ = left_again_ = true;
  } else {
    queue_->add(origin_of(found.url), found.due_at,
                {found.number, found.job, found.run, found.attempts});
  }
}

/// One page per call, so that new webhooks do not wait for it.
void courier_state::look_back() {
  const auto now = settings_.clock();
  if (!left_behind_ || now < next_look_back_) return;
  const auto page = storage_->pending_callbacks(looked_at_, limits::callbacks_page);
  for (const auto& each : page) {
    if (each.number > last_read_ || queue_->knows(each.number)) continue;
    if (each.due_at <= now) {
      take_in(each);
    } else {
      left_again_ = true;
    }
  }
  if (page.size() == limits::callbacks_page) {
    looked_at_ = page.back().number;
    return;
  }
  looked_at_ = 0;
  left_behind_ = std::exchange(left_again_, false);
  next_look_back_ = now + limits::callbacks_look_back;
}

void courier_state::wait_for_next() {
  if (ticking_ || stopping_) return;
  constexpr std::chrono::milliseconds least{1}, tick = limits::callback_tick;
  const auto due = queue_->next_due();
  if (!due && !unread_ && !left_behind_) return;
  ticking_ = true;
  const auto wait =
      due ? std::clamp<std::chrono::milliseconds>(*due - settings_.clock(), least, tick) : tick;
  self_->delayed_send(self_, wait, tick_atom_v);
}

// --- one delivery -------------------------------------------------------------------------------

/// Resolves the address first, so that all names of one silent server share the server's bound.
void courier_state::locate(std::int64_t number) {
  settings_.poster->resolve(queue_->origin_of(number) + "/",
                            [me = courier_actor{self_}, number](std::string address) {
                              caf::anon_send(me, resolved_atom_v, number, std::move(address));
                            });
}

void courier_state::located(std::int64_t number, const std::string& address) {
  if (stopping_) return;
  const auto& origin = queue_->origin_of(number);  // which always has its port
  const auto server = address.empty() ? address : address + origin.substr(origin.rfind(':'));
  if (queue_->leads_to(number, server)) deliver(callback_queue::entry{*queue_->find_out(number)});
  serve();  // it may have given its place to another
}

void courier_state::deliver(const callback_queue::entry& next) {
  std::optional<callback_message> message;
  try {
    message = storage_->callback_to_send(next.job, next.run);
  } catch (const storage::storage_error& e) {
    log(level::error, "a webhook cannot be read; trying again",
        {field{next.job}, {"cause", e.what()}});
    queue_->again(next.number, settings_.clock() + limits::storage_retry, next.attempts);
    return;
  }
  if (!message) {  // not pending any more
    queue_->end(next.number);
    return;
  }
  webhooks::post post{
      message->url, {{"Content-Type", "application/json"}}, settings_.body(message->ended)};
  for (auto& header : webhooks::signed_headers(settings_.key, id_of(next.job, next.run, *message),
                                               settings_.clock(), post.body)) {
    post.headers.push_back(std::move(header));
  }
  settings_.poster->submit(
      std::move(post), [me = courier_actor{self_}, number = next.number](webhooks::posted result) {
        caf::anon_send(me, posted_atom_v, number,
                       posted_ptr{std::make_shared<const webhooks::posted>(std::move(result))});
      });
}

void courier_state::take(std::int64_t number, const webhooks::posted& result) {
  if (result.cancelled) return;  // the service is stopping; sent again after the next start
  const auto* of = queue_->find_out(number);
  if (of == nullptr) return;
  queue_->attempted(number, settings_.clock());
  note(number, conclude(*of, result));
}

callback_attempt courier_state::conclude(const callback_queue::entry& of,
                                         const webhooks::posted& result) const {
  callback_attempt attempt{of.job, of.run, callback_standing::delivered, {}, {}};
  if (result.code == error_code::none) {
    log(level::info, "webhook delivered",
        {field{of.job},
         {"run", std::int64_t{of.run.value}},
         {"attempt", std::int64_t{of.attempts + 1}}});
    return attempt;
  }
  const int made = of.attempts + 1;
  const bool hopeless = result.http_status == gone || result.code == error_code::invalid_url;
  attempt.error = sentence_of(result);
  attempt.standing = hopeless || made >= settings_.attempts ? callback_standing::given_up
                                                            : callback_standing::pending;
  if (attempt.standing == callback_standing::pending) {
    attempt.due_at =
        settings_.clock() +
        callback_backoff(
            made, {settings_.seed, chance_of_callbacks, static_cast<std::uint64_t>(of.job.value),
                   static_cast<std::uint64_t>(of.run.value), static_cast<std::uint64_t>(made)});
  }
  const bool final = attempt.standing == callback_standing::given_up;
  log(final ? level::warning : level::info,
      final ? "a webhook was given up" : "a webhook was not delivered; trying again",
      {field{of.job},
       {"run", std::int64_t{of.run.value}},
       {"attempt", std::int64_t{made}},
       {"code", describe(result.code).name},
       {"detail", result.detail}});
  return attempt;
}

void courier_state::note(std::int64_t number, const callback_attempt& attempt) {
  self_->request(ledger_, caf::infinite, note_atom_v, attempt)
      .then([this, number, attempt](caf::ok_atom) { noted(number, attempt); },
            [this, number, attempt](const caf::error& e) {
              log(level::error, "the outcome of a webhook cannot be stored; trying again",
                  {field{attempt.job}, {"cause", text_of(e)}});
              if (!stopping_)
                self_->delayed_send(self_, limits::storage_retry, note_atom_v, number, attempt);
            });
}

void courier_state::noted(std::int64_t number, const callback_attempt& attempt) {
  if (attempt.standing == callback_standing::pending && queue_->tried() >= settings_.held / 2) {
    queue_->end(number);
    left_behind_ = left_again_ = true;
  } else if (attempt.standing == callback_standing::pending) {
    queue_->again(number, attempt.due_at, queue_->find_out(number)->attempts + 1);
  } else {
    queue_->end(number);
  }
  serve();
}

courier_actor::behavior_type courier(courier_actor::stateful_pointer<courier_state> self,
                                     courier_settings settings, ledger_actor ledger,
                                     std::shared_ptr<storage::reader> storage) {
  abort_on_exception(self, "courier");
  return self->state.make_behavior(std::move(settings), std::move(ledger), std::move(storage));
}

}  // namespace retail_pulse::actors
