#include "simulation/witness.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/require.hpp"
#include "simulation/chance.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {
namespace {

/// How long the pool may not have learned of an outcome yet.
constexpr millis message_delay{1'000};

std::string name_of_job(job_id id) { return "job " + std::to_string(id.value); }

}  // namespace

measurement witness::picture_at(const std::string& url) {
  const auto number = number_of(url);
  return {image_format::jpeg, static_cast<std::uint32_t>(1 + number % 60'000),
          static_cast<std::uint32_t>(1 + number / 60'000 % 60'000)};
}

// --- what image hosts see -----------------------------------------------------------------------

void witness::fetch_begins(const std::string& url, const origin_plan& at, millis now) {
  story_.note("fetch", ++fetches_begun_, 0, [&] { return url; });
  check_rooms(now);
  rooms_.wants_no_more(url);
  auto& history = histories_[url];
  ++history.attempts;
  if (++open_ > plan_.pool.fetch_slots) broken("more fetches at once than fetch slots");
  if (++open_at_[at.host] > plan_.pool.origin_connections)
    broken("more fetches at once from " + at.host + " than an origin may have");
  // While the address of a host is unknown or has just changed, its fetches count for none, or for
  // the old one.
  if (++open_at_[at.address] > plan_.pool.origin_connections &&
      !plan_.faults.has(fault::late_name_server) && !plan_.faults.has(fault::moving_name))
    broken("more fetches at once from " + at.address + " than an address may have");
  // A job actor that was started again may have read its page before the last results of the one
  // before were committed.
  if (pending_rows_[url] == 0 && !job_actors_were_killed_)
    broken(url + " is fetched although its result is recorded, or it belongs to no job");
  if (is_fetched_by_one(history)) {
    if (history.is_being_fetched) broken(url + " is fetched twice at once");
    if (history.is_final) broken(url + " is fetched again after its final outcome");
  }
  check_no_cancel(url, history, now);
  history.is_being_fetched = true;
  if (const auto unsound = absences_.fetch_begins(url, at.host, now); !unsound.empty())
    broken(unsound);
  if (const auto unfair = newcomer_.fetch_begins(url, now); !unfair.empty()) broken(unfair);
}

void witness::check_no_cancel(const std::string& url, const url_history& history, millis now) {
  // Time passes only when no message waits, so by then the job and the pool know of the cancel;
  // except where timers overtake messages.
  const auto requested = requests_.find(history.job);
  if (requested == requests_.end() || history.rows != 1 || plan_.timers_first != 0) return;
  if (requested->second.cancelled && now > *requested->second.cancelled)
    broken(url + " is fetched although its job was cancelled");
}

void witness::fetch_ends(const std::string& url, const origin_plan& at, const fetch::outcome& with,
                         millis now) {
  story_.note("fetched", static_cast<std::uint64_t>(with.code), 0, [&] {
    return url + ": " + outcome_of(with.code, with.measured, with.evidence.http_status) +
           (with.postponed ? ", postponed" : "");
  });
  newcomer_.fetch_ends(url);
  check_rooms(now);
  --open_;
  --open_at_[at.host];
  --open_at_[at.address];
  auto& history = histories_[url];
  history.is_being_fetched = false;
  const bool is_evidence =
      with.code != error_code::timed_out || !absences_.was_reached_meanwhile(url, at.host, now);
  absences_.fetch_ends(url, at.host, with, history.attempts, now);
  if (with.postponed) {  // no attempt; worlds are too short for so many that one counts
    --history.attempts;
    return;
  }
  auto& outage = outages_[at.host];
  if (with.with_origin == fetch::contact::failed) {
    if (is_evidence) ++history.without_contact;
    if (!outage.since) outage.since = now;
  } else if (with.with_origin == fetch::contact::reached) {
    outage.longest = outage.until(now);
    outage.since.reset();
  }
  history.codes.insert(with.code);
  if (with.lasts) history.lasting.insert(with.code);
  if (with.with_origin == fetch::contact::failed) last_failures_[at.host] = now;
  history.is_final =
      !with.can_pass() || history.attempts - history.without_contact >= plan_.pool.attempts;
  if (with.code == error_code::none && !history.first_success) history.first_success = now;
}

void witness::engine_explodes(const std::string& url, const origin_plan& at, millis now) {
  story_.note("explosion", 0, 0, [&] { return url; });
  absences_.engine_explodes(url, at.host, now);
  auto& history = histories_[url];
  ++history.attempts;
  history.exploded = history.is_final = true;
}

// --- what clients are answered ------------------------------------------------------------------

void witness::accepted(job_id id, const job_plan& job, storage::reader& database, millis now) {
  story_.note("201", static_cast<std::uint64_t>(id.value), job.image_count(),
              [&] { return name_of_job(id) + ", images " + std::to_string(job.image_count()); });
  if (!accepted_.emplace(id.value, &job).second)
    broken(name_of_job(id) + " was given to two clients");
  const auto status = database.status(id);
  if (!status) return broken(name_of_job(id) + " was accepted and is not in the database");
  if (status->images.total != static_cast<std::int64_t>(job.image_count()))
    broken(name_of_job(id) + " was accepted with other images than submitted");
  look_at(database, now);
  newcomer_.accepted(job, now);
}

void witness::reported(job_id id, const job_status& status) {
  check_counts(id, status);
  auto& before = reported_[id.value];
  if (status.run < before.run) broken(name_of_job(id) + " went back to an older run");
  const auto least = status.run == before.run ? before.counts.done() : before.counts.succeeded;
  if (status.images.done() < least)
    broken(name_of_job(id) + " went back from " + std::to_string(least) + " to " +
           std::to_string(status.images.done()));
  before = {status.run, status.images};
}

void witness::cancel_is_requested(job_id id) {
  story_.note("cancel", static_cast<std::uint64_t>(id.value), 0, [&] { return name_of_job(id); });
  absences_.jobs_leave();
  auto& requests = requests_[id.value];
  ++requests.open_cancels;
  requests.may_be_cancelled = true;
}

void witness::cancelled(job_id id, run_number run, millis now) {
  story_.note("cancelled", static_cast<std::uint64_t>(id.value), 0,
              [&] { return name_of_job(id); });
  auto& requests = requests_[id.value];
  if (jobs_.at(id.value).run == run && !requests.cancelled) requests.cancelled = now;
}

void witness::redrive_is_requested(job_id id) {
  story_.note("redrive", static_cast<std::uint64_t>(id.value), 0, [&] { return name_of_job(id); });
  auto& requests = requests_[id.value];
  ++requests.redrives;
  requests.redrive_in_doubt = true;
}

void witness::redriven(job_id id, run_number run, storage::reader& database) {
  story_.note("redriven", static_cast<std::uint64_t>(id.value),
              static_cast<std::uint64_t>(run.value), [&] { return name_of_job(id); });
  const auto status = database.status(id);
  if (!status || status->run < run)
    broken(name_of_job(id) + " was answered to have another run, and has none");
  redrive_is_settled(id);
}

void witness::check_counts(job_id id, const job_status& status) {
  const auto& counts = status.images;
  if (counts.succeeded < 0 || counts.failed < 0 || counts.pending() < 0)
    broken(name_of_job(id) + " has counts that do not add up");
  if (status.state == job_state::completed && counts.failed > 0)
    broken(name_of_job(id) + " is completed with a failed image");
  if (status.state == job_state::failed && counts.failed == 0)
    broken(name_of_job(id) + " failed without a failed image");
  if ((status.state == job_state::ongoing) != (counts.pending() > 0))
    broken(name_of_job(id) + " has pending images at its end, or none before it");
}

// --- the life of the process --------------------------------------------------------------------

void witness::process_ends(millis now) {
  for (auto& [id, requests] : requests_) requests.open_cancels = 0;
  open_ = 0;
  open_at_.clear();
  for (auto& [url, history] : histories_) {
    history.first_success.reset();
    history.attempts = history.without_contact = 0;
    history.is_being_fetched = history.is_final = false;
  }
  outages_.clear();
  absences_.process_ends();
  last_failures_.clear();
  for (auto& [id, known] : jobs_) known.there_since = now;
}

void witness::drained(storage::reader& database, millis now) {
  look_at(database, now);
  for (const auto kind :
       {fault::busy_storage, fault::failing_statement, fault::full_disk, fault::crash_in_commit}) {
    if (plan_.faults.has(kind)) return;  // storage may have refused the last results
  }
  if (job_actors_were_killed_) return;
  for (const auto& [url, history] : histories_) {
    if (history.is_final && history.rows == 1 && pending_rows_[url] > 0)
      broken(url + " was reported before the end of a drain, and is not recorded");
  }
}

/// When time passes, no message waits. Then only what is in flight or is being recorded holds
/// credits, where neither slots nor hosts are full: also images of origins that are away hold none.
void witness::check_nothing_is_held(millis now) {
  if (now <= looked_at_ || plan_.timers_first != 0 || !plan_.only_hosts_fail()) return;
  const auto idly_held = gauges_.images_in_flight == 0 ? gauges_.images_held : 0;
  const bool has_changed = std::exchange(idly_held_, idly_held) != idly_held;
  const bool has_recorded = std::exchange(done_before_, images_done_) != images_done_;
  if (has_changed || has_recorded) held_since_ = looked_at_;
  if (idly_held > 0 && looked_at_ > held_since_ + limits::record_after)
    broken(std::to_string(idly_held) + " images are held although none is in flight");
}

void witness::check_rooms(millis now) {
  const auto passed_over =
      rooms_.look_at({open_, open_at_}, static_cast<std::size_t>(gauges_.images_in_flight), now);
  if (!passed_over.empty()) broken(passed_over);
}

void witness::look_at(const actors::pool_gauges& gauges, std::size_t longest_mailbox, millis now) {
  check_nothing_is_held(now);
  gauges_ = gauges;
  looked_at_ = now;
  const auto places = static_cast<std::int64_t>(plan_.pool.images_in_flight);
  if (gauges.images_in_flight > places) broken("more images in flight than places");
  if (gauges.fetches > static_cast<std::int64_t>(plan_.pool.fetch_slots))
    broken("more fetches than slots");
  if (gauges.images_held > places * static_cast<std::int64_t>(limits::credits_per_place))
    broken("more images held than credits");
  if (gauges.images_in_flight < 0 || gauges.fetches < 0 || gauges.images_held < 0)
    broken("a window is below zero");
  // A message or two for every image that is held, and some for every job.
  const auto most =
      4 * plan_.pool.images_in_flight * limits::credits_per_place + 16 * plan_.jobs.size() + 64;
  if (longest_mailbox > most)
    broken("a mailbox holds " + std::to_string(longest_mailbox) + " messages");
}

void witness::look_at(storage::reader& database, millis now) {
  // Jobs that have ended do not change, and are looked at once more in `conclude`.
  std::int64_t ongoing = 0, pending = 0;
  for (const auto& brief : database.ongoing_jobs(job_id{0}, limits::recovery_page)) {
    auto& known = jobs_.try_emplace(brief.id.value).first->second;
    if (brief.run > known.run) known.state = job_state::ongoing;  // again
    ++ongoing;
    pending += brief.images.pending();
  }
  if (!plan_.faults.has(
          fault::unknown_commit)) {  // which stores jobs that are not counted as admitted
    if (ongoing > plan_.supervisor.max_jobs) broken("more jobs are ongoing than may be");
    if (pending > plan_.supervisor.max_pending_images)
      broken("more images are pending than may be");
  }
  for (const auto& [id, job] : accepted_) jobs_.try_emplace(id);
  for (const auto& [id, known] : jobs_) {
    if (known.state == job_state::ongoing) look_at_job(job_id{id}, database, now);
  }
}

void witness::look_at_job(job_id id, storage::reader& database, millis now) {
  auto& known = jobs_.at(id.value);
  const auto status = database.status(id);
  if (!status) return broken(name_of_job(id) + " is gone");
  check_counts(id, *status);
  if (status->run < known.run) broken(name_of_job(id) + " went back to an older run");
  const bool is_new_run = status->run > known.run;
  if (known.state != job_state::ongoing && status->state != known.state && !is_new_run)
    broken(name_of_job(id) + " changed after its end");
  if (!known.results.empty() && status->images == known.counts && !is_new_run) {
    known.state = status->state;
    return;
  }
  const auto rows =
      database.images(id, image_number{-1}, static_cast<std::size_t>(status->images.total) + 1);
  if (static_cast<std::int64_t>(rows.size()) != status->images.total)
    return broken(name_of_job(id) + " has another number of rows than images");
  image_counts counted{status->images.total, 0, 0};
  const bool is_new = known.results.empty();
  if (is_new || is_new_run) known.there_since = now;
  if (is_new) known.results.resize(rows.size());
  if (is_new_run) begin_run(id, known, status->run, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].number.value != static_cast<decltype(rows[i].number.value)>(i))
      return broken(name_of_job(id) + " has a gap in its images");
    if (is_new) {
      ++pending_rows_[rows[i].url];
      ++histories_[rows[i].url].rows;
      histories_[rows[i].url].job = id.value;
      if (rows[i].store_id != unknown_store && !rows[i].url.starts_with(invalid_url_mark))
        rooms_.wants(rows[i].url);
    }
    if (rows[i].pending) {
      if (known.results[i]) broken(name_of_job(id) + " lost a result");
      continue;
    }
    (rows[i].result.succeeded() ? counted.succeeded : counted.failed) += 1;
    if (known.results[i]) {
      const auto& before = *known.results[i];
      if (before.code != rows[i].result.code || before.measured != rows[i].result.measured ||
          before.attempts != rows[i].result.attempts) {
        broken(name_of_job(id) + " has a second result for an image");
      }
      continue;
    }
    known.results[i] = rows[i].result;
    --pending_rows_[rows[i].url];
    ++images_done_;
    look_at_row(id, rows[i], now);
  }
  check_store_failures(id, *status, rows);
  if (counted != status->images) broken(name_of_job(id) + " has other counters than rows");
  known.counts = counted;
  known.state = status->state;
  story_.note("recorded", static_cast<std::uint64_t>(id.value),
              static_cast<std::uint64_t>(counted.done()), [&] {
                return name_of_job(id) + ": " + std::to_string(counted.succeeded) + " measured, " +
                       std::to_string(counted.failed) + " failed of " +
                       std::to_string(counted.total);
              });
}

/// Failed images are pending again, and what was seen of them so far does not count for the new
/// result.
void witness::begin_run(job_id id, known_job& known, run_number run,
                        const std::vector<storage::image_row>& rows) {
  auto& requests = requests_[id.value];
  if (run.value - 1 > requests.redrives)
    broken(name_of_job(id) + " has another run without a redrive request");
  requests.may_be_cancelled = requests.open_cancels > 0;
  requests.cancelled.reset();
  known.run = run;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!known.results[i] || known.results[i]->succeeded()) continue;
    known.results[i].reset();
    ++pending_rows_[rows[i].url];
    auto& history = histories_[rows[i].url];
    history.attempts = history.without_contact = 0;
    history.is_final = false;
    absences_.begin_run(rows[i].url);
    if (history.rows != 1) continue;
    history.codes.clear();
    history.exploded = false;
  }
}

void witness::check_store_failures(job_id id, const job_status& status,
                                   const std::vector<storage::image_row>& rows) {
  if (status.state != job_state::failed) return;
  std::vector<store_failure> expected;
  for (const auto& row : rows) {
    if (row.pending || row.result.succeeded()) continue;
    const auto known = std::ranges::find(expected, row.store_id, &store_failure::store_id);
    if (known == expected.end()) {
      expected.push_back({row.store_id, row.result.code, {}, 1});
    } else {
      ++known->failed_images;
    }
  }
  const bool same = std::ranges::equal(
      status.failures, expected, [](const store_failure& told, const store_failure& wanted) {
        return told.store_id == wanted.store_id && told.code == wanted.code &&
               told.failed_images == wanted.failed_images;
      });
  if (!same) broken(name_of_job(id) + " reports other failed stores than its images have");
}

void witness::look_at_row(job_id id, const storage::image_row& row, millis now) {
  const auto who = name_of_job(id) + ", " + row.url;
  const auto& history = histories_[row.url];
  if (row.result.succeeded()) {
    check_measurement(who, row, now);
  } else {
    check_failure(id, who, row, now);
  }
  if (row.result.attempts > 0 &&
      (row.result.attempts > history.attempts ||
       row.result.attempts < history.attempts - history.without_contact) &&
      is_fetched_by_one(history))
    broken(who + " reports " + std::to_string(row.result.attempts) + " attempts where " +
           std::to_string(history.attempts) + " were made");
  if (row.result.attempts > history.attempts - absences_.missed(row.url) &&
      is_fetched_by_one(history))
    broken(who + " has lost an attempt to an outage");
  rooms_.wants_no_more(row.url);
  absences_.recorded(row.url, plan_.origin_of(row.url).host);
}

void witness::check_measurement(const std::string& who, const storage::image_row& row, millis now) {
  const auto& history = histories_[row.url];
  if (!history.codes.contains(error_code::none))
    return broken(who + " has a measurement without a successful fetch");
  if (row.result.measured != picture_at(row.url))
    broken(who + " has the measurement of another image");
  if (history.first_success && now < *history.first_success + plan_.pool.image.delay_min)
    broken(who + " was reported before its delay was over");
  if (row.result.attempts < 1 || row.result.attempts > plan_.pool.attempts)
    broken(who + " has an impossible number of attempts");
}

/// Its host could not be reached for as long as is borne. Images of a large job are given up
/// without being read, also those of stores that do not exist.
void witness::check_given_up(job_id id, const std::string& who, const storage::image_row& row,
                             millis now) {
  const auto& origin = plan_.origin_of(row.url);
  if (outages_[origin.host].until(now) + message_delay < plan_.pool.origin_patience.lasts)
    broken(who + " is given up before the patience with its host is over");
  const auto there_since = jobs_.at(id.value).there_since;
  const auto last_failure = last_failures_.find(origin.host);
  const auto delay = plan_.timers_first == 0 ? millis{0} : message_delay;
  if (last_failure == last_failures_.end() || last_failure->second + delay < there_since)
    broken(who + " is given up although its host has not failed since its job is there");
  const auto& away = outages_[origin.host].since;
  if (away && plan_.only_hosts_fail() && plan_.timers_first == 0 && is_read_by_origin(id) &&
      now > std::max(*away, there_since) + longest_absence())
    broken(who + " is given up too late");
  if (const auto unsound = absences_.give_up(origin.host); !unsound.empty())
    broken(who + " " + unsound);
  // A job that comes when patience is nearly over sees only the probes that are left.
  if (origin.is_borne && !origin.is_silent_at(row.url) &&
      now >= there_since + plan_.pool.origin_patience.lasts)
    broken(who + " is given up although only other URLs of its host are silent");
  const auto& history = histories_[row.url];
  if (history.is_final && is_fetched_by_one(history))
    broken(who + " is given up although its outcome was there");
}

/// Others are read in the order of their images, and want a host when they come to it.
bool witness::is_read_by_origin(job_id id) const {
  const auto found = accepted_.find(id.value);
  return found != accepted_.end() && found->second->is_numbered &&
         found->second->image_count() > limits::page_images;
}

/// From the moment at which a host is away and an image wants it: patience, the pause before the
/// next probe, its turn, its silence, and what is in flight meanwhile.
millis witness::longest_absence() const {
  return plan_.pool.origin_patience.lasts + limits::probe_pause_cap + plan_.slots_go_round() +
         limits::default_fetch_deadline + plan_.pool.image.delay_max + message_delay;
}

void witness::check_failure(job_id id, const std::string& who, const storage::image_row& row,
                            millis now) {
  const auto code = row.result.code;
  switch (code) {
    case error_code::store_not_found:
      if (row.store_id != unknown_store && !(row.store_id == passing_store && store_was_away_))
        broken(who + " fails although its store is there");
      return;
    case error_code::invalid_url:
      if (!row.url.starts_with(invalid_url_mark))
        broken(who + " fails as invalid although it is valid");
      return;
    case error_code::internal:
      if (!histories_[row.url].exploded && !job_actors_die_often_)
        broken(who + " fails as internal without a cause");
      return;
    case error_code::cancelled:
      if (!requests_[id.value].may_be_cancelled)
        broken(who + " is cancelled without a cancel request");
      if (row.result.attempts != 0) broken(who + " is cancelled although it was fetched");
      return;
    case error_code::origin_unavailable:
      if (row.result.attempts == 0) return check_given_up(id, who, row, now);
      break;
    default:
      break;
  }
  if (row.store_id == unknown_store) broken(who + " was fetched for a store that does not exist");
  if (!histories_[row.url].codes.contains(code))
    broken(who + " has a failure that no fetch ended with");
  const bool may_be_tried_again = can_pass(code, row.result.evidence.http_status) &&
                                  !histories_[row.url].lasting.contains(code);
  if (may_be_tried_again && row.result.attempts != plan_.pool.attempts)
    broken(who + " was not tried again");
  if (!may_be_tried_again && row.result.attempts > plan_.pool.attempts)
    broken(who + " was tried too often");
}

bool witness::all_have_ended(storage::reader& database) const {
  return database.ongoing_jobs(job_id{0}, 1).empty();
}

bool witness::only_unanswered_are_ongoing(storage::reader& database) const {
  const auto ongoing = database.ongoing_jobs(job_id{0}, limits::recovery_page);
  return std::none_of(ongoing.begin(), ongoing.end(), [&](const job_brief& each) {
    const auto requested = requests_.find(each.id.value);
    return accepted_.contains(each.id.value) &&
           !(requested != requests_.end() && requested->second.redrive_in_doubt);
  });
}

void witness::conclude(storage::reader& database) {
  for (auto& [id, known] : jobs_) {
    known.counts = {};  // look at every row once more
    look_at_job(job_id{id}, database, millis{std::int64_t{1} << 40});
    if (known.state == job_state::ongoing) broken(name_of_job(job_id{id}) + " did not end");
    const auto audited = database.audit(job_id{id}, [] { return true; });
    if (!audited || !audited->conserved) broken(name_of_job(job_id{id}) + " fails its audit");
    if (audited && audited->images.pending == 0 &&
        audited->submitted_digest != audited->recorded_digest) {
      broken(name_of_job(job_id{id}) + " has recorded other images than were submitted");
    }
  }
  for (const auto& [id, job] : accepted_) {
    const auto rows = database.images(job_id{id}, image_number{-1}, job->image_count() + 1);
    std::vector<std::string> submitted;
    for (const auto& visit : job->visits)
      submitted.insert(submitted.end(), visit.urls.begin(), visit.urls.end());
    const bool same = std::equal(
        rows.begin(), rows.end(), submitted.begin(), submitted.end(),
        [](const storage::image_row& row, const std::string& url) { return row.url == url; });
    if (!same) broken(name_of_job(job_id{id}) + " has other images than were submitted");
    const bool stored_once = std::ranges::all_of(
        submitted, [&](const std::string& url) { return histories_[url].rows == 1; });
    if (job->has_key && !stored_once)
      broken(name_of_job(job_id{id}) + " is stored twice under one key");
  }
}

void witness::rests(storage::reader& database, const actors::load_report& load,
                    const actors::pool_gauges& gauges, bool orphans_may_stay) {
  if (!all_have_ended(database)) return broken("jobs do not end");
  if (!orphans_may_stay && !database.staging_jobs().empty())
    broken("an unfinished submission is not deleted");
  if (load.ongoing_jobs != 0 || load.pending_images != 0) {
    broken("the supervisor counts " + std::to_string(load.ongoing_jobs) + " jobs and " +
           std::to_string(load.pending_images) + " images although all have ended");
  }
  if (gauges.images_in_flight != 0 || gauges.fetches != 0 || gauges.images_held != 0)
    broken("windows are taken although nothing is under way");
}

}  // namespace retail_pulse::simulation
