#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

BOOST_AUTO_TEST_SUITE(the_rows_of_a_submission)

BOOST_AUTO_TEST_CASE_TEMPLATE(every_text_comes_back_as_it_went_in, Place, places) {
  std::string controls;
  for (char c = 1; c < 32; ++c) controls += c;
  const std::vector<visit_text> visits{
      {"S\"1\" \\ ' ; -- ? :name",
       {"http://a/\\u0041%00", "\"", "\\", "[1,2]", "{\"a\":null}"},
       "2025-03-11"},
      {"Łódź \xF0\x9F\x93\xB7 \xE2\x80\xA8",
       {controls, "\x7f", "\xEF\xBF\xBF", "\xED\x9F\xBF"},
       ""},
      {"S3",
       {std::string(limits::text_bytes, 'u'), "", "null", "1e999"},
       std::string(limits::text_bytes, '"')},
  };
  open_place<Place> at;
  const auto job = submit(at.w, submission_of(visits));
  const auto rows = at.r.images(job, image_number{-1}, 100);
  BOOST_REQUIRE(rows.size() == 13U);
  std::size_t number = 0;
  for (const auto& visit : visits) {
    for (const auto& url : visit.urls) {
      BOOST_TEST(rows[number].number.value == static_cast<std::int64_t>(number));
      BOOST_TEST(rows[number].store_id == visit.store_id);
      BOOST_TEST(rows[number].visit_time == visit.visit_time);
      BOOST_TEST((rows[number].url == url));
      BOOST_TEST(rows[number].pending);
      ++number;
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(long_urls_are_stored_whole, Place, places) {
  visit_text visit{"S", {}};
  for (std::size_t i = 0; i < 48; ++i)
    visit.urls.push_back(std::string(limits::text_bytes, 'a' + i % 26));
  open_place<Place> at;
  const auto job = submit(at.w, submission_of({visit}));
  const auto rows = at.r.images(job, image_number{-1}, 1000);
  BOOST_REQUIRE(rows.size() == visit.urls.size());
  for (std::size_t i = 0; i < rows.size(); ++i) BOOST_TEST((rows[i].url == visit.urls[i]));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(slices_that_cut_visits_anywhere_make_the_same_rows, Place, places) {
  const auto whole = plain_submission(4, 3);
  for (std::size_t slice = 1; slice <= whole.image_count(); ++slice) {
    open_place<Place> at;
    at.w.begin();
    const auto job = at.w.create_job(whole, unix_millis{1});
    at.w.commit();
    for (std::size_t first = 0; first < whole.image_count(); first += slice) {
      at.w.begin();
      at.w.append(job, whole, first, std::min(first + slice, whole.image_count()));
      at.w.commit();
    }
    at.w.begin();
    at.w.publish(job, unix_millis{2});
    at.w.commit();
    const auto rows = at.r.images(job, image_number{-1}, 100);
    BOOST_REQUIRE(rows.size() == 12U);
    for (std::size_t i = 0; i < rows.size(); ++i)
      BOOST_TEST(rows[i].store_id == whole.visit_at(whole.visit_of(i)).store_id);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_stored_at_once_reads_like_what_is_written_in_steps, Place,
                              places) {
  for (const std::size_t visits : {std::size_t{1}, std::size_t{5}}) {
    for (const std::size_t images : {std::size_t{1}, std::size_t{3}}) {
      open_place<Place> at;
      auto text = plain_submission(visits, images);
      text.set_callback_url("http://callback.test/");
      const auto in_steps = submit(at.w, text, unix_millis{7});
      at.w.begin();
      const auto at_once = at.w.store(text, unix_millis{7});
      at.w.commit();

      const auto status = at.r.status(at_once);
      BOOST_REQUIRE(status.has_value());
      BOOST_TEST((status->state == job_state::ongoing));
      BOOST_TEST(
          (status->images == image_counts{static_cast<std::int64_t>(visits * images), 0, 0}));
      BOOST_TEST(status->submitted_at.count() == 7);
      const auto expected = at.r.images(in_steps, image_number{-1}, 100);
      const auto found = at.r.images(at_once, image_number{-1}, 100);
      BOOST_REQUIRE(found.size() == expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        BOOST_TEST(found[i].number.value == expected[i].number.value);
        BOOST_TEST(found[i].store_id == expected[i].store_id);
        BOOST_TEST(found[i].visit_time == expected[i].visit_time);
        BOOST_TEST(found[i].url == expected[i].url);
        BOOST_TEST(found[i].pending);
      }
      const auto page = at.r.images(
          at_once,
          {.state = std::nullopt, .store_id = joined("S", visits - 1), .code = std::nullopt},
          image_number{-1}, 100);
      BOOST_REQUIRE(page.has_value());
      BOOST_TEST(page->images.size() == images);
      BOOST_TEST((at.r.ongoing_jobs(job_id{0}, 10).size() == 2U));
      BOOST_TEST(at.r.staging_jobs().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_that_was_stored_at_once_runs_to_its_end, Place, places) {
  open_place<Place> at;
  at.w.begin();
  const auto job = at.w.store(plain_submission(1, 2), unix_millis{7});
  at.w.commit();
  BOOST_TEST((record(at.w, job, {good(0)}).state == job_state::ongoing));
  BOOST_TEST((record(at.w, job, {good(1)}).state == job_state::completed));
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 2, 0}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_staging_job_is_invisible_until_it_is_published, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(1, 2);
  at.w.begin();
  const auto job = at.w.create_job(text, unix_millis{1});
  at.w.append(job, text, 0, 1);
  at.w.commit();
  BOOST_TEST(!at.r.status(job).has_value());
  BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 10).empty());
  BOOST_TEST((at.r.staging_jobs() == std::vector{job}));

  at.w.begin();
  BOOST_CHECK_EXCEPTION(at.w.publish(job, unix_millis{2}), storage_error,
                        is_kind(kind::other));  // one image is missing
  at.w.rollback();
  at.w.begin();
  at.w.append(job, text, 1, 2);
  at.w.publish(job, unix_millis{77});
  at.w.commit();
  const auto status = at.r.status(job);
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST((status->state == job_state::ongoing));
  BOOST_TEST((status->images == image_counts{2, 0, 0}));
  BOOST_TEST(status->submitted_at.count() == 77);
  BOOST_TEST(!status->finished_at.has_value());
  BOOST_TEST(at.r.staging_jobs().empty());
  BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 10).size() == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_staging_job_takes_no_results_and_no_verdict, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(1, 1);
  at.w.begin();
  const auto job = at.w.create_job(text, unix_millis{1});
  at.w.append(job, text, 0, 1);
  BOOST_TEST(at.w.record(job, {}, std::vector{good(0)}, unix_millis{2}).changed == 0);
  BOOST_TEST(at.w.abandon(job, {}, {error_code::cancelled}, 10, unix_millis{2}).changed == 0);
  BOOST_TEST((at.w.settle(job, unix_millis{2}).state == job_state::staging));
  at.w.commit();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(rows_are_appended_once_to_staging_jobs_and_within_their_submission,
                              Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(2, 2);
  const auto published = submit(at.w, text);
  at.w.begin();
  const auto job = at.w.create_job(text, unix_millis{1});
  at.w.append(job, text, 0, 2);
  BOOST_CHECK_THROW(at.w.append(job, text, 0, 2), storage_error);
  BOOST_CHECK_THROW(at.w.append(job, text, 2, 5), storage_error);
  BOOST_CHECK_THROW(at.w.append(job, text, 3, 2), storage_error);
  BOOST_CHECK_THROW(at.w.append(published, text, 0, 2), storage_error);
  BOOST_CHECK_THROW(at.w.append(job_id{99}, text, 0, 2), storage_error);
  at.w.rollback();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    text_that_would_not_come_back_whole_is_refused_and_not_repeated_in_the_error, Place, places) {
  open_place<Place> at;
  for (const std::string& text :
       {std::string{"http://secret/\0tail", 19}, std::string{"http://secret/\xff"}}) {
    const auto job = submission_of({{"S", {"http://fine/", text}}});
    const auto says_nothing = [](const storage_error& error) {
      return std::string{error.what()}.find("secret") == std::string::npos;
    };
    at.w.begin();
    const auto id = at.w.create_job(job, unix_millis{1});
    BOOST_CHECK_EXCEPTION(at.w.append(id, job, 0, 2), storage_error, says_nothing);
    at.w.rollback();
    at.w.begin();
    BOOST_CHECK_EXCEPTION(at.w.store(job, unix_millis{1}), storage_error, says_nothing);
    at.w.rollback();
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_orphan_is_discarded_in_slices_of_the_size_asked_for, Place,
                              places) {
  open_place<Place> at;
  const auto text = plain_submission(4, 5);  // 20 images, 4 visits
  const auto kept = submit(at.w, text);
  at.w.begin();
  const auto job = at.w.create_job(text, unix_millis{1});
  at.w.append(job, text, 0, 17);
  at.w.commit();

  int slices = 0;
  for (bool gone = false; !gone; ++slices) {
    BOOST_REQUIRE(slices < 10);
    at.w.begin();
    gone = at.w.discard_staging(job, 8);
    at.w.commit();
  }
  BOOST_TEST(slices == 3);  // 17 + 4 rows in slices of 8
  BOOST_TEST(at.r.staging_jobs().empty());
  BOOST_TEST(at.r.images(job, image_number{-1}, 100).empty());
  BOOST_TEST(at.r.images(kept, image_number{-1}, 100).size() == 20U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(discarding_leaves_published_and_unknown_jobs_alone, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 3));
  at.w.begin();
  BOOST_TEST(at.w.discard_staging(job, 100));
  BOOST_TEST(at.w.discard_staging(job_id{12345}, 100));
  at.w.commit();
  BOOST_TEST(at.r.images(job, image_number{-1}, 100).size() == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_id_is_never_given_twice, Place, places) {
  open_place<Place> at;
  const auto text = plain_submission(1, 1);
  const auto first = submit(at.w, text);
  at.w.begin();
  const auto discarded = at.w.create_job(text, unix_millis{1});
  at.w.append(discarded, text, 0, 1);
  at.w.commit();
  at.w.begin();
  BOOST_TEST(at.w.discard_staging(discarded, 100));
  at.w.commit();
  const auto next = submit(at.w, text);
  BOOST_TEST(first.value == 1);
  BOOST_TEST(discarded.value == 2);
  BOOST_TEST(next.value == 3);
}

BOOST_AUTO_TEST_SUITE_END()
