#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "query_plan.hpp"
#include "storage/migrations.hpp"
#include "storage/pending.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

namespace {

using numbers_of_images = std::vector<std::int64_t>;

constexpr run_number first_run{1};
constexpr run_number second_run{2};
constexpr image_number all_images{-1};

/// More images than a page has: of a.test, b.test and without an origin, in turn. Image i is of
/// origin 1, 2, 0.
submission large_submission(std::size_t images = 90) {
  visit_text visit{"S0", {}};
  const std::vector<std::string> starts{"http://a.test/", "https://b.test/", "no url "};
  for (std::size_t i = 0; i < images; ++i)
    visit.urls.push_back(joined(starts[i % starts.size()], i));
  return submission_of({visit});
}

numbers_of_images numbers_in(const std::vector<image_task>& tasks) {
  numbers_of_images numbers;
  for (const auto& task : tasks) numbers.push_back(task.number.value);
  return numbers;
}

numbers_of_images every_third(std::int64_t first, std::int64_t end = 90) {
  numbers_of_images numbers;
  for (; first < end; first += 3) numbers.push_back(first);
  return numbers;
}

numbers_of_images origins_pending(reader& r, job_id job, run_number run) {
  numbers_of_images numbers;
  for (const auto& origin : r.pending_origins(job, run, not_numbered, 100))
    numbers.push_back(origin.number.value);
  return numbers;
}

void check_equal(const numbers_of_images& found, const numbers_of_images& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

std::int64_t number_in(const location& where, const std::string& query) {
  session sql{where, {}, session::role::reader};
  long long number = 0;
  sql.one(query, std::tie(number));
  return number;
}

void redrive(writer& w, job_id job) {
  w.begin();
  BOOST_TEST((w.redrive(job, 1'000'000, unix_millis{3000}).what == controlled::kind::done));
  w.commit();
}

/// A large job of which every image failed in its first run.
job_id failed_job(writer& w) {
  const auto job = submit(w, large_submission());
  abandon(w, job, error_code::internal, 1000);
  redrive(w, job);
  return job;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(origins)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_large_job_has_its_origins_with_their_totals, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission(91));
  const auto found = at.r.pending_origins(job, first_run, not_numbered, 100);
  BOOST_REQUIRE(found.size() == 3U);
  const std::vector<std::string> texts{"", "http://a.test:80", "https://b.test:443"};
  for (std::size_t i = 0; i < found.size(); ++i) {
    BOOST_TEST(found[i].number.value == static_cast<std::int32_t>(i));
    BOOST_TEST(found[i].origin == texts[i]);
  }
  BOOST_TEST(number_in(at.where, "SELECT images_total FROM origins WHERE origin_no = 1") == 31);
  BOOST_TEST(number_in(at.where, "SELECT sum(images_total) FROM origins") == 91);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pending_images_come_by_origin_in_pages, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission());
  for (const std::int32_t origin : {0, 1, 2}) {
    const auto first = origin == 0 ? 2 : origin - 1;
    for (const std::size_t limit : {1U, 7U, 30U, 100U}) {
      numbers_of_images found;
      for (image_number after{-1};;) {
        const auto page = at.r.pending_images(job, first_run, origin_number{origin}, after, limit);
        for (const auto number : numbers_in(page)) found.push_back(number);
        if (page.size() < limit) break;
        after = page.back().number;
      }
      check_equal(found, every_third(first));
    }
  }
  const auto task = at.r.pending_images(job, first_run, origin_number{2}, all_images, 1).at(0);
  BOOST_TEST(task.url == "https://b.test/1");
  BOOST_TEST(task.store_id == "S0");
  BOOST_TEST(at.r.pending_images(job, first_run, not_numbered, all_images, 100).empty());
  BOOST_TEST(at.r.pending_images(job, first_run, origin_number{3}, all_images, 100).empty());
  BOOST_TEST(at.r.pending_images(job, second_run, origin_number{1}, all_images, 100).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pages_of_origins_go_on_behind_the_last, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission());
  const auto first = at.r.pending_origins(job, first_run, not_numbered, 2);
  BOOST_REQUIRE(first.size() == 2U);
  const auto rest = at.r.pending_origins(job, first_run, first.back().number, 2);
  BOOST_REQUIRE(rest.size() == 1U);
  BOOST_TEST(rest[0].number.value == 2);
  BOOST_TEST(at.r.pending_origins(job, first_run, rest[0].number, 2).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_origin_whose_images_have_results_is_not_pending, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission());
  std::vector<image_result> results;
  for (const auto number : every_third(0)) results.push_back(good(number));
  for (const auto number : every_third(2)) results.push_back(bad(number));
  results.pop_back();
  record(at.w, job, results);
  check_equal(origins_pending(at.r, job, first_run), {0, 2});
  record(at.w, job, {bad(89)});
  check_equal(origins_pending(at.r, job, first_run), {2});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_of_one_page_has_no_origins, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission(limits::page_images));
  BOOST_TEST(origins_pending(at.r, job, first_run).empty());
  BOOST_TEST(number_in(at.where, "SELECT count(*) FROM origins") == 0);
  BOOST_TEST(at.r.pending_images(job, first_run, not_numbered, all_images, 100).size() ==
             limits::page_images);
  const auto larger = submit(at.w, large_submission(limits::page_images + 1));
  BOOST_TEST(origins_pending(at.r, larger, first_run).size() == 3U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(slices_bring_each_origin_with_its_first_image, place, places) {
  const auto text = large_submission();
  for (const std::size_t slice : {1U, 2U, 3U, 89U, 90U}) {
    open_place<place> at;
    at.w.begin();
    const auto job = at.w.create_job(text, unix_millis{1});
    for (std::size_t first = 0; first < 90; first += slice)
      at.w.append(job, text, first, std::min<std::size_t>(first + slice, 90));
    at.w.publish(job, unix_millis{1});
    at.w.commit();
    check_equal(origins_pending(at.r, job, first_run), {0, 1, 2});
    BOOST_TEST(number_in(at.where, "SELECT sum(images_total) FROM origins") == 90);
  }
}

BOOST_AUTO_TEST_CASE(a_job_without_all_of_its_origins_is_not_published) {
  for (const auto* damage : {"DELETE FROM origins", "DELETE FROM origins WHERE origin_no = 0",
                             "DELETE FROM origins WHERE origin_no = 2"}) {
    open_place<on_disk> at;
    const auto text = large_submission();
    at.w.begin();
    const auto job = at.w.create_job(text, unix_millis{1});
    at.w.append(job, text, 0, 90);
    at.w.commit();
    session{at.where, {}, session::role::writer}.change(damage);
    at.w.begin();
    BOOST_CHECK_EXCEPTION(at.w.publish(job, unix_millis{1}), storage_error, is_kind(kind::other));
    at.w.rollback();
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_discarded_job_leaves_no_origins, place, places) {
  open_place<place> at;
  const auto text = large_submission();
  at.w.begin();
  const auto job = at.w.create_job(text, unix_millis{1});
  at.w.append(job, text, 0, 80);
  at.w.commit();
  int slices = 0;
  for (bool gone = false; !gone; ++slices) {
    BOOST_REQUIRE(slices < 100);
    at.w.begin();
    gone = at.w.discard_staging(job, 2);
    at.w.commit();
  }
  BOOST_TEST(slices == 43);  // 80 images, a visit and 3 origins; then the job
  BOOST_TEST(number_in(at.where, "SELECT count(*) FROM origins") == 0);
}

BOOST_AUTO_TEST_CASE(origins_go_with_their_job) {
  open_place<on_disk> at;
  submit(at.w, large_submission());
  session sql{at.where, {}, session::role::writer};
  sql.change("DELETE FROM jobs");
  BOOST_TEST(number_in(at.where, "SELECT count(*) FROM origins") == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_redriven_job_has_its_failed_images_by_origin, place, places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  check_equal(origins_pending(at.r, job, second_run), {0, 1, 2});
  BOOST_TEST(origins_pending(at.r, job, first_run).empty());
  check_equal(
      numbers_in(at.r.pending_images(job, second_run, origin_number{2}, image_number{1}, 100)),
      every_third(4));
  std::vector<image_result> results;
  for (const auto number : every_third(0)) results.push_back(bad(number));
  record(at.w, job, results, second_run);
  check_equal(origins_pending(at.r, job, second_run), {0, 2});
  BOOST_TEST(at.r.pending_images(job, second_run, origin_number{1}, all_images, 100).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(those_of_some_images_that_are_pending_come_in_order, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission());
  record(at.w, job, {good(4), bad(7)});
  const std::vector<image_number> asked{{40}, {7}, {3}, {4}, {3}, {1000}, {-1}};
  const auto tasks = at.r.pending_images(job, first_run, asked);
  check_equal(numbers_in(tasks), {3, 40});
  BOOST_TEST(tasks.at(0).url == "http://a.test/3");
  BOOST_TEST(tasks.at(0).store_id == "S0");
  BOOST_TEST(at.r.pending_images(job, first_run, std::span<const image_number>{}).empty());
  BOOST_CHECK_THROW(
      at.r.pending_images(job, first_run, std::vector<image_number>(limits::page_images + 1)),
      storage_error);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(those_of_some_images_that_failed_before_are_pending_again, place,
                              places) {
  open_place<place> at;
  const auto job = failed_job(at.w);
  record(at.w, job, {good(4), bad(7)}, second_run);
  const std::vector<image_number> asked{{3}, {4}, {7}};
  check_equal(numbers_in(at.r.pending_images(job, second_run, asked)), {3});
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_origin_is_abandoned_in_slices_with_a_reason, place, places) {
  open_place<place> at;
  for (const auto run : {first_run, second_run}) {
    const auto job = run == first_run ? submit(at.w, large_submission()) : failed_job(at.w);
    const abandonment why{error_code::connect_failed, "it was away", origin_number{1}};
    image_position after;
    numbers_of_images changed;
    for (recorded slice; changed.empty() || slice.changed > 0;) {
      at.w.begin();
      slice = at.w.abandon(job, run, why, 20, unix_millis{4000}, after);
      at.w.commit();
      after = slice.last;
      changed.push_back(slice.changed);
    }
    check_equal(changed, {20, 10, 0});
    BOOST_TEST((after == image_position{origin_number{1}, image_number{87}}));
    check_equal(origins_pending(at.r, job, run), {0, 2});
    BOOST_TEST((at.r.status(job)->images == image_counts{90, 0, 30}));
    const auto row = at.r.images(job, image_number{2}, 1).at(0);
    BOOST_TEST((row.result.code == error_code::connect_failed));
    BOOST_TEST(row.error.ends_with(": it was away"));
    BOOST_TEST(at.r.images(job, image_number{3}, 1).at(0).pending);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(all_origins_are_abandoned_in_slices_by_origin, place, places) {
  open_place<place> at;
  for (const auto run : {first_run, second_run}) {
    const auto job = run == first_run ? submit(at.w, large_submission()) : failed_job(at.w);
    image_position after;
    std::vector<image_position> ends;
    recorded slice;
    do {
      at.w.begin();
      slice = at.w.abandon(job, run, {error_code::cancelled}, 40, unix_millis{4000}, after);
      at.w.commit();
      after = slice.last;
      ends.push_back(after);
    } while (slice.state == job_state::ongoing);
    BOOST_REQUIRE(ends.size() == 3U);
    BOOST_TEST((ends[0] == image_position{origin_number{1}, image_number{27}}));
    BOOST_TEST((ends[1] == image_position{origin_number{2}, image_number{58}}));
    BOOST_TEST((at.r.status(job)->images == image_counts{90, 0, 90}));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_origin_before_the_position_is_not_abandoned, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, large_submission());
  at.w.begin();
  const auto outcome = at.w.abandon(job, first_run, {error_code::cancelled, "", origin_number{1}},
                                    100, unix_millis{1}, {origin_number{2}, image_number{-1}});
  at.w.commit();
  BOOST_TEST(outcome.changed == 0);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pending_images_of_a_report_come_by_number, place, places) {
  open_place<place> at;
  const image_filter filter{.state = image_state::pending, .store_id = {}, .code = {}};
  for (const auto run : {first_run, second_run}) {
    const auto job = run == first_run ? submit(at.w, large_submission()) : failed_job(at.w);
    record(at.w, job, {good(3), bad(5)}, run);
    const auto page = at.r.images(job, filter, image_number{1}, 4);
    numbers_of_images numbers;
    for (const auto& image : page->images) numbers.push_back(image.number.value);
    check_equal(numbers, {2, 4, 6, 7});
    BOOST_TEST(page->next.has_value());
  }
}

BOOST_AUTO_TEST_CASE(queries_of_pending_images_go_through_their_indexes_and_sort_nothing) {
  open_place<on_disk> at;
  const std::string pending =
      "SEARCH images USING INDEX images_pending (job_id=? AND origin_no=? AND image_no>?)";
  const std::string failed =
      "SEARCH images USING INDEX images_failed_by_origin (job_id=? AND origin_no=? AND image_no>?)";
  const std::string origins = "SEARCH origins USING PRIMARY KEY (job_id=? AND origin_no>?)";
  const std::string of_origin =
      "SEARCH images USING COVERING INDEX images_pending (job_id=? AND origin_no=?)";
  check_plan(at.where, queries::pending_images(false), {pending});
  check_plan(at.where, queries::pending_images(true), {"MERGE (UNION ALL)", pending, failed});
  check_plan(at.where, queries::pending_origins(false), {origins, of_origin});
  check_plan(at.where, queries::pending_origins(true),
             {origins, of_origin,
              "SEARCH images USING COVERING INDEX images_failed_by_origin (job_id=? AND "
              "origin_no=?)"});
  check_plan(at.where, queries::pending_among(),
             {"SEARCH images USING PRIMARY KEY (job_id=? AND image_no=?)"});
  check_plan(at.where, queries::unnumbered_images(),
             {"COMPOUND QUERY", of_origin,
              "SEARCH images USING COVERING INDEX images_failed_by_origin (job_id=? AND "
              "origin_no=?)"});
  check_plan(at.where, queries::image_urls(),
             {"SEARCH images USING PRIMARY KEY (job_id=? AND image_no>?)"});
  const std::string range = "(job_id=? AND (origin_no,image_no)>(?,?) AND origin_no<?)";
  const auto pending_range = "SEARCH images USING COVERING INDEX images_pending " + range;
  check_plan(at.where, queries::pending_positions(false), {pending_range});
  check_plan(at.where, queries::pending_positions(true),
             {"MERGE (UNION ALL)", pending_range,
              "SEARCH images USING COVERING INDEX images_failed_by_origin " + range});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(origins_of_older_jobs)

namespace {

/// An ongoing job of 90 images, as the schema before origins has it: image 0 succeeded, 1 failed.
void fill_at_version_8(const location& where) {
  session sql{where, {}, session::role::writer};
  migrate(sql, sqlite_migrations().first(8));
  sql.script(R"sql(
    INSERT INTO jobs (state, visits_total, images_total, images_succeeded, images_failed, submitted_at) VALUES (1, 1, 90, 1, 1, 30);
    INSERT INTO visits (job_id, visit_no, store_id, visit_time, first_image, images) VALUES (1, 0, 'S1', 'noon', 0, 90);
    INSERT INTO images (job_id, image_no, visit_no, url)
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 89) SELECT 1, i, 0, 'http://a.test/' || i FROM n;
    UPDATE images SET state = 1, width = 1, height = 1, perimeter = 4, recorded_at = 31 WHERE image_no = 0;
    UPDATE images SET state = 2, code = 'timed_out', error = 'late', recorded_at = 31 WHERE image_no = 1;
  )sql");
}

}  // namespace

BOOST_AUTO_TEST_CASE(their_images_are_pending_without_a_number) {
  const temporary_folder folder;
  const auto where = folder.database();
  fill_at_version_8(where);
  writer w{where};
  reader r{where};
  const auto page = r.pending_images(job_id{1}, first_run, not_numbered, image_number{50}, 100);
  BOOST_TEST(page.size() == 39U);
  BOOST_TEST(page.at(0).url == "http://a.test/51");
  BOOST_TEST(origins_pending(r, job_id{1}, first_run).empty());
  BOOST_TEST(r.has_unnumbered_images(job_id{1}));
  const auto urls = r.image_urls(job_id{1}, image_number{0}, 2);
  BOOST_REQUIRE(urls.size() == 2U);
  BOOST_TEST(urls[0].number.value == 1);
  BOOST_TEST(urls[1].url == "http://a.test/2");
  BOOST_TEST(abandon(w, job_id{1}, error_code::cancelled, 1000).changed == 88);
}

BOOST_AUTO_TEST_CASE(their_images_are_numbered_in_slices_each_once) {
  const temporary_folder folder;
  const auto where = folder.database();
  fill_at_version_8(where);
  writer w{where};
  reader r{where};
  using numbered = std::vector<std::pair<image_number, origin_number>>;
  const job_origin a{origin_number{1}, "http://a.test:80"}, b{origin_number{2}, "http://b.test:80"};
  const numbered slice{{{1}, {1}}, {{2}, {2}}, {{3}, {1}}};
  for (int time = 0; time < 2; ++time) {
    w.begin();
    w.number_origins(job_id{1}, slice, std::vector{a, b});
    w.commit();
  }
  const numbered rest{{{4}, {1}}, {{5}, {0}}};
  w.begin();
  w.number_origins(job_id{1}, rest, std::vector{job_origin{}});
  w.commit();
  BOOST_TEST(number_in(where, "SELECT images_total FROM origins WHERE origin_no = 0") == 1);
  BOOST_TEST(number_in(where, "SELECT images_total FROM origins WHERE origin_no = 1") == 3);
  BOOST_TEST(number_in(where, "SELECT images_total FROM origins WHERE origin_no = 2") == 1);
  const auto counted = r.origins(job_id{1}, {}, not_numbered, 9).value();
  BOOST_REQUIRE(counted.origins.size() == 3U);
  BOOST_TEST(counted.origins[1].failed == 1);  // image 1
  BOOST_TEST((counted.origins[1].last_error == error_code::timed_out));
  BOOST_TEST(counted.origins[1].pending == 2);
  BOOST_TEST(counted.origins[2].failed == 0);
  const auto found = r.pending_origins(job_id{1}, first_run, not_numbered, 9);
  BOOST_REQUIRE(found.size() == 3U);
  BOOST_TEST(found[1].origin == "http://a.test:80");
  check_equal(numbers_in(r.pending_images(job_id{1}, first_run, a.number, all_images, 9)), {3, 4});
  BOOST_TEST(r.has_unnumbered_images(job_id{1}));
  numbered others;
  for (std::int64_t image = 0; image < 90; ++image) others.push_back({{image}, {1}});
  w.begin();
  w.number_origins(job_id{1}, others, {});
  w.commit();
  BOOST_TEST(!r.has_unnumbered_images(job_id{1}));
}

BOOST_AUTO_TEST_CASE(an_image_is_not_given_an_origin_that_has_no_row) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  at.w.begin();
  BOOST_CHECK_EXCEPTION(
      at.w.number_origins(job, std::vector{std::pair{image_number{0}, origin_number{1}}}, {}),
      storage_error, is_kind(kind::other));
  at.w.rollback();
}

BOOST_AUTO_TEST_SUITE_END()
