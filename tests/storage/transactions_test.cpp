#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <optional>

#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

BOOST_AUTO_TEST_SUITE(a_transaction)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_rolled_back_never_was, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(2, 2);
  const auto job = submit(at.w, text);
  at.w.begin();
  const auto second = at.w.create_job(text, unix_millis{1});
  at.w.append(second, text, 0, 4);
  at.w.publish(second, unix_millis{1});
  at.w.record(job, {}, std::vector{bad(0), good(1)}, unix_millis{2});
  at.w.abandon(job, {}, {error_code::cancelled}, 10, unix_millis{2});
  at.w.rollback();
  BOOST_TEST(!at.r.status(second).has_value());
  BOOST_TEST((at.r.status(job)->state == job_state::ongoing));
  BOOST_TEST((at.r.status(job)->images == image_counts{4, 0, 0}));
  BOOST_TEST(at.r.pending_images(job, {}, not_numbered, image_number{-1}, 10).size() == 4U);
  record(at.w, job, {good(0), good(1), good(2), bad(3)});
  BOOST_TEST(at.r.status(job)->failures.size() == 1U);  // nothing is left of the failures undone
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_call_but_begin_needs_one, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(1, 1);
  const auto job = submit(at.w, text);
  const auto refused = is_kind(kind::other);
  BOOST_CHECK_EXCEPTION(at.w.create_job(text, unix_millis{1}), storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.append(job, text, 0, 1), storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.publish(job, unix_millis{1}), storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.discard_staging(job, 1), storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.record(job, {}, std::vector{good(0)}, unix_millis{1}), storage_error,
                        refused);
  BOOST_CHECK_EXCEPTION(at.w.abandon(job, {}, {error_code::cancelled}, 1, unix_millis{1}),
                        storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.settle(job, unix_millis{1}), storage_error, refused);
  BOOST_CHECK_EXCEPTION(at.w.commit(), storage_error, refused);
  at.w.rollback();
  at.w.begin();
  BOOST_CHECK_EXCEPTION(at.w.begin(), storage_error, refused);
  at.w.rollback();
  BOOST_TEST((at.r.status(job)->images == image_counts{1, 0, 0}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_an_error_and_a_rollback_the_writer_goes_on, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(1, 2);
  for (int i = 0; i < 3; ++i) {
    at.w.begin();
    const auto job = at.w.create_job(text, unix_millis{1});
    at.w.append(job, text, 0, 2);
    BOOST_CHECK_THROW(at.w.append(job, text, 0, 2), storage_error);
    at.w.rollback();
    BOOST_TEST(at.r.staging_jobs().empty());
    submit(at.w, text);
  }
  BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 10).size() == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_error_of_the_database_repeats_no_values, Place, places) {
  open_place<Place> at;
  const auto text = submission_of({{"S", {"http://host/secret-token"}}});
  const auto job = submit(at.w, text);
  auto impossible = good(0, 0, 0);  // a measured image has sides; the schema refuses it
  impossible.evidence.final_url = "http://host/secret-token";
  at.w.begin();
  BOOST_CHECK_EXCEPTION(at.w.record(job, {}, std::vector{impossible}, unix_millis{2}),
                        storage_error, [](const storage_error& error) {
                          const std::string message = error.what();
                          return message.find("secret-token") == std::string::npos &&
                                 message.find("CHECK constraint failed") != std::string::npos &&
                                 message.find("sqlite3_statement_backend") == std::string::npos;
                        });
  at.w.rollback();
  BOOST_TEST((record(at.w, job, {good(0)}).state == job_state::completed));
}

BOOST_AUTO_TEST_CASE(a_writer_dropped_in_the_middle_of_one_is_a_crash_in_shared_memory_too) {
  in_memory place;
  reader keeps_it_alive = [&] {
    writer first{place.where, impatient};
    reader r{place.where, impatient};
    submit(first, plain_submission(1, 2));
    first.begin();
    first.record(job_id{1}, {}, std::vector{good(0)}, unix_millis{2});
    first.create_job(plain_submission(1, 1), unix_millis{2});
    return r;
  }();
  writer second{place.where, impatient};
  BOOST_TEST((keeps_it_alive.status(job_id{1})->images == image_counts{2, 0, 0}));
  BOOST_TEST(keeps_it_alive.staging_jobs().empty());
  BOOST_TEST((record(second, job_id{1}, {good(0), good(1)}).state == job_state::completed));
}

BOOST_AUTO_TEST_CASE(a_lock_held_by_another_program_is_busy) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  soci::session backup{soci::sqlite3, at.where.connect_string()};
  backup << "BEGIN IMMEDIATE";
  BOOST_CHECK_EXCEPTION(at.w.begin(), storage_error, is_kind(kind::busy));
  at.w.rollback();
  backup << "COMMIT";
  BOOST_TEST((record(at.w, job, {good(0)}).state == job_state::completed));
}

BOOST_AUTO_TEST_CASE(
    a_late_result_of_an_older_run_changes_nothing_and_the_result_of_the_new_one_counts) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  record(at.w, job, {good(0), bad(1)});
  at.w.begin();
  at.w.redrive(job, 1, unix_millis{3000});
  at.w.commit();
  BOOST_TEST(record(at.w, job, {good(0), good(1)}, run_number{1}).changed == 0);
  BOOST_TEST(at.r.pending_images(job, run_number{1}, not_numbered, image_number{-1}, 10).empty());
  const auto pending = at.r.pending_images(job, run_number{2}, not_numbered, image_number{-1}, 10);
  BOOST_REQUIRE(pending.size() == 1U);
  BOOST_TEST(pending[0].number.value == 1);
  const auto outcome = record(at.w, job, {bad(0), good(1)}, run_number{2});
  BOOST_TEST(outcome.changed == 1);
  BOOST_TEST((outcome.state == job_state::completed));
}

BOOST_AUTO_TEST_SUITE_END()
