#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

using outcome = controlled::kind;
using kind = storage_error::kind;

constexpr run_number second{2};

controlled redrive(writer& w, job_id job, std::int64_t room = 1000,
                   unix_millis now = unix_millis{3000}) {
  w.begin();
  const auto came_to = w.redrive(job, room, now);
  w.commit();
  return came_to;
}

controlled cancel(writer& w, job_id job, unix_millis now = unix_millis{3000}) {
  w.begin();
  const auto came_to = w.cancel(job, now);
  w.commit();
  return came_to;
}

/// Of two stores with three images each, 1, 3 and 4 have failed.
job_id failed_job(writer& w) {
  const auto job = submit(w, plain_submission(2, 3));
  record(w, job, {good(0), bad(1), good(2), bad(3), bad(4, error_code::not_an_image), good(5)});
  return job;
}

std::vector<std::int64_t> pending_numbers(reader& r, job_id job, run_number run,
                                          std::size_t limit = 100) {
  std::vector<std::int64_t> numbers;
  for (image_number after{-1};;) {
    const auto page = r.pending_images(job, run, not_numbered, after, limit);
    for (const auto& task : page) numbers.push_back(task.number.value);
    if (page.size() < limit) return numbers;
    after = page.back().number;
  }
}

std::int64_t number_in(const location& where, const std::string& query) {
  soci::session raw{soci::sqlite3, where.connect_string()};
  long long number = 0;
  raw << query, soci::into(number);
  return number;
}

bool is_wanted() { return true; }

}  // namespace

BOOST_AUTO_TEST_SUITE(redriving)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_redrive_makes_the_failed_images_pending_and_keeps_the_good_ones,
                              place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  const auto came_to = redrive(at.w, job);
  BOOST_TEST((came_to.what == outcome::done));
  BOOST_TEST(came_to.job.run.value == 2);
  BOOST_TEST((came_to.job.images == image_counts{6, 3, 0}));
  const auto status = *at.r.status(job);
  BOOST_TEST(name_of(status.state) == "ongoing");
  BOOST_TEST(status.run.value == 2);
  BOOST_TEST((status.images == image_counts{6, 3, 0}));
  BOOST_TEST(!status.finished_at.has_value());
  BOOST_TEST(status.failures.empty());
  const std::vector<std::int64_t> failed{1, 3, 4};
  for (const std::size_t limit : {1U, 2U, 3U, 100U}) {
    BOOST_TEST(pending_numbers(at.r, job, second, limit) == failed,
               boost::test_tools::per_element());
  }
  BOOST_TEST(pending_numbers(at.r, job, run_number{1}).empty());
  const auto rows = at.r.images(job, image_number{-1}, 10);
  for (const auto& row : rows) {
    const bool waits = std::ranges::find(failed, row.number.value) != failed.end();
    BOOST_TEST(row.pending == waits);
    BOOST_TEST(row.error == "");
    BOOST_TEST(row.result.succeeded());
  }
  const auto brief = at.r.ongoing_jobs(job_id{0}, 10).at(0);
  BOOST_TEST(brief.run.value == 2);
  BOOST_TEST(brief.images.pending() == 3);
  BOOST_TEST(!brief.cancelled);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(results_of_the_new_run_overwrite_the_failures, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  redrive(at.w, job);
  auto first = record(at.w, job, {good(1, 10, 20), bad(3, error_code::timed_out)}, second,
                      unix_millis{4000});
  BOOST_TEST(first.changed == 2);
  BOOST_TEST((first.images == image_counts{6, 4, 1}));
  BOOST_TEST(first.run.value == 2);
  BOOST_TEST(pending_numbers(at.r, job, second) == std::vector<std::int64_t>{4},
             boost::test_tools::per_element());
  BOOST_TEST(record(at.w, job, {good(1), good(3), bad(0)}, second).changed ==
             0);  // each has its result of this run
  const auto last = record(at.w, job, {good(4)}, second, unix_millis{5000});
  BOOST_TEST(name_of(last.state) == "failed");
  const auto status = *at.r.status(job);
  BOOST_REQUIRE(status.failures.size() == 1U);
  BOOST_TEST(status.failures[0].store_id == "S1");
  BOOST_TEST(status.failures[0].failed_images == 1);
  BOOST_TEST(describe(status.failures[0].code).name == "timed_out");
  const auto row = at.r.images(job, image_number{0}, 1).at(0);
  BOOST_TEST(!row.pending);
  BOOST_TEST(row.result.measured.width == 10U);
  BOOST_TEST(row.error == "");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_job_whose_failures_are_gone_is_completed_and_can_be_redriven_no_more, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  redrive(at.w, job);
  BOOST_TEST(name_of(record(at.w, job, {good(1), good(3), good(4)}, second).state) == "completed");
  const auto came_to = redrive(at.w, job);
  BOOST_TEST((came_to.what == outcome::nothing_failed));
  BOOST_TEST(came_to.job.run.value == 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(late_results_of_an_older_run_change_nothing, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  redrive(at.w, job);
  const auto late = record(at.w, job, {good(1), bad(3)}, run_number{1});
  BOOST_TEST(late.changed == 0);
  BOOST_TEST(late.run.value == 2);
  BOOST_TEST(name_of(late.state) == "ongoing");
  BOOST_TEST(abandon(at.w, job, error_code::internal, 10, run_number{1}).changed == 0);
  BOOST_TEST(at.r.status(job)->images.pending() == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_third_run_tries_only_what_failed_in_the_second, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  redrive(at.w, job);
  record(at.w, job, {good(1), bad(3), bad(4)}, second);
  BOOST_TEST((redrive(at.w, job).what == outcome::done));
  const std::vector<std::int64_t> failed{3, 4};
  BOOST_TEST(pending_numbers(at.r, job, run_number{3}) == failed, boost::test_tools::per_element());
  BOOST_TEST(name_of(record(at.w, job, {good(3), good(4)}, run_number{3}).state) == "completed");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_waits_for_its_new_result_is_abandoned_slice_by_slice, place,
                              places) {
  open_place<place> at;
  const auto job = submit(at.w, plain_submission(1, 7));
  record(at.w, job, {bad(0), good(1), bad(2), bad(3), bad(4), bad(5), bad(6)});
  redrive(at.w, job);
  record(at.w, job, {bad(3)}, second);
  image_position after;
  std::vector<std::int64_t> changed;
  for (recorded slice; slice.changed > 0 || changed.empty();) {
    at.w.begin();
    slice = at.w.abandon(job, second, {error_code::cancelled}, 2, unix_millis{9}, after);
    at.w.commit();
    after = slice.last;
    changed.push_back(slice.changed);
  }
  const std::vector<std::int64_t> expected{2, 2, 1, 0};
  BOOST_TEST(changed == expected, boost::test_tools::per_element());
  const auto status = *at.r.status(job);
  BOOST_TEST(name_of(status.state) == "failed");
  BOOST_TEST(status.failures.at(0).failed_images == 6);
  BOOST_TEST(describe(at.r.images(job, image_number{2}, 1).at(0).result.code).name == "timed_out");
  BOOST_TEST(describe(at.r.images(job, image_number{3}, 1).at(0).result.code).name == "cancelled");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_redrive_that_cannot_be_says_why_and_changes_nothing, place,
                              places) {
  open_place<place> at;
  BOOST_TEST((redrive(at.w, job_id{1}).what == outcome::no_such_job));
  const auto ongoing = submit(at.w, plain_submission(1, 2));
  record(at.w, ongoing, {bad(0)});
  BOOST_TEST((redrive(at.w, ongoing).what == outcome::ongoing));
  const auto completed = submit(at.w, plain_submission(1, 1));
  record(at.w, completed, {good(0)});
  BOOST_TEST((redrive(at.w, completed).what == outcome::nothing_failed));
  const auto failed = failed_job(at.w);
  const auto refused = redrive(at.w, failed, 2);
  BOOST_TEST((refused.what == outcome::too_many));
  BOOST_TEST(refused.job.images.failed == 3);
  BOOST_TEST(name_of(at.r.status(failed)->state) == "failed");
  BOOST_TEST((redrive(at.w, failed, 3).what == outcome::done));
  at.w.begin();
  const auto staging = at.w.create_job(plain_submission(1, 1), unix_millis{1});
  BOOST_TEST((at.w.redrive(staging, 10, unix_millis{1}).what == outcome::no_such_job));
  BOOST_TEST((at.w.cancel(staging, unix_millis{1}).what == outcome::no_such_job));
  at.w.rollback();
}

BOOST_AUTO_TEST_CASE(a_redrive_keeps_when_it_began_and_what_was_there_before) {
  open_place<on_disk> at;
  const auto job = failed_job(at.w);
  cancel(at.w, job);
  redrive(at.w, job, 10, unix_millis{7777});
  BOOST_TEST(number_in(at.where, "SELECT run_started_at FROM jobs") == 7777);
  BOOST_TEST(number_in(at.where, "SELECT run_kept FROM jobs") == 3);
  BOOST_TEST(number_in(at.where, "SELECT count(*) FROM store_failures") == 0);
  BOOST_TEST(number_in(at.where, "SELECT count(*) FROM images WHERE state = 2 AND run = 1") ==
             3);  // as they were
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_redriven_job_stands_an_audit_at_any_time, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  redrive(at.w, job);
  auto audit = *at.r.audit(job, is_wanted);
  BOOST_TEST(audit.conserved);
  BOOST_TEST(audit.run.value == 2);
  BOOST_TEST((audit.images == image_tally{6, 3, 0, 3}));
  BOOST_TEST((audit.stores.at(1).images == image_tally{3, 1, 0, 2}));
  BOOST_TEST(audit.recorded_digest != audit.submitted_digest);
  record(at.w, job, {bad(1), good(3)}, second);
  audit = *at.r.audit(job, is_wanted);
  BOOST_TEST(audit.conserved);
  BOOST_TEST((audit.images == image_tally{6, 4, 1, 1}));
  record(at.w, job, {good(4)}, second);
  audit = *at.r.audit(job, is_wanted);
  BOOST_TEST(audit.conserved);
  BOOST_TEST((audit.images == image_tally{6, 5, 1, 0}));
  BOOST_TEST(audit.recorded_digest == audit.submitted_digest);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cancelling)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_cancel_is_kept_until_the_run_is_over_and_a_second_one_is_the_same,
                              place, places) {
  open_place<place> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  BOOST_TEST(!at.r.ongoing_jobs(job_id{0}, 1).at(0).cancelled);
  for (int i = 0; i < 2; ++i) {
    const auto came_to = cancel(at.w, job, unix_millis{3000 + i});
    BOOST_TEST((came_to.what == outcome::done));
    BOOST_TEST(came_to.job.cancelled);
    BOOST_TEST(came_to.job.images.pending() == 2);
    BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 1).at(0).cancelled);
  }
  record(at.w, job, {good(0)});  // it was in flight
  BOOST_TEST(name_of(abandon(at.w, job, error_code::cancelled, 10).state) == "failed");
  BOOST_TEST((cancel(at.w, job).what == outcome::ended));
  const auto status = *at.r.status(job);
  BOOST_TEST((status.images == image_counts{2, 1, 1}));
  BOOST_TEST(describe(status.failures.at(0).code).name == "cancelled");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cancelled_images_can_be_redriven_and_the_new_run_is_not_cancelled,
                              place, places) {
  open_place<place> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  cancel(at.w, job);
  abandon(at.w, job, error_code::cancelled, 10);
  BOOST_TEST((redrive(at.w, job).what == outcome::done));
  BOOST_TEST(!at.r.ongoing_jobs(job_id{0}, 1).at(0).cancelled);
  BOOST_TEST(name_of(record(at.w, job, {good(0), good(1)}, second).state) == "completed");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_that_is_not_there_cannot_be_cancelled, place, places) {
  open_place<place> at;
  BOOST_TEST((cancel(at.w, job_id{1}).what == outcome::no_such_job));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(keys_of_submissions)

namespace {

constexpr unix_millis day = std::chrono::duration_cast<unix_millis>(limits::idempotency_kept);

job_id submit_under(writer& w, const std::string& key, unix_millis now,
                    const std::string& digest = "d") {
  const auto job = submit(w, plain_submission(1, 1), now);
  w.begin();
  w.remember_key({key, digest}, job, now);
  w.commit();
  return job;
}

std::optional<keyed_submission> find(writer& w, const std::string& key, unix_millis now) {
  w.begin();
  auto found = w.find_key(key, now);
  w.commit();
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_names_its_job_for_a_day, place, places) {
  open_place<place> at;
  const unix_millis now{1'000'000};
  const auto job = submit_under(at.w, "it's \"a\" key", now, "abc");
  BOOST_TEST(!find(at.w, "another", now).has_value());
  for (const auto later : {unix_millis{0}, unix_millis{1}, day - unix_millis{1}}) {
    const auto found = find(at.w, "it's \"a\" key", now + later);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found->digest == "abc");
    BOOST_TEST(found->job.id.value == job.value);
    BOOST_TEST(name_of(found->state) == "ongoing");
    BOOST_TEST(found->job.images.pending() == 1);
  }
  BOOST_TEST(!find(at.w, "it's \"a\" key", now + day).has_value());
  record(at.w, job, {bad(0)});
  BOOST_TEST(name_of(find(at.w, "it's \"a\" key", now)->state) == "failed");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_key_that_is_no_longer_kept_can_be_used_again_and_one_that_is_kept_cannot, place, places) {
  open_place<place> at;
  const unix_millis now{1'000'000};
  submit_under(at.w, "key", now);
  const auto other = submit(at.w, plain_submission(1, 1));
  at.w.begin();
  BOOST_CHECK_EXCEPTION(at.w.remember_key({"key", "e"}, other, now + day - unix_millis{1}),
                        storage_error, is_kind(kind::other));
  at.w.rollback();
  BOOST_TEST(find(at.w, "key", now)->digest == "d");
  const auto job = submit_under(at.w, "key", now + day, "e");
  BOOST_TEST(find(at.w, "key", now + day)->job.id.value == job.value);
  BOOST_TEST(find(at.w, "key", now + day)->digest == "e");
}

BOOST_AUTO_TEST_CASE(keys_that_are_no_longer_kept_are_deleted_a_few_with_each_new_one) {
  open_place<on_disk> at;
  const std::int64_t old = 2 * limits::idempotency_forgotten_at_once + 3;
  for (std::int64_t i = 0; i < old; ++i)
    submit_under(at.w, joined("old ", i), unix_millis{1000 + i});
  const auto left = [&] { return number_in(at.where, "SELECT count(*) FROM idempotency_keys"); };
  const auto later = unix_millis{2000} + day;
  BOOST_TEST(left() == old);
  submit_under(at.w, "new 0", later);
  BOOST_TEST(left() == old - static_cast<std::int64_t>(limits::idempotency_forgotten_at_once) + 1);
  submit_under(at.w, "new 1", later);
  submit_under(at.w, "new 2", later);
  BOOST_TEST(left() == 3);
  BOOST_TEST(find(at.w, "new 0", later).has_value());
}

BOOST_AUTO_TEST_CASE(a_rollback_leaves_neither_the_job_nor_its_key) {
  open_place<on_disk> at;
  const auto submission = plain_submission(1, 1);
  at.w.begin();
  const auto job = at.w.create_job(submission, unix_millis{1});
  at.w.append(job, submission, 0, 1);
  at.w.publish(job, unix_millis{1});
  at.w.remember_key({"key", "d"}, job, unix_millis{1});
  at.w.rollback();
  BOOST_TEST(!find(at.w, "key", unix_millis{1}).has_value());
  BOOST_TEST(!at.r.status(job).has_value());
}

BOOST_AUTO_TEST_CASE(keys_outlive_the_process) {
  temporary_folder folder;
  const auto where = folder.database();
  {
    writer w{where, impatient};
    submit_under(w, "key", unix_millis{1000});
  }
  writer w{where, impatient};
  BOOST_TEST(find(w, "key", unix_millis{2000})->job.id.value == 1);
}

BOOST_AUTO_TEST_SUITE_END()
