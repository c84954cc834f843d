// A witness that sees nothing proves nothing: each invariant is broken here once, by wrong events
// or wrong rows.
#include "simulation/witness.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {

BOOST_AUTO_TEST_SUITE(a_witness)

namespace {

using namespace std::chrono_literals;

/// One job of three images on one host: a known store, a store that does not exist, an invalid URL.
scenario small_plan() {
  scenario plan;
  plan.pool.images_in_flight = 4;
  plan.pool.fetch_slots = 2;
  plan.pool.origin_connections = 1;
  plan.pool.attempts = 2;
  plan.pool.image.delay_min = 100ms;
  plan.origins = {{"o0.test", "10.0.0.1", std::nullopt},
                  {"o1.test", "10.0.0.1", std::nullopt},
                  {"o2.test", "10.0.0.2", std::nullopt}};
  job_plan job;
  job.visits = {{"S1", {"http://o0.test/1.jpg", "http://o0.test/2.jpg"}},
                {unknown_store, {"http://o0.test/3.jpg"}}};
  plan.jobs = {job};
  return plan;
}

struct fixture {
  scenario plan = small_plan();
  story tell{nullptr};
  storage::location where =
      storage::location::shared_memory("witness " + std::to_string(++count()));
  storage::writer writer{where, {0ms, nullptr}};
  storage::reader reader{where, {0ms, nullptr}};
  witness watched{plan, tell};
  job_id job;

  static int& count() {
    static int made = 0;
    return made;
  }

  void write(const std::function<void()>& what) {
    writer.begin();
    what();
    writer.commit();
  }
  void accept() {
    write([&] {
      const auto submission = plan.jobs[0].submission();
      job = writer.create_job(*submission, unix_millis{0});
      writer.append(job, *submission, 0, submission->image_count());
      writer.publish(job, unix_millis{0});
    });
    watched.accepted(job, plan.jobs[0], reader, 0ms);
  }
  void fetch(const std::string& url, error_code code = error_code::none) {
    watched.fetch_begins(url, plan.origin_of(url), 0ms);
    fetch::outcome outcome;
    outcome.code = code;
    watched.fetch_ends(url, plan.origin_of(url), outcome, 10ms);
  }
  /// A fetch that does not reach its host.
  void miss(const std::string& url, millis from, millis to,
            error_code code = error_code::connect_failed) {
    watched.fetch_begins(url, plan.origin_of(url), from);
    end_missed(url, to, code);
  }
  void end_missed(const std::string& url, millis at, error_code code) {
    fetch::outcome outcome;
    outcome.code = code;
    outcome.with_origin = fetch::contact::failed;
    watched.fetch_ends(url, plan.origin_of(url), outcome, at);
  }
  void reach(const std::string& url, millis from, millis to) {
    watched.fetch_begins(url, plan.origin_of(url), from);
    fetch::outcome outcome;
    outcome.with_origin = fetch::contact::reached;
    watched.fetch_ends(url, plan.origin_of(url), outcome, to);
  }
  /// The first image is given up.
  void give_up(millis at, run_number run = {}) {
    record(bad(0, error_code::origin_unavailable, 0), at, run);
  }
  void postpone(const std::string& url) {
    watched.fetch_begins(url, plan.origin_of(url), 0ms);
    fetch::outcome full;
    full.code = error_code::origin_unavailable;
    full.postponed = true;
    watched.fetch_ends(url, plan.origin_of(url), full, 10ms);
  }
  image_result good(int number) {
    image_result result;
    result.number = image_number{number};
    result.measured = witness::picture_at("http://o0.test/" + std::to_string(number + 1) + ".jpg");
    return result;
  }
  image_result bad(int number, error_code code, int attempts) {
    image_result result;
    result.number = image_number{number};
    result.code = code;
    result.attempts = attempts;
    return result;
  }
  void record(const image_result& result, millis at = 1000ms, run_number run = {}) {
    write([&] { writer.record(job, run, {&result, 1}, unix_millis{0}); });
    watched.look_at(reader, at);
  }
  std::string violation() const { return tell.violation(); }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(reports_nothing_of_a_job_in_order) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  c.record(c.good(0));
  c.fetch("http://o0.test/2.jpg", error_code::timed_out);
  c.fetch("http://o0.test/2.jpg", error_code::timed_out);
  c.record(c.bad(1, error_code::timed_out, 2));
  c.record(c.bad(2, error_code::store_not_found, 0));
  c.watched.conclude(c.reader);
  c.watched.rests(c.reader, {}, {});
  BOOST_TEST(c.violation() == "");
}

BOOST_AUTO_TEST_CASE(sees_a_job_that_was_accepted_and_is_not_there) {
  fixture c;
  c.watched.accepted(job_id{7}, c.plan.jobs[0], c.reader, 0ms);
  BOOST_TEST(has(c.violation(), "is not in the database"));
}

BOOST_AUTO_TEST_CASE(sees_one_job_given_to_two_clients) {
  fixture c;
  c.accept();
  c.watched.accepted(c.job, c.plan.jobs[0], c.reader, 0ms);
  BOOST_TEST(has(c.violation(), "two clients"));
}

BOOST_AUTO_TEST_CASE(sees_a_measurement_of_another_image_or_of_none) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  auto swapped = c.good(1);
  swapped.number = image_number{0};
  c.record(swapped);
  BOOST_TEST(has(c.violation(), "the measurement of another image"));
  fixture d;
  d.accept();
  d.record(d.good(0));
  BOOST_TEST(has(d.violation(), "without a successful fetch"));
}

BOOST_AUTO_TEST_CASE(sees_a_report_before_its_delay) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  c.record(c.good(0), 109ms);
  BOOST_TEST(has(c.violation(), "before its delay"));
  fixture d;
  d.accept();
  d.fetch("http://o0.test/1.jpg");
  d.record(d.good(0), 110ms);
  BOOST_TEST(d.violation() == "");
}

BOOST_AUTO_TEST_CASE(sees_failures_and_attempts_that_did_not_happen) {
  const auto violation_after = [](error_code happened, const image_result& recorded) {
    fixture c;
    c.accept();
    c.fetch("http://o0.test/1.jpg", happened);
    c.record(recorded);
    return c.violation();
  };
  fixture maker;
  BOOST_TEST(has(violation_after(error_code::timed_out, maker.bad(0, error_code::truncated, 2)),
                 "that no fetch ended with"));
  BOOST_TEST(has(violation_after(error_code::timed_out, maker.bad(0, error_code::timed_out, 1)),
                 "not tried again"));
  BOOST_TEST(
      has(violation_after(error_code::timed_out, maker.bad(0, error_code::store_not_found, 0)),
          "although its store is there"));
  BOOST_TEST(has(violation_after(error_code::timed_out, maker.bad(0, error_code::invalid_url, 0)),
                 "fails as invalid"));
  BOOST_TEST(has(violation_after(error_code::timed_out, maker.bad(0, error_code::internal, 1)),
                 "without a cause"));
  BOOST_TEST(has(violation_after(error_code::too_large, maker.bad(0, error_code::too_large, 3)),
                 "too often"));
  BOOST_TEST(violation_after(error_code::too_large, maker.bad(0, error_code::too_large, 1)) == "");
}

BOOST_AUTO_TEST_CASE(sees_more_fetches_at_once_than_windows_allow) {
  fixture c;
  c.accept();
  c.watched.fetch_begins("http://o0.test/1.jpg", c.plan.origins[0], 0ms);
  c.watched.fetch_begins("http://o0.test/2.jpg", c.plan.origins[0], 0ms);
  BOOST_TEST(has(c.violation(), "from o0.test"));
  fixture d;
  d.accept();
  d.watched.fetch_begins("http://o0.test/1.jpg", d.plan.origins[0], 0ms);
  d.watched.fetch_begins("http://o0.test/2.jpg", d.plan.origins[1], 0ms);
  BOOST_TEST(has(d.violation(), "from 10.0.0.1"));
  fixture e;
  e.watched.look_at(actors::pool_gauges{4, 4, 2, 8}, 10, 0ms);
  BOOST_TEST(e.violation() == "");
  e.watched.look_at(actors::pool_gauges{5, 5, 2, 8}, 10, 0ms);
  BOOST_TEST(has(e.violation(), "than places"));
  fixture f;
  f.watched.look_at(actors::pool_gauges{0, 0, 0, 0}, 100'000, 0ms);
  BOOST_TEST(has(f.violation(), "a mailbox holds"));
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_fetched_after_its_result) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  c.record(c.good(0));
  c.fetch("http://o0.test/1.jpg");
  BOOST_TEST(has(c.violation(), "although its result is recorded"));
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_fetched_twice_at_once_or_after_its_final_outcome) {
  fixture c;
  c.plan.pool.origin_connections = 2;
  c.accept();
  c.watched.fetch_begins("http://o0.test/1.jpg", c.plan.origins[0], 0ms);
  c.watched.fetch_begins("http://o0.test/1.jpg", c.plan.origins[0], 0ms);
  BOOST_TEST(has(c.violation(), "twice at once"));
  fixture d;
  d.accept();
  d.fetch("http://o0.test/1.jpg", error_code::too_large);
  d.fetch("http://o0.test/1.jpg");
  BOOST_TEST(has(d.violation(), "after its final outcome"));
}

BOOST_AUTO_TEST_CASE(does_not_count_a_fetch_that_was_postponed) {
  for (const int reported : {1, 2}) {
    fixture c;
    c.accept();
    c.postpone("http://o0.test/1.jpg");
    c.fetch("http://o0.test/1.jpg");
    auto result = c.good(0);
    result.attempts = reported;
    c.record(result);
    BOOST_TEST(c.violation().empty() == (reported == 1));
  }
  fixture c;
  c.accept();
  c.postpone("http://o0.test/1.jpg");
  c.record(c.bad(0, error_code::origin_unavailable, 2));
  BOOST_TEST(has(c.violation(), "has a failure that no fetch ended with"));
}

BOOST_AUTO_TEST_CASE(sees_reported_attempts_that_did_not_happen) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg", error_code::timed_out);
  c.record(c.bad(0, error_code::timed_out, 2));
  BOOST_TEST(has(c.violation(), "reports 2 attempts where 1 were made"));
}

BOOST_AUTO_TEST_CASE(sees_more_admitted_than_may_be) {
  fixture c;
  c.plan.supervisor.max_jobs = 0;
  c.accept();
  BOOST_TEST(has(c.violation(), "more jobs are ongoing"));
  fixture d;
  d.plan.supervisor.max_pending_images = 2;
  d.accept();
  BOOST_TEST(has(d.violation(), "more images are pending"));
}

BOOST_AUTO_TEST_CASE(sees_a_report_that_a_drain_threw_away) {
  fixture c;
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  c.watched.drained(c.reader, 1000ms);
  BOOST_TEST(has(c.violation(), "is not recorded"));
}

BOOST_AUTO_TEST_CASE(sees_a_newcomer_that_has_no_turn) {
  auto plan = small_plan();
  plan.pool.fetch_slots = 4;
  job_plan late;
  late.visits = {{"S1", {"http://o2.test/late.jpg"}}};
  plan.jobs.push_back(late);
  plan.newcomer = 1;
  newcomer_watch patient{plan};
  patient.accepted(plan.jobs[1], 0ms);
  for (int i = 0; i < 4 + 3 * 2; ++i) {
    BOOST_TEST(patient.fetch_begins("http://o0.test/1.jpg", 0ms) == "");
    patient.fetch_ends("http://o0.test/1.jpg");
  }
  BOOST_TEST(has(patient.fetch_begins("http://o0.test/1.jpg", 0ms), "a newcomer waits"));
  newcomer_watch half{plan};
  half.accepted(plan.jobs[1], 0ms);
  BOOST_TEST(half.fetch_begins("http://o0.test/1.jpg", 1ms) == "");
  BOOST_TEST(half.fetch_begins("http://o0.test/2.jpg", 1ms) == "");
  BOOST_TEST(has(half.fetch_begins("http://o0.test/3.jpg", 1ms), "more than half"));
}

BOOST_AUTO_TEST_CASE(sees_what_is_left_at_the_end) {
  fixture c;
  c.accept();
  c.watched.conclude(c.reader);
  BOOST_TEST(has(c.violation(), "did not end"));
  fixture d;
  d.watched.rests(d.reader, {actors::phase::ready, 1, 0}, {});
  BOOST_TEST(has(d.violation(), "the supervisor counts 1 jobs"));
  fixture e;
  e.watched.rests(e.reader, {}, {1, 1, 0, 0});
  BOOST_TEST(has(e.violation(), "windows are taken"));
}

BOOST_AUTO_TEST_CASE(sees_a_status_that_goes_back_or_contradicts_itself) {
  fixture c;
  job_status status;
  status.images = {3, 2, 0};
  c.watched.reported(job_id{1}, status);
  BOOST_TEST(c.violation() == "");
  status.images = {3, 1, 0};
  c.watched.reported(job_id{1}, status);
  BOOST_TEST(has(c.violation(), "went back"));
  fixture d;
  status.images = {3, 2, 1};
  status.state = job_state::completed;
  d.watched.reported(job_id{1}, status);
  BOOST_TEST(has(d.violation(), "with a failed image"));
}

namespace {

/// A job of which the first image is measured, and the others have failed.
void fail_job(fixture& c) {
  c.accept();
  c.fetch("http://o0.test/1.jpg");
  c.record(c.good(0));
  c.fetch("http://o0.test/2.jpg", error_code::too_large);
  c.record(c.bad(1, error_code::too_large, 1));
  c.record(c.bad(2, error_code::store_not_found, 0));
}

void redrive(fixture& c) {
  c.watched.redrive_is_requested(c.job);
  c.write([&] { c.writer.redrive(c.job, 10, unix_millis{0}); });
  c.watched.look_at(c.reader, 2000ms);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reports_nothing_of_a_redrive_that_was_asked_for) {
  fixture c;
  fail_job(c);
  redrive(c);
  c.watched.redriven(c.job, run_number{2}, c.reader);
  c.fetch("http://o0.test/2.jpg");
  c.record(c.good(1), 3000ms, run_number{2});
  c.record(c.bad(2, error_code::store_not_found, 0), 3000ms, run_number{2});
  c.watched.conclude(c.reader);
  BOOST_TEST(c.violation() == "");
}

BOOST_AUTO_TEST_CASE(sees_a_run_without_a_request_and_one_that_is_missing) {
  fixture c;
  fail_job(c);
  c.write([&] { c.writer.redrive(c.job, 10, unix_millis{0}); });
  c.watched.look_at(c.reader, 2000ms);
  BOOST_TEST(has(c.violation(), "another run without a redrive request"));
  fixture d;
  fail_job(d);
  d.watched.redrive_is_requested(d.job);
  d.watched.redriven(d.job, run_number{2}, d.reader);
  BOOST_TEST(has(d.violation(), "was answered to have another run"));
}

BOOST_AUTO_TEST_CASE(
    sees_a_good_image_that_a_redrive_fetches_and_a_result_of_the_run_before_that_counts) {
  fixture c;
  fail_job(c);
  redrive(c);
  c.fetch("http://o0.test/1.jpg");
  BOOST_TEST(has(c.violation(), "although its result is recorded"));
  fixture d;
  fail_job(d);
  redrive(d);
  d.record(d.bad(1, error_code::too_large, 1), 3000ms,
           run_number{2});  // nothing was fetched in this run
  BOOST_TEST(has(d.violation(), "that no fetch ended with"));
}

BOOST_AUTO_TEST_CASE(sees_images_that_are_cancelled_without_a_request_or_fetched_after_one) {
  const auto cancelled = [](bool asked, int attempts) {
    fixture c;
    c.accept();
    if (asked) c.watched.cancel_is_requested(c.job);
    c.record(c.bad(0, error_code::cancelled, attempts));
    return c.violation();
  };
  BOOST_TEST(has(cancelled(false, 0), "without a cancel request"));
  BOOST_TEST(has(cancelled(true, 1), "although it was fetched"));
  BOOST_TEST(cancelled(true, 0) == "");
  fixture c;
  c.accept();
  c.watched.cancel_is_requested(c.job);
  c.watched.cancel_is_answered(c.job);
  c.watched.cancelled(c.job, run_number{1}, 10ms);
  c.watched.fetch_begins("http://o0.test/1.jpg", c.plan.origins[0], 10ms);
  BOOST_TEST(c.violation() == "");
  c.watched.fetch_begins("http://o0.test/2.jpg", c.plan.origins[2], 11ms);
  BOOST_TEST(has(c.violation(), "although its job was cancelled"));
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_given_up_before_patience_is_over) {
  fixture c;
  c.plan.pool.origin_patience = {2, 10s};
  c.accept();
  c.miss("http://o0.test/1.jpg", 0ms, 10ms);
  c.miss("http://o0.test/2.jpg", 10ms, 20ms);
  c.miss("http://o0.test/1.jpg", 2000ms, 2010ms);
  c.give_up(8000ms);
  BOOST_TEST(has(c.violation(), "before the patience with its host is over"));
  fixture d;
  d.plan.pool.origin_patience = {2, 10s};
  d.accept();
  d.miss("http://o0.test/1.jpg", 0ms, 10ms);
  d.miss("http://o0.test/2.jpg", 10ms, 20ms);
  d.give_up(11'000ms);
  BOOST_TEST(has(d.violation(), "before a probe has failed"));
  fixture e;
  e.plan.pool.origin_patience = {2, 10s};
  e.accept();
  e.miss("http://o0.test/1.jpg", 0ms, 10ms);
  e.miss("http://o0.test/2.jpg", 10ms, 20ms);
  e.miss("http://o0.test/1.jpg", 2000ms, 2010ms);
  e.give_up(11'000ms);
  BOOST_TEST(e.violation() == "");
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_given_up_for_what_was_before_its_run) {
  for (const bool has_failed_again : {true, false}) {
    fixture c;
    c.plan.pool.origin_patience = {10, 1s};
    c.accept();
    c.reach("http://o0.test/1.jpg", 0ms, 10ms);
    c.record(c.good(0));
    c.miss("http://o0.test/2.jpg", 1000ms, 1010ms);
    c.miss("http://o0.test/2.jpg", 1100ms, 1110ms);
    c.record(c.bad(1, error_code::connect_failed, 2));
    c.record(c.bad(2, error_code::store_not_found, 0));
    redrive(c);
    if (has_failed_again) c.miss("http://o0.test/2.jpg", 2100ms, 2110ms);
    c.record(c.bad(1, error_code::origin_unavailable, 0), 5000ms, run_number{2});
    BOOST_TEST(has(c.violation(), "has not failed since its job is there") != has_failed_again);
  }
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_given_up_too_late) {
  const auto violation_at = [](millis at, bool is_numbered) {
    fixture c;
    c.plan.pool.origin_patience = {10, 10s};
    c.plan.jobs[0].is_numbered = is_numbered;
    for (int i = 4; i < 80; ++i)
      c.plan.jobs[0].visits[0].urls.push_back("http://o0.test/" + std::to_string(i) + ".jpg");
    c.accept();
    c.miss("http://o0.test/1.jpg", 0ms, 10ms);
    c.give_up(at);
    return c.violation();
  };
  BOOST_TEST(violation_at(60s, true) == "");
  BOOST_TEST(has(violation_at(120s, true), "is given up too late"));
  BOOST_TEST(violation_at(120s, false) == "");
}

BOOST_AUTO_TEST_CASE(sees_a_healthy_image_that_is_given_up_for_silent_urls) {
  for (const bool is_borne : {true, false}) {
    fixture c;
    c.plan.pool.origin_patience = {10, 1s};
    c.plan.origins[0].behaviour = fault::silent_urls;
    c.plan.origins[0].is_borne = is_borne;
    c.accept();
    c.miss("http://o0.test/2.jpg", 0ms, 10ms);
    c.give_up(11s);
    BOOST_TEST(has(c.violation(), "only other URLs of its host are silent") == is_borne);
  }
}

BOOST_AUTO_TEST_CASE(sees_an_image_that_is_given_up_after_its_outcome) {
  fixture c;
  c.plan.pool.origin_patience = {10, 1s};
  c.accept();
  c.miss("http://o0.test/2.jpg", 0ms, 10ms);
  c.fetch("http://o0.test/1.jpg");
  c.give_up(11s);
  BOOST_TEST(has(c.violation(), "although its outcome was there"));
}

BOOST_AUTO_TEST_CASE(sees_an_attempt_that_is_lost_to_an_outage) {
  for (const int reported : {1, 2}) {
    fixture c;
    c.plan.pool.origin_patience = {1, 60s};
    c.accept();
    c.miss("http://o0.test/1.jpg", 0ms, 10ms);
    c.reach("http://o0.test/1.jpg", 2000ms, 2010ms);
    auto result = c.good(0);
    result.attempts = reported;
    c.record(result, 3000ms);
    BOOST_TEST(has(c.violation(), "has lost an attempt to an outage") == (reported == 2));
  }
}

BOOST_AUTO_TEST_CASE(counts_silence_while_the_host_was_reached_as_an_attempt) {
  for (const int reported : {1, 2}) {
    fixture c;
    c.plan.pool.origin_connections = 2;
    c.accept();
    c.watched.fetch_begins("http://o0.test/1.jpg", c.plan.origins[0], 0ms);
    c.reach("http://o0.test/2.jpg", 0ms, 5000ms);
    c.end_missed("http://o0.test/1.jpg", 10s, error_code::timed_out);
    c.reach("http://o0.test/1.jpg", 11s, 12s);
    auto result = c.good(0);
    result.attempts = reported;
    c.record(result, 13s);
    BOOST_TEST(has(c.violation(), "reports 1 attempts where 2 were made") == (reported == 1));
  }
}

BOOST_AUTO_TEST_CASE(sees_images_that_are_held_while_nothing_is_in_flight) {
  const auto violation = [](const actors::pool_gauges& gauges, millis last) {
    fixture c;
    for (const auto at : {0ms, 10ms, 10ms + last, 20ms + last}) c.watched.look_at(gauges, 0, at);
    return c.violation();
  };
  BOOST_TEST(violation({0, 0, 0, 1}, limits::record_after - 10ms) == "");
  BOOST_TEST(has(violation({0, 0, 0, 1}, limits::record_after), "1 images are held"));
  BOOST_TEST(violation({1, 1, 0, 2}, 1s) == "");
  BOOST_TEST(violation({0, 1, 0, 0}, 1s) == "");
}

BOOST_AUTO_TEST_CASE(sees_a_cancel_that_outlives_its_run) {
  fixture c;
  fail_job(c);
  c.watched.cancel_is_requested(c.job);
  c.watched.cancel_is_answered(c.job);
  redrive(c);
  c.record(c.bad(1, error_code::cancelled, 0), 3000ms, run_number{2});
  BOOST_TEST(has(c.violation(), "without a cancel request"));
}

BOOST_AUTO_TEST_CASE(sees_two_jobs_of_one_key) {
  fixture c;
  c.plan.jobs[0].has_key = true;
  c.accept();
  job_id second;
  c.write([&] {
    const auto submission = c.plan.jobs[0].submission();
    second = c.writer.create_job(*submission, unix_millis{0});
    c.writer.append(second, *submission, 0, 3);
    c.writer.publish(second, unix_millis{0});
  });
  c.watched.look_at(c.reader, 10ms);
  for (const auto job : {c.job, second}) {
    c.watched.cancel_is_requested(job);
    c.write(
        [&] { c.writer.abandon(job, run_number{1}, {error_code::cancelled}, 10, unix_millis{0}); });
  }
  c.watched.conclude(c.reader);
  BOOST_TEST(has(c.violation(), "is stored twice under one key"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::simulation
