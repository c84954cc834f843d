#include "storage/reports.hpp"

#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "query_plan.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

constexpr job_id above_all{max_job_id};

std::vector<std::int64_t> ids_of(const job_page& page) {
  std::vector<std::int64_t> ids;
  for (const auto& job : page.jobs) ids.push_back(job.id.value);
  return ids;
}

std::vector<std::int64_t> numbers_of(const image_page& page) {
  std::vector<std::int64_t> numbers;
  for (const auto& image : page.images) numbers.push_back(image.number.value);
  return numbers;
}

using numbers = std::vector<std::int64_t>;

/// Another run of a job that has ended, as a redrive begins it.
void redrive(const location& where, job_id job, unix_millis now = unix_millis{5000}) {
  session sql{where, {}, session::role::writer};
  sql.change(
      R"sql(UPDATE jobs SET run = run + 1, state = 1, run_kept = images_succeeded, images_failed = 0, finished_at = NULL, failures = NULL,
                          run_started_at = :now WHERE job_id = :job)sql",
      static_cast<long long>(now.count()), static_cast<long long>(job.value));
  sql.change("DELETE FROM store_failures WHERE job_id = :job", static_cast<long long>(job.value));
}

/// As if the job's second run had failed at this image again.
void fail_again(const location& where, job_id job, std::int64_t image, const std::string& code) {
  session sql{where, {}, session::role::writer};
  sql.change(
      "UPDATE images SET run = 2, code = :code WHERE job_id = :job AND image_no = :image AND state "
      "= 2",
      code, static_cast<long long>(job.value), static_cast<long long>(image));
  sql.change("UPDATE jobs SET images_failed = images_failed + 1 WHERE job_id = :job",
             static_cast<long long>(job.value));
}

/// All pages behind each other, each checked for its size.
numbers all_images(reader& r, job_id job, const image_filter& filter, std::size_t limit) {
  numbers met;
  for (image_number after{-1};;) {
    const auto page = r.images(job, filter, after, limit).value();
    BOOST_REQUIRE(page.images.size() <= limit);
    for (const auto number : numbers_of(page)) met.push_back(number);
    if (!page.next) return met;
    BOOST_REQUIRE(page.images.size() == limit);
    after = page.images.back().number;
  }
}

numbers all_jobs(reader& r, const job_filter& filter, std::size_t limit) {
  numbers met;
  for (job_id below = above_all;;) {
    const auto page = r.jobs(filter, below, limit);
    BOOST_REQUIRE(page.jobs.size() <= limit);
    for (const auto id : ids_of(page)) met.push_back(id);
    if (!page.next) return met;
    BOOST_REQUIRE(page.jobs.size() == limit);
    below = page.jobs.back().id;
  }
}

image_filter of_state(image_state state, std::optional<std::string> store = std::nullopt) {
  return {state, std::move(store), std::nullopt};
}
image_filter of_code(error_code code, std::optional<std::string> store = std::nullopt) {
  return {std::nullopt, std::move(store), code};
}
image_filter of_store(const std::string& store) { return {std::nullopt, store, std::nullopt}; }

/// Twelve images: S0 has 0-3 and 8-11 in two visits, S1 has 4-7. Good: 0 1 4 8. Timed out: 2 5 9.
/// DNS: 3. Pending: 6 7 10 11.
job_id mixed_job(writer& w) {
  const auto urls = [](int from) {
    std::vector<std::string> made;
    for (int i = from; i < from + 4; ++i) made.push_back(joined("http://images.test/", i));
    return made;
  };
  const auto job = submit(w, submission_of({{"S0", urls(0), "2026-03-09T12:00:00"},
                                            {"S1", urls(4), "noon"},
                                            {"S0", urls(8), "2026-03-08"}}));
  record(
      w, job,
      {good(0), good(1), bad(2), bad(3, error_code::dns_failed), good(4), bad(5), good(8), bad(9)});
  return job;
}

bool mentions(const std::vector<std::string>& plan, std::string_view words) {
  return std::ranges::any_of(
      plan, [&](const std::string& step) { return step.find(words) != std::string::npos; });
}

/// Walks over no whole table, and sorts nothing but the images of one visit.
void check_no_walk(const std::vector<std::string>& plan) {
  for (const auto& step : plan) {
    BOOST_TEST_INFO(step);
    BOOST_TEST((!step.starts_with("SCAN ") || step == "SCAN of_store"));
    BOOST_TEST((step.find("TEMP B-TREE") == std::string::npos ||
                step == "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_unknown_or_still_being_written_is_in_no_report, Place,
                              places) {
  open_place<Place> at;
  BOOST_TEST(at.r.jobs({}, above_all, 10).jobs.empty());
  BOOST_TEST(!at.r.report(job_id{1}).has_value());
  BOOST_TEST(!at.r.images(job_id{1}, {}, image_number{-1}, 10).has_value());
  at.w.begin();
  const auto submission = plain_submission(1, 2);
  const auto staging = at.w.create_job(submission, unix_millis{1});
  at.w.append(staging, submission, 0, 2);
  at.w.commit();
  BOOST_TEST(at.r.jobs({}, above_all, 10).jobs.empty());
  BOOST_TEST(at.r.jobs({std::nullopt, "S0", std::nullopt}, above_all, 10).jobs.empty());
  BOOST_TEST(!at.r.report(staging).has_value());
  BOOST_TEST(!at.r.images(staging, {}, image_number{-1}, 10).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(jobs_come_newest_first_in_pages_of_any_size, Place, places) {
  open_place<Place> at;
  for (int i = 0; i < 7; ++i) submit(at.w, plain_submission(1, 1));
  const numbers expected{7, 6, 5, 4, 3, 2, 1};
  for (std::size_t limit = 1; limit <= 8; ++limit)
    BOOST_TEST(all_jobs(at.r, {}, limit) == expected);
  BOOST_TEST(at.r.jobs({}, job_id{1}, 5).jobs.empty());
  BOOST_TEST(!at.r.jobs({}, job_id{1}, 5).next.has_value());
  BOOST_TEST(ids_of(at.r.jobs({}, job_id{2}, 5)) == numbers{1});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_of_a_list_has_its_state_counts_and_times, Place, places) {
  open_place<Place> at;
  const auto done = submit(at.w, plain_submission(3, 2), unix_millis{1000});
  record(at.w, done, {good(0), good(1), good(2), good(3), bad(4), good(5)}, {}, unix_millis{2000});
  submit(at.w, plain_submission(1, 2), unix_millis{3000});
  const auto page = at.r.jobs({}, above_all, 10);
  BOOST_REQUIRE(page.jobs.size() == 2U);
  const auto& ongoing = page.jobs[0];
  BOOST_TEST((ongoing.state == job_state::ongoing));
  BOOST_TEST((ongoing.images == image_counts{2, 0, 0}));
  BOOST_TEST(ongoing.visits == 1);
  BOOST_TEST((ongoing.submitted_at == unix_millis{3000}));
  BOOST_TEST(!ongoing.finished_at.has_value());
  const auto& failed = page.jobs[1];
  BOOST_TEST((failed.id == done));
  BOOST_TEST((failed.state == job_state::failed));
  BOOST_TEST((failed.images == image_counts{6, 5, 1}));
  BOOST_TEST(failed.visits == 3);
  BOOST_TEST(failed.run.value == 1);
  BOOST_TEST((failed.finished_at == unix_millis{2000}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_list_of_jobs_can_be_filtered_by_state_store_and_time_and_by_all_of_them, Place, places) {
  open_place<Place> at;
  for (int i = 1; i <= 8; ++i) {
    // Odd jobs have the stores S0 and S1 (S1 in many visits), even ones S2. Job 5 was written for
    // so long that it was published late.
    const auto job =
        submit(at.w,
               i % 2 ? submission_of({{"S0", {"u"}}, {"S1", {"u"}}, {"S1", {"u"}}, {"S1", {"u"}}})
                     : submission_of({{"S2", {"u"}}}),
               unix_millis{i == 5 ? 9000 : i * 1000});
    if (i == 1 || i == 2 || i == 5) {
      record(at.w, job,
             i % 2 ? std::vector{good(0), good(1), good(2), good(3)} : std::vector{good(0)});
    } else if (i == 3 || i == 4) {
      record(at.w, job,
             i % 2 ? std::vector{good(0), good(1), good(2), bad(3)} : std::vector{bad(0)});
    }
  }
  using enum job_state;
  const auto filter = [](std::optional<job_state> state, std::optional<std::string> store,
                         int since) {
    return job_filter{state, std::move(store),
                      since == 0 ? std::nullopt : std::optional{unix_millis{since}}};
  };
  for (std::size_t limit = 1; limit <= 4; ++limit) {
    const auto list = [&](const job_filter& f) { return all_jobs(at.r, f, limit); };
    BOOST_TEST(list(filter(completed, {}, 0)) == (numbers{5, 2, 1}));
    BOOST_TEST(list(filter(failed, {}, 0)) == (numbers{4, 3}));
    BOOST_TEST(list(filter(ongoing, {}, 0)) == (numbers{8, 7, 6}));
    BOOST_TEST(list(filter({}, "S1", 0)) == (numbers{7, 5, 3, 1}));
    BOOST_TEST(list(filter({}, "S", 0)).empty());
    BOOST_TEST(list(filter(ongoing, "S1", 0)) == numbers{7});
    BOOST_TEST(list(filter(completed, "S1", 0)) == (numbers{5, 1}));
    BOOST_TEST(list(filter(failed, "S2", 0)) == numbers{4});
    BOOST_TEST(list(filter({}, {}, 6000)) == (numbers{8, 7, 6, 5}));
    BOOST_TEST(list(filter({}, {}, 6001)) == (numbers{8, 7, 5}));
    BOOST_TEST(list(filter({}, {}, 9000)) == numbers{5});
    BOOST_TEST(list(filter({}, {}, 9001)).empty());
    BOOST_TEST(list(filter(completed, {}, 2000)) == (numbers{5, 2}));
    BOOST_TEST(list(filter({}, "S0", 3001)) == (numbers{7, 5}));
    BOOST_TEST(list(filter(completed, "S0", 3001)) == numbers{5});
    BOOST_TEST(list(filter(ongoing, "S0", 7001)).empty());
    BOOST_TEST(list(filter({}, "S0", 9001)).empty());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_report_tells_counts_codes_stores_and_times, Place, places) {
  open_place<Place> at;
  const auto job = mixed_job(at.w);
  const auto report = at.r.report(job).value();
  BOOST_TEST((report.job.state == job_state::ongoing));
  BOOST_TEST((report.job.images == image_counts{12, 4, 4}));
  BOOST_TEST(report.job.visits == 3);
  BOOST_TEST((report.run_started_at == unix_millis{1000}));
  BOOST_TEST(report.run_kept == 0);
  BOOST_TEST(!report.cancelled);
  BOOST_TEST((report.failures == std::vector<std::pair<error_code, std::int64_t>>{
                                     {error_code::dns_failed, 1}, {error_code::timed_out, 3}}));
  BOOST_REQUIRE(report.stores.size() == 2U);
  const auto& first = report.stores[0];
  BOOST_TEST(first.store_id == "S0");
  BOOST_TEST(first.visits == 2);
  BOOST_TEST(first.images == 8);
  BOOST_TEST(first.failed == 3);
  BOOST_TEST((first.code == error_code::timed_out));
  BOOST_TEST(first.error == describe(error_code::timed_out).public_sentence);
  BOOST_TEST(report.stores[1].store_id == "S1");
  BOOST_TEST(report.stores[1].images == 4);
  BOOST_TEST(report.stores[1].failed == 1);
  BOOST_TEST(!report.stores_truncated);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_report_of_a_job_without_failures_names_no_code, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  record(at.w, job, {good(0), good(1)}, {}, unix_millis{4000});
  const auto report = at.r.report(job).value();
  BOOST_TEST((report.job.state == job_state::completed));
  BOOST_TEST((report.job.finished_at == unix_millis{4000}));
  BOOST_TEST(report.failures.empty());
  BOOST_TEST((report.stores.at(0).code == error_code::none));
  BOOST_TEST(report.stores.at(0).error.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_report_lists_as_many_stores_as_the_bound_says_in_order_of_first_visit, Place, places) {
  open_place<Place> at;
  const auto whole = submit(at.w, plain_submission(limits::status_failures, 1));
  const auto report = at.r.report(whole).value();
  BOOST_TEST(report.stores.size() == limits::status_failures);
  BOOST_TEST(!report.stores_truncated);
  BOOST_TEST(report.stores[10].store_id == "S10");
  const auto more =
      at.r.report(submit(at.w, plain_submission(limits::status_failures + 1, 1))).value();
  BOOST_TEST(more.stores.size() == limits::status_failures);
  BOOST_TEST(more.stores_truncated);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(in_another_run_only_its_own_failures_count, Place, places) {
  open_place<Place> at;
  const auto job = mixed_job(at.w);
  record(at.w, job, {good(6), good(7), bad(10), good(11)});
  redrive(at.where, job);
  {
    session sql{at.where, {}, session::role::writer};
    sql.script("UPDATE jobs SET cancelled_at = 6000");
  }
  auto report = at.r.report(job).value();
  BOOST_TEST(report.job.run.value == 2);
  BOOST_TEST((report.job.images == image_counts{12, 7, 0}));
  BOOST_TEST((report.run_started_at == unix_millis{5000}));
  BOOST_TEST(report.run_kept == 7);
  BOOST_TEST(report.cancelled);
  BOOST_TEST(report.failures.empty());

  fail_again(at.where, job, 5, "connect_failed");
  report = at.r.report(job).value();
  BOOST_TEST((report.failures ==
              std::vector<std::pair<error_code, std::int64_t>>{{error_code::connect_failed, 1}}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    images_come_in_order_of_submission_under_every_filter_and_in_pages_of_any_size, Place, places) {
  open_place<Place> at;
  submit(at.w, plain_submission(2, 9));
  const auto job = mixed_job(at.w);
  submit(at.w, plain_submission(2, 9));
  using enum image_state;
  for (std::size_t limit = 1; limit <= 13; ++limit) {
    const auto list = [&](const image_filter& f) { return all_images(at.r, job, f, limit); };
    BOOST_TEST(list({}) == (numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
    BOOST_TEST(list(of_state(succeeded)) == (numbers{0, 1, 4, 8}));
    BOOST_TEST(list(of_state(failed)) == (numbers{2, 3, 5, 9}));
    BOOST_TEST(list(of_state(pending)) == (numbers{6, 7, 10, 11}));
    BOOST_TEST(list(of_code(error_code::timed_out)) == (numbers{2, 5, 9}));
    BOOST_TEST(list(of_code(error_code::internal)).empty());
    BOOST_TEST(list(of_store("S0")) == (numbers{0, 1, 2, 3, 8, 9, 10, 11}));
    BOOST_TEST(list(of_store("S1")) == (numbers{4, 5, 6, 7}));
    BOOST_TEST(list(of_store("s1")).empty());
    BOOST_TEST(list(of_state(succeeded, "S0")) == (numbers{0, 1, 8}));
    BOOST_TEST(list(of_state(failed, "S0")) == (numbers{2, 3, 9}));
    BOOST_TEST(list(of_state(pending, "S0")) == (numbers{10, 11}));
    BOOST_TEST(list(of_code(error_code::timed_out, "S0")) == (numbers{2, 9}));
    BOOST_TEST(list({failed, "S0", error_code::dns_failed}) == numbers{3});
    BOOST_TEST(list({succeeded, {}, error_code::dns_failed}).empty());
    BOOST_TEST(list({pending, {}, error_code::dns_failed}).empty());
  }
  BOOST_TEST(numbers_of(at.r.images(job, of_store("S0"), image_number{5}, 2).value()) ==
             (numbers{8, 9}));  // a cursor of another store's image
  BOOST_TEST(at.r.images(job, {}, image_number{11}, 5).value().images.empty());
  BOOST_TEST(at.r.images(job, of_store("S0"), image_number{max_job_id}, 5).value().images.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_failed_image_of_an_older_run_is_pending_until_the_new_run_has_its_result, Place, places) {
  open_place<Place> at;
  const auto job = mixed_job(at.w);
  record(at.w, job, {good(6), good(7), bad(10), good(11)});
  redrive(at.where, job);
  fail_again(at.where, job, 3, "connect_failed");
  using enum image_state;
  for (std::size_t limit = 1; limit <= 5; ++limit) {
    const auto list = [&](const image_filter& f) { return all_images(at.r, job, f, limit); };
    BOOST_TEST(list(of_state(pending)) == (numbers{2, 5, 9, 10}));
    BOOST_TEST(list(of_state(pending, "S0")) == (numbers{2, 9, 10}));
    BOOST_TEST(list(of_state(failed)) == numbers{3});
    BOOST_TEST(list(of_state(failed, "S1")).empty());
    BOOST_TEST(list(of_code(error_code::timed_out)).empty());
    BOOST_TEST(list(of_code(error_code::timed_out, "S0")).empty());
    BOOST_TEST(list(of_code(error_code::connect_failed, "S0")) == numbers{3});
    BOOST_TEST(list(of_state(succeeded)) == (numbers{0, 1, 4, 6, 7, 8, 11}));
  }
  const auto all = at.r.images(job, {}, image_number{-1}, 20).value().images;
  BOOST_REQUIRE(all.size() == 12U);
  BOOST_TEST((all[2].state == pending));
  BOOST_TEST((all[2].result.code == error_code::none));
  BOOST_TEST(all[2].error.empty());
  BOOST_TEST(all[2].url == "http://images.test/2");
  BOOST_TEST((all[3].state == failed));
  BOOST_TEST((all[3].result.code == error_code::connect_failed));
  BOOST_TEST((all[4].state == succeeded));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_image_comes_with_all_the_evidence_that_is_kept_of_it, Place,
                              places) {
  open_place<Place> at;
  const auto job =
      submit(at.w, submission_of({{"S\xC3\xA9", {"http://a.test/", "http://b.test/"}, "noon"}}));
  auto fetched = good(1, 3, 4);
  fetched.attempts = 2;
  fetched.evidence = {"http://c.test/", "203.0.113.9", 206, 77, std::string(64, 'a'), 1, 2, 3};
  record(at.w, job, {fetched}, {}, unix_millis{1234});
  const auto images = at.r.images(job, {}, image_number{-1}, 5).value().images;
  BOOST_REQUIRE(images.size() == 2U);
  BOOST_TEST((images[0].state == image_state::pending));
  const auto& image = images[1];
  BOOST_TEST(image.number.value == 1);
  BOOST_TEST(image.store_id == "S\xC3\xA9");
  BOOST_TEST(image.visit_time == "noon");
  BOOST_TEST(image.url == "http://b.test/");
  BOOST_TEST((image.result.measured == fetched.measured));
  BOOST_TEST(image.result.attempts == 2);
  BOOST_TEST((image.recorded_at == unix_millis{1234}));
  const auto& evidence = image.result.evidence;
  BOOST_TEST(evidence.final_url == "http://c.test/");
  BOOST_TEST(evidence.address == "203.0.113.9");
  BOOST_TEST(evidence.http_status == 206);
  BOOST_TEST(evidence.bytes == 77);
  BOOST_TEST(evidence.kept == std::string(64, 'a'));
  BOOST_TEST(evidence.dns_ms == 1);
  BOOST_TEST(evidence.connect_ms == 2);
  BOOST_TEST(evidence.total_ms == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    a_page_ends_early_when_its_texts_are_long_and_goes_on_behind_its_last_image, Place, places) {
  open_place<Place> at;
  std::vector<std::string> urls;
  for (int i = 0; i < 40; ++i)
    urls.push_back(joined("http://a.test/", i, std::string(60 * limits::kib, 'x')));
  const auto job = submit(at.w, submission_of({{"S0", urls}}));
  const auto page = at.r.images(job, {}, image_number{-1}, 40).value();
  BOOST_TEST(page.images.size() == 18U);  // the first to pass 1 MiB is still in it
  BOOST_TEST(page.next.has_value());
  const auto rest = at.r.images(job, {}, page.images.back().number, 40).value();
  BOOST_TEST(rest.images.front().number.value == 18);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_page_counts_its_texts_as_json_has_them, Place, places) {
  open_place<Place> at;
  std::vector<std::string> urls;
  for (int i = 0; i < 40; ++i)
    urls.push_back(joined("http://a.test/", i, std::string(10 * limits::kib, '\x01')));
  const auto job = submit(at.w, submission_of({{"S0", urls}}));
  BOOST_TEST(at.r.images(job, {}, image_number{-1}, 40).value().images.size() ==
             18U);  // of 60 KiB each
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_word_of_another_version_fails_a_report_instead_of_being_guessed,
                              Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  record(at.w, job, {bad(0)});
  session{at.where, {}, session::role::writer}.script(
      "UPDATE images SET code = 'word_of_tomorrow'");
  BOOST_CHECK_EXCEPTION(at.r.images(job, {}, image_number{-1}, 1), storage_error,
                        is_kind(storage_error::kind::corrupt));
  BOOST_CHECK_EXCEPTION(at.r.report(job), storage_error, is_kind(storage_error::kind::corrupt));
}

namespace {

using rows = std::vector<std::pair<std::string, std::int64_t>>;

rows all_perimeters(reader& r, const std::string& store, const day_range& days, std::size_t limit) {
  rows met;
  perimeter_cursor from;
  for (;;) {
    const auto page = r.perimeters(store, days, from, limit);
    BOOST_REQUIRE(page.rows.size() <= limit);
    for (const auto& row : page.rows) met.emplace_back(row.date, row.perimeter);
    if (!page.next) return met;
    from = *page.next;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(
    perimeters_of_a_store_come_by_date_over_all_jobs_and_those_without_a_date_last, Place, places) {
  open_place<Place> at;
  const auto first = submit(at.w, submission_of({{"S0", {"u", "u", "u"}, "2026-03-09T12:00:00"},
                                                 {"S1", {"u"}, "2026-03-09"},
                                                 {"S0", {"u"}, "noon"}}));
  const auto second = submit(at.w, submission_of({{"S0", {"u", "u"}, "2026-03-08"},
                                                  {"S0", {"u"}, "2026-03-09"},
                                                  {"S0", {"u"}, "2026-03-10"},
                                                  {"S0", {"u"}, "at dawn"}}));
  record(at.w, first, {good(0, 1, 1), bad(1), good(2, 2, 1), good(3, 9, 9), good(4, 3, 1)});
  record(at.w, second,
         {good(0, 4, 1), good(1, 5, 1), good(2, 6, 1), good(3, 7, 1)});  // 4 is pending
  const rows on_8{{"2026-03-08", 10}, {"2026-03-08", 12}};
  const rows on_9{{"2026-03-09", 4}, {"2026-03-09", 6}, {"2026-03-09", 14}};
  const auto together = [](std::initializer_list<rows> parts) {
    rows all;
    for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  using day = std::optional<std::string>;
  for (std::size_t limit = 1; limit <= 8; ++limit) {
    const auto list = [&](day from, day to) {
      return all_perimeters(at.r, "S0", {std::move(from), std::move(to)}, limit);
    };
    BOOST_TEST((list({}, {}) == together({on_8, on_9, {{"2026-03-10", 16}, {"noon", 8}}})));
    BOOST_TEST((list("2026-03-09", {}) == together({on_9, {{"2026-03-10", 16}}})));
    BOOST_TEST((list({}, "2026-03-09") == together({on_8, on_9})));
    BOOST_TEST((list("2026-03-09", "2026-03-09") == on_9));
    BOOST_TEST((list("2026-03-11", {}).empty()));
    BOOST_TEST((list({}, "2026-03-07").empty()));
    BOOST_TEST((all_perimeters(at.r, "S1", {}, limit) == rows{{"2026-03-09", 36}}));
    BOOST_TEST(all_perimeters(at.r, "S2", {}, limit).empty());
  }
}

BOOST_AUTO_TEST_CASE(every_list_of_jobs_goes_through_an_index_and_sorts_nothing) {
  open_place<on_disk> at;
  using enum job_state;
  const auto plan = [&](std::optional<job_state> state, std::optional<std::string> store) {
    auto steps = plan_of(at.where, queries::jobs({state, std::move(store), std::nullopt}));
    check_no_walk(steps);
    return steps;
  };
  BOOST_TEST(mentions(plan({}, {}), "SEARCH jobs USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"));
  for (const auto state : {ongoing, completed, failed})
    BOOST_TEST(mentions(plan(state, {}), "INDEX jobs_by_state (state=? AND rowid>? AND rowid<?)"));
  for (const auto& state : std::vector<std::optional<job_state>>{std::nullopt, completed, failed}) {
    const auto steps = plan(state, "S0");
    BOOST_TEST(mentions(
        steps, "SEARCH visits USING COVERING INDEX visits_by_store (store_id=? AND job_id<?)"));
    BOOST_TEST(mentions(steps, "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)"));
  }
  BOOST_TEST(
      mentions(plan(ongoing, "S0"),
               "SEARCH visits USING COVERING INDEX visits_by_store (store_id=? AND job_id=?)"));
  BOOST_TEST(
      mentions(plan(ongoing, "S0"), "INDEX jobs_by_state (state=? AND rowid>? AND rowid<?)"));
}

BOOST_AUTO_TEST_CASE(the_bound_of_a_time_comes_from_the_index_of_submissions) {
  open_place<on_disk> at;
  // For a min() SQLite's plan says no more than SEARCH.
  const auto steps = plan_of(
      at.where, "SELECT job_id" + queries::least_job().substr(queries::least_job().find(" FROM ")));
  check_no_walk(steps);
  BOOST_TEST(
      mentions(steps, "SEARCH jobs USING COVERING INDEX jobs_by_submission (submitted_at>?)"));
}

BOOST_AUTO_TEST_CASE(every_page_of_images_goes_through_an_index_and_sorts_at_most_within_a_visit) {
  open_place<on_disk> at;
  using enum image_state;
  using enum queries::pending_rows;
  const auto plan = [&](const image_filter& filter, queries::pending_rows rows = few) {
    auto steps = plan_of(at.where, queries::images(filter, rows));
    if (filter.store_id || filter.state != pending) check_no_walk(steps);
    return steps;
  };
  constexpr std::string_view in_order = "SEARCH i USING PRIMARY KEY (job_id=? AND image_no>?)";
  BOOST_TEST(mentions(plan({}), in_order));
  BOOST_TEST(mentions(plan(of_state(succeeded)), in_order));
  BOOST_TEST(mentions(plan(of_state(failed)), "INDEX images_failed (job_id=? AND image_no>?)"));
  BOOST_TEST(mentions(plan(of_state(pending), many), in_order));
  check_no_walk(plan(of_state(pending), many));
  BOOST_TEST(mentions(plan(of_state(pending)),
                      "SEARCH images USING COVERING INDEX images_pending (job_id=?)"));
  BOOST_TEST(mentions(plan(of_code(error_code::timed_out)),
                      "INDEX images_by_code (job_id=? AND code=? AND image_no>?)"));
  const auto later = plan(of_state(pending), again);
  BOOST_TEST(mentions(later, "MERGE (UNION ALL)"));
  BOOST_TEST(mentions(later, "INDEX images_pending (job_id=?)"));
  BOOST_TEST(mentions(later, "INDEX images_failed (job_id=? AND image_no>?)"));

  constexpr std::string_view of_the_store =
      "SEARCH v USING INDEX visits_by_store (store_id=? AND job_id=? AND visit_no>?)";
  constexpr std::string_view of_a_visit =
      "SEARCH i USING PRIMARY KEY (job_id=? AND image_no>? AND image_no<?)";
  for (const auto& steps : {plan(of_store("S0")), plan(of_state(succeeded, "S0")),
                            plan(of_state(pending, "S0")), plan(of_state(pending, "S0"), again)}) {
    BOOST_TEST(mentions(steps, of_the_store));
    BOOST_TEST(mentions(steps, of_a_visit));
  }
  const auto failures = plan(of_state(failed, "S0"));
  BOOST_TEST(mentions(failures, of_the_store));
  BOOST_TEST(mentions(failures, "INDEX images_failed (job_id=? AND image_no>? AND image_no<?)"));
  BOOST_TEST(mentions(plan(of_code(error_code::timed_out, "S0")),
                      "INDEX images_by_code (job_id=? AND code=? AND image_no>? AND image_no<?)"));
}

BOOST_AUTO_TEST_CASE(
    a_report_counts_codes_in_their_index_alone_and_perimeters_come_from_the_index_of_days) {
  open_place<on_disk> at;
  const auto codes = plan_of(at.where, queries::failures_by_code());
  check_no_walk(codes);
  BOOST_TEST(mentions(codes, "SEARCH images USING COVERING INDEX images_by_code (job_id=?)"));
  const auto stores = plan_of(at.where, queries::stores_of_job());
  BOOST_TEST(mentions(stores, "SEARCH visits USING PRIMARY KEY (job_id=?)"));
  BOOST_TEST(!mentions(stores, "images"));
  BOOST_TEST(!mentions(stores, "SCAN visits"));
  const auto dated = plan_of(at.where, queries::dated_perimeters());
  check_no_walk(dated);
  BOOST_TEST(mentions(dated,
                      "INDEX visits_by_day (store_id=? AND (visit_date,job_id,visit_no)>(?,?,?) "
                      "AND visit_date<?)"));
  BOOST_TEST(
      mentions(dated, "SEARCH i USING PRIMARY KEY (job_id=? AND image_no>? AND image_no<?)"));
  const auto undated = plan_of(at.where, queries::undated_perimeters());
  check_no_walk(undated);
  BOOST_TEST(mentions(
      undated, "INDEX visits_by_day (store_id=? AND visit_date=? AND (job_id,visit_no)>(?,?))"));
}

BOOST_AUTO_TEST_SUITE_END()
