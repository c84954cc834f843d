#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

BOOST_AUTO_TEST_SUITE(recording_results)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_result_comes_back_with_all_that_is_known_of_it, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 3));
  auto succeeded = good(0, 4294967295U, 4294967295U);
  succeeded.attempts = 3;
  const std::string sha256(64, 'a');
  succeeded.evidence = {
      "https://mirror.test/\"a\"\\", "203.0.113.9", 200, std::int64_t{1} << 40, sha256, 1, 2, 3};
  auto failed = bad(1, error_code::http_status);
  failed.evidence.http_status = 404;
  failed.evidence.final_url =
      std::string{"http://x/\0\xff", 11};  // bytes of a hostile Location header
  record(at.w, job, {succeeded, failed});

  const auto rows = at.r.images(job, image_number{-1}, 10);
  BOOST_REQUIRE(rows.size() == 3U);
  BOOST_TEST(!rows[0].pending);
  BOOST_TEST(rows[0].result.succeeded());
  BOOST_TEST((rows[0].result.measured == succeeded.measured));
  BOOST_TEST(rows[0].result.attempts == 3);
  BOOST_TEST(rows[0].result.evidence.final_url == succeeded.evidence.final_url);
  BOOST_TEST(rows[0].result.evidence.address == "203.0.113.9");
  BOOST_TEST(rows[0].result.evidence.http_status == 200);
  BOOST_TEST(rows[0].result.evidence.bytes == std::int64_t{1} << 40);
  BOOST_TEST(rows[0].result.evidence.kept == sha256);
  BOOST_TEST(rows[0].result.evidence.dns_ms == 1);
  BOOST_TEST(rows[0].result.evidence.connect_ms == 2);
  BOOST_TEST(rows[0].result.evidence.total_ms == 3);
  BOOST_TEST((rows[1].result.code == error_code::http_status));
  BOOST_TEST(rows[1].error == "The image host answered with an error status (404)");
  BOOST_TEST(rows[1].result.evidence.final_url == "http://x/\xEF\xBF\xBD\xEF\xBF\xBD");
  BOOST_TEST(rows[2].pending);
  BOOST_TEST(rows[2].result.evidence.kept.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_result_alone_is_written_as_one_among_others, Place, places) {
  std::vector<image_result> results;
  for (std::int64_t number = 0; number < 3; ++number) {
    auto result = good(number, 7, 9);
    result.attempts = 2;
    auto& evidence = result.evidence;
    evidence.final_url = std::string{"http://x/\xC3\xA9\0\xff.\xe2\x82", 16};
    evidence.http_status = 206;
    evidence.bytes = 17;
    evidence.dns_ms = 1;
    evidence.connect_ms = 2;
    evidence.total_ms = 3;
    if (number != 1) evidence.kept = std::string(64, 'a');
    results.push_back(result);
  }
  open_place<Place> at;
  const auto together = submit(at.w, plain_submission(1, 3));
  const auto alone = submit(at.w, plain_submission(1, 3));
  BOOST_TEST(record(at.w, together, results).changed == 3);
  for (const auto& result : results) {
    BOOST_TEST(record(at.w, alone, {result}).changed == 1);
    BOOST_TEST(record(at.w, alone, {result}).changed == 0);
  }
  const auto expected = at.r.images(together, image_number{-1}, 10);
  const auto found = at.r.images(alone, image_number{-1}, 10);
  BOOST_REQUIRE(expected.size() == 3U);
  BOOST_REQUIRE(found.size() == 3U);
  for (std::size_t i = 0; i < found.size(); ++i) {
    BOOST_TEST(!found[i].pending);
    BOOST_TEST((found[i].result.measured == expected[i].result.measured));
    BOOST_TEST(found[i].result.attempts == 2);
    BOOST_TEST(found[i].result.evidence.final_url ==
               "http://x/\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD.\xEF\xBF\xBD\xEF\xBF\xBD");
    BOOST_TEST(expected[i].result.evidence.final_url == found[i].result.evidence.final_url);
    BOOST_TEST(found[i].result.evidence.address.empty());
    BOOST_TEST(found[i].result.evidence.http_status == 206);
    BOOST_TEST(found[i].result.evidence.bytes == 17);
    BOOST_TEST(found[i].result.evidence.dns_ms == 1);
    BOOST_TEST(found[i].result.evidence.connect_ms == 2);
    BOOST_TEST(found[i].result.evidence.total_ms == 3);
    BOOST_TEST(found[i].result.evidence.kept == expected[i].result.evidence.kept);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_images_in_one_call_each_has_its_own_kept_copy_or_none, Place,
                              places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 4));
  std::vector<image_result> results{good(0), good(1), bad(2), bad(3)};
  results[0].evidence.kept = std::string(64, '0');
  results[2].evidence.kept = std::string(64, 'f');
  record(at.w, job, results);
  const auto rows = at.r.images(job, image_number{-1}, 10);
  BOOST_REQUIRE(rows.size() == results.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    BOOST_TEST(rows[i].result.evidence.kept == results[i].evidence.kept);
}

BOOST_AUTO_TEST_CASE(a_kept_copy_is_named_by_a_whole_hash_and_by_nothing_else) {
  open_place<in_memory> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  for (const std::size_t digits : {63, 65}) {
    auto result = good(0);
    result.evidence.kept = std::string(digits, 'a');
    BOOST_CHECK_THROW(record(at.w, job, {result}), storage_error);
    at.w.rollback();
  }
  BOOST_TEST(at.r.images(job, image_number{-1}, 1).at(0).pending);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_code_and_every_format_can_be_stored, Place, places) {
  open_place<Place> at;
  std::vector<image_result> results;
  for (auto format = 0; format <= static_cast<int>(image_format::ico); ++format) {
    results.push_back(good(static_cast<std::int64_t>(results.size())));
    results.back().measured.format = static_cast<image_format>(format);
  }
  for (const auto& row : error_table) {
    if (row.code != error_code::none)
      results.push_back(bad(static_cast<std::int64_t>(results.size()), row.code));
  }
  const auto job = submit(at.w, plain_submission(1, results.size()));
  const auto outcome = record(at.w, job, results);
  BOOST_TEST(outcome.changed == static_cast<std::int64_t>(results.size()));
  const auto rows = at.r.images(job, image_number{-1}, 100);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    BOOST_TEST((rows[i].result.code == results[i].code));
    BOOST_TEST((rows[i].result.measured.format == results[i].measured.format));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(recording_twice_changes_nothing, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(2, 2));
  BOOST_TEST(record(at.w, job, {good(0), bad(2)}).changed == 2);
  const auto again = record(at.w, job, {bad(0), good(2), good(1)});
  BOOST_TEST(again.changed == 1);
  BOOST_TEST((again.images == image_counts{4, 2, 1}));
  record(at.w, job, {good(3)});
  const auto after_the_end = record(at.w, job, {bad(0), bad(1), bad(2), bad(3)});
  BOOST_TEST(after_the_end.changed == 0);
  BOOST_TEST((after_the_end.images == image_counts{4, 3, 1}));
  BOOST_TEST((after_the_end.state == job_state::failed));
  BOOST_TEST(at.r.status(job)->failures.at(0).failed_images == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_image_twice_in_one_call_counts_once_and_the_first_stands, Place,
                              places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 3));
  const auto outcome =
      record(at.w, job, {good(1), bad(1), bad(0), good(0), bad(0, error_code::internal)});
  BOOST_TEST(outcome.changed == 2);
  BOOST_TEST((outcome.images == image_counts{3, 1, 1}));
  const auto rows = at.r.images(job, image_number{-1}, 10);
  BOOST_TEST((rows[0].result.code == error_code::timed_out));
  BOOST_TEST(rows[1].result.succeeded());
  record(at.w, job, {good(2)});
  BOOST_TEST(at.r.status(job)->failures.at(0).failed_images == 1);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_result_of_another_run_another_job_or_no_image_changes_nothing,
                              Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  const auto other = submit(at.w, plain_submission(1, 2));
  BOOST_TEST(record(at.w, job, {good(0), bad(1)}, run_number{0}).changed == 0);
  BOOST_TEST(record(at.w, job, {good(0), bad(1)}, run_number{2}).changed == 0);
  BOOST_TEST(abandon(at.w, job, error_code::cancelled, 10, run_number{2}).changed == 0);
  BOOST_TEST(record(at.w, job, {good(2), bad(3), good(-1)}).changed == 0);
  const auto unknown = record(at.w, job_id{99}, {good(0)});
  BOOST_TEST(unknown.changed == 0);
  BOOST_TEST((unknown.images == image_counts{}));
  BOOST_TEST((record(at.w, job, {}).images == image_counts{2, 0, 0}));
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 0, 0}));
  BOOST_TEST((at.r.status(other)->images == image_counts{2, 0, 0}));
  BOOST_TEST(at.r.pending_images(job, {}, not_numbered, image_number{-1}, 10).size() == 2U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_last_good_result_completes_the_job_in_its_own_transaction, Place,
                              places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  BOOST_TEST((record(at.w, job, {good(1)}).state == job_state::ongoing));
  at.w.begin();
  BOOST_TEST(
      (at.w.record(job, {}, std::vector{good(0)}, unix_millis{555}).state == job_state::completed));
  at.w.rollback();
  BOOST_TEST((at.r.status(job)->state == job_state::ongoing));
  BOOST_TEST((at.r.status(job)->images == image_counts{2, 1, 0}));
  BOOST_TEST((record(at.w, job, {good(0)}, {}, unix_millis{556}).state == job_state::completed));
  const auto status = at.r.status(job);
  BOOST_TEST((status->state == job_state::completed));
  BOOST_TEST(status->finished_at->count() == 556);
  BOOST_TEST(status->failures.empty());
  BOOST_TEST(at.r.ongoing_jobs(job_id{0}, 10).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    the_failure_of_a_store_is_its_lowest_image_whatever_the_order_of_arrival, Place, places) {
  auto first = bad(0, error_code::too_large);
  first.reason = "more than 5 bytes";
  const std::vector<image_result> failures{first, bad(1, error_code::timed_out),
                                           bad(3, error_code::dns_failed),
                                           bad(4, error_code::internal)};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    for (const bool in_one_call : {false, true}) {
      open_place<Place> at;
      // Store B first and last: its lowest image decides, and the list is in order of visits.
      const auto job =
          submit(at.w, submission_of({{"B", {"u", "u", "u"}}, {"A", {"u"}}, {"B", {"u"}}}));
      record(at.w, job, {good(2)});
      std::vector<image_result> arriving;
      for (const auto i : order) arriving.push_back(failures[i]);
      if (in_one_call)
        record(at.w, job, arriving);
      else
        for (const auto& failure : arriving) record(at.w, job, {failure});
      const auto status = at.r.status(job);
      BOOST_TEST((status->state == job_state::failed));
      BOOST_REQUIRE(status->failures.size() == 2U);
      BOOST_TEST(status->failures[0].store_id == "B");
      BOOST_TEST((status->failures[0].code == error_code::too_large));
      BOOST_TEST(status->failures[0].error == "The image file is too large: more than 5 bytes");
      BOOST_TEST(status->failures[0].failed_images == 3);
      BOOST_TEST(status->failures[1].store_id == "A");
      BOOST_TEST(status->failures[1].failed_images == 1);
      BOOST_TEST(!status->failures_truncated);
    }
  } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_thousand_failed_stores_are_all_listed_and_one_more_cuts_the_list,
                              Place, places) {
  for (const std::size_t stores : {limits::status_failures, limits::status_failures + 1}) {
    open_place<Place> at;
    const auto job = submit(at.w, plain_submission(stores, 1));
    std::vector<image_result> results;
    for (std::size_t i = stores; i-- > 0;) results.push_back(bad(static_cast<std::int64_t>(i)));
    BOOST_TEST((record(at.w, job, results).state == job_state::failed));
    const auto status = at.r.status(job);
    BOOST_REQUIRE(status->failures.size() == limits::status_failures);
    BOOST_TEST(status->failures_truncated == (stores > limits::status_failures));
    for (std::size_t i = 0; i < limits::status_failures; ++i)
      BOOST_TEST(status->failures[i].store_id == joined("S", i));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pending_images_are_abandoned_in_slices_and_good_results_stay, Place,
                              places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 7));
  record(at.w, job, {good(0), good(3)});
  BOOST_TEST(abandon(at.w, job, error_code::cancelled, 0).changed == 0);
  const auto first = abandon(at.w, job, error_code::cancelled, 4);
  BOOST_TEST(first.changed == 4);
  BOOST_TEST((first.state == job_state::ongoing));
  const auto pending = at.r.pending_images(job, {}, not_numbered, image_number{-1}, 10);
  BOOST_REQUIRE(pending.size() == 1U);
  BOOST_TEST(pending[0].number.value == 6);
  const auto last = abandon(at.w, job, error_code::cancelled, 4);
  BOOST_TEST(last.changed == 1);
  BOOST_TEST((last.images == image_counts{7, 2, 5}));
  BOOST_TEST((last.state == job_state::failed));
  const auto status = at.r.status(job);
  BOOST_TEST((status->failures.at(0).code == error_code::cancelled));
  BOOST_TEST(status->failures.at(0).failed_images == 5);
  BOOST_TEST(abandon(at.w, job, error_code::cancelled, 4).changed == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(abandoning_needs_a_reason, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  at.w.begin();
  BOOST_CHECK_THROW(at.w.abandon(job, {}, {error_code::none}, 1, unix_millis{1}), storage_error);
  at.w.rollback();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(settling_ends_only_a_job_with_nothing_pending, Place, places) {
  open_place<Place> at;
  const auto waiting = submit(at.w, plain_submission(1, 1));
  const auto empty = submit(at.w, submission{});
  at.w.begin();
  BOOST_TEST((at.w.settle(waiting, unix_millis{9}).state == job_state::ongoing));
  const auto settled = at.w.settle(empty, unix_millis{9});
  BOOST_TEST((settled.state == job_state::completed));
  BOOST_TEST(settled.changed == 0);
  BOOST_TEST((at.w.settle(empty, unix_millis{10}).state == job_state::completed));
  at.w.commit();
  BOOST_TEST(at.r.status(empty)->finished_at->count() == 9);
  BOOST_TEST(!at.r.status(waiting)->finished_at.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
