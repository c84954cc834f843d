#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

BOOST_AUTO_TEST_SUITE(reading)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_unknown_is_empty, Place, places) {
  open_place<Place> at;
  BOOST_TEST(!at.r.status(job_id{1}).has_value());
  BOOST_TEST(!at.r.status(job_id{-1}).has_value());
  BOOST_TEST(!at.r.status(job_id{max_job_id}).has_value());
  BOOST_TEST(at.r.images(job_id{1}, image_number{-1}, 10).empty());
  BOOST_TEST(at.r.pending_images(job_id{1}, {}, not_numbered, image_number{-1}, 10).empty());
  BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 10).empty());
  BOOST_TEST(at.r.staging_jobs().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pages_of_any_size_meet_every_pending_image_once_and_in_order, Place,
                              places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(3, 5));
  submit(at.w, plain_submission(3, 5));
  record(at.w, job, {good(0), bad(4), good(7), good(14)});
  const std::vector<std::int64_t> expected{1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13};
  for (std::size_t limit = 1; limit <= 12; ++limit) {
    std::vector<std::int64_t> met;
    image_number after{-1};
    for (;;) {
      const auto page = at.r.pending_images(job, {}, not_numbered, after, limit);
      BOOST_REQUIRE(page.size() <= limit);
      if (page.empty()) break;
      for (const auto& task : page) {
        met.push_back(task.number.value);
        BOOST_TEST(task.store_id == joined("S", task.number.value / 5));
        BOOST_TEST(task.url == joined("http://images.test/", task.number.value / 5, "/",
                                      task.number.value % 5));
        BOOST_TEST(task.history.attempt == 1);
      }
      after = page.back().number;
    }
    BOOST_TEST(met == expected);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(ongoing_jobs_and_images_come_in_pages_and_in_order, Place, places) {
  open_place<Place> at;
  std::vector<job_id> ongoing;
  for (int i = 0; i < 7; ++i) {
    const auto job = submit(at.w, plain_submission(1, 2));
    if (i % 3 == 0)
      record(at.w, job, {good(0), good(1)});
    else
      ongoing.push_back(job);
  }
  record(at.w, ongoing[1], {good(1)});
  std::vector<job_id> met;
  for (job_id after{0};;) {
    const auto page = at.r.ongoing_jobs(after, 3);
    if (page.empty()) break;
    for (const auto& brief : page) {
      met.push_back(brief.id);
      BOOST_TEST(brief.run.value == 1);
      BOOST_TEST((brief.images == image_counts{2, brief.id == ongoing[1] ? 1 : 0, 0}));
    }
    after = page.back().id;
  }
  BOOST_TEST((met == ongoing));
  BOOST_TEST(at.r.images(ongoing[0], image_number{-1}, 1).at(0).number.value == 0);
  BOOST_TEST(at.r.images(ongoing[0], image_number{0}, 9).size() == 1U);
  BOOST_TEST(at.r.images(ongoing[0], image_number{1}, 9).empty());
}

BOOST_AUTO_TEST_CASE(a_reader_of_a_file_sees_the_last_commit_while_a_transaction_is_open) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  at.w.begin();
  at.w.record(job, {}, std::vector{good(0)}, unix_millis{2});
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 0, 0}));
  BOOST_TEST(at.r.pending_images(job, {}, not_numbered, image_number{-1}, 9).size() == 2U);
  at.w.commit();
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 1, 0}));
  BOOST_TEST(at.r.pending_images(job, {}, not_numbered, image_number{-1}, 9).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_reader_of_shared_memory_has_to_try_again_while_a_transaction_is_open) {
  open_place<in_memory> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  at.w.begin();
  at.w.record(job, {}, std::vector{good(0)}, unix_millis{2});
  BOOST_CHECK_EXCEPTION(at.r.status(job), storage_error, is_kind(kind::busy));
  at.w.commit();
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 1, 0}));
}

BOOST_AUTO_TEST_CASE(a_reader_leaves_nothing_open_that_would_pin_the_log) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(2, 50));
  at.r.status(job);
  at.r.pending_images(job, {}, not_numbered, image_number{-1}, 3);
  at.r.images(job, image_number{-1}, 3);
  at.r.ongoing_jobs(job_id{0}, 1);
  at.r.staging_jobs();
  at.r.audit(job, [] { return true; });
  at.r.jobs({}, job_id{max_job_id}, 1);
  at.r.report(job);
  at.r.images(job, {}, image_number{-1}, 3);
  at.r.perimeters("S0", {}, {}, 3);
  record(at.w, job, {good(0), bad(1)});
  soci::session raw{soci::sqlite3, at.where.connect_string()};
  int busy = -1, logged = -1, moved = -1;
  raw << "PRAGMA wal_checkpoint(TRUNCATE)", soci::into(busy), soci::into(logged), soci::into(moved);
  BOOST_TEST(busy == 0);
  BOOST_TEST(std::filesystem::file_size(at.where.file().string() + "-wal") == 0U);
}

BOOST_AUTO_TEST_CASE(a_reader_needs_a_database_that_a_writer_has_made_and_does_not_make_one) {
  const temporary_folder folder;
  const auto where = folder.database();
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, is_kind(kind::read_only));
  BOOST_TEST(!std::filesystem::exists(where.file()));
  std::ofstream{where.file()}.flush();
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, is_kind(kind::other));
}

BOOST_AUTO_TEST_CASE(a_word_of_another_version_is_an_error_and_not_a_guess) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  record(at.w, job, {bad(0)});
  soci::session raw{soci::sqlite3, at.where.connect_string()};
  raw << "UPDATE images SET code = 'word_of_tomorrow'";
  raw << "UPDATE jobs SET failures = '{}'";
  BOOST_CHECK_EXCEPTION(at.r.images(job, image_number{-1}, 1), storage_error,
                        is_kind(kind::corrupt));
  BOOST_CHECK_EXCEPTION(at.r.status(job), storage_error, is_kind(kind::corrupt));
}

BOOST_AUTO_TEST_SUITE_END()
