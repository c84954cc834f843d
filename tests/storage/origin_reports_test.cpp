#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <map>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "query_plan.hpp"
#include "storage/migrations.hpp"
#include "storage/origins.hpp"
#include "storage/reports.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

constexpr std::size_t large = 90;
constexpr std::size_t small = limits::page_images;
constexpr run_number second_run{2};

const std::string a_test = "http://a.test:80";
const std::string b_test = "https://b.test:443";

/// Image i is of origin 1 (a.test), 2 (b.test), 0 (none), in turn; its store is S0 or S1.
submission mixed_submission(std::size_t images) {
  std::vector<visit_text> visits{{"S0", {}}, {"S1", {}}};
  const std::vector<std::string> starts{"HTTP://A.test/", "https://b.test:443/", "no url "};
  for (std::size_t i = 0; i < images; ++i)
    visits[i < images / 2 ? 0 : 1].urls.push_back(joined(starts[i % starts.size()], i));
  return submission_of(visits);
}

std::int32_t origin_of(std::int64_t image) { return static_cast<std::int32_t>((image + 1) % 3); }

std::vector<image_result> of_all(std::size_t images, image_result (*make)(std::int64_t)) {
  std::vector<image_result> results;
  for (std::size_t i = 0; i < images; ++i) results.push_back(make(static_cast<std::int64_t>(i)));
  return results;
}

void redrive(writer& w, job_id job) {
  w.begin();
  BOOST_REQUIRE((w.redrive(job, 1'000'000, unix_millis{3000}).what == controlled::kind::done));
  w.commit();
}

struct counted {
  std::int64_t images = 0, failed = 0, pending = 0;
  error_code last_error = error_code::none;
  bool operator==(const counted&) const = default;
};
std::ostream& operator<<(std::ostream& to, const counted& c) {
  return to << c.images << " images, " << c.failed << " failed, " << c.pending << " pending, "
            << describe(c.last_error).name;
}

std::map<std::int32_t, counted> origins_in(reader& r, job_id job) {
  std::map<std::int32_t, counted> all;
  const auto page = r.origins(job, {}, not_numbered, 100).value();
  for (const auto& each : page.origins)
    all[each.number.value] = {each.images, each.failed, each.pending, each.last_error};
  return all;
}

/// All pages behind each other.
std::vector<std::int64_t> all_images(reader& r, job_id job, const image_filter& filter,
                                     std::size_t limit) {
  std::vector<std::int64_t> numbers;
  for (std::optional after{image_number{-1}}; after;) {
    const auto page = r.images(job, filter, *after, limit).value();
    BOOST_REQUIRE(page.images.size() <= limit);
    for (const auto& image : page.images) numbers.push_back(image.number.value);
    after = page.next;
  }
  return numbers;
}

std::vector<std::string> names_of(const std::vector<origin_summary>& origins) {
  std::vector<std::string> names;
  for (const auto& each : origins) names.push_back(each.origin);
  return names;
}

void check_equal(const std::vector<std::string>& found, const std::vector<std::string>& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reports_by_origin)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_has_its_images_by_origin_however_large_it_is, place, places) {
  open_place<place> at;
  for (const auto size : {small, large}) {
    const auto job = submit(at.w, mixed_submission(size));
    const auto third = static_cast<std::int64_t>(size) / 3;
    const auto of_first = static_cast<std::int64_t>(size) - 2 * third;
    record(at.w, job, {good(0), bad(3), bad(1, error_code::dns_failed), good(4), good(7)});
    record(at.w, job, {bad(6, error_code::http_status)}, {}, unix_millis{2500});
    const auto page = at.r.origins(job, {}, not_numbered, 100).value();
    check_equal(names_of(page.origins), {"", a_test, b_test});
    BOOST_TEST(!page.next.has_value());
    const auto found = origins_in(at.r, job);
    BOOST_TEST(found.at(0) == (counted{third, 0, third, error_code::none}));
    BOOST_TEST(found.at(1) == (counted{of_first, 2, of_first - 3, error_code::http_status}));
    BOOST_TEST(found.at(2) == (counted{third, 1, third - 3, error_code::dns_failed}));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(origins_come_in_pages_and_one_by_its_text, place, places) {
  open_place<place> at;
  BOOST_TEST(!at.r.origins(job_id{1}, {}, not_numbered, 1).has_value());
  for (const auto size : {small, large}) {
    const auto job = submit(at.w, mixed_submission(size));
    const auto first = at.r.origins(job, {}, not_numbered, 2).value();
    check_equal(names_of(first.origins), {"", a_test});
    BOOST_REQUIRE(first.next.has_value());
    const auto rest = at.r.origins(job, {}, *first.next, 2).value();
    check_equal(names_of(rest.origins), {b_test});
    BOOST_TEST(!rest.next.has_value());
    const auto one = at.r.origins(job, b_test, not_numbered, 1).value();
    check_equal(names_of(one.origins), {b_test});
    BOOST_TEST(one.origins[0].pending == static_cast<std::int64_t>(size) / 3);
    BOOST_TEST(!one.next.has_value());
    BOOST_TEST(at.r.origins(job, b_test, origin_number{2}, 1)->origins.empty());
    BOOST_TEST(at.r.origins(job, "http://c.test:80", not_numbered, 1)->origins.empty());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_result_that_changes_nothing_is_counted_at_no_origin, place,
                              places) {
  open_place<place> at;
  const auto job = submit(at.w, mixed_submission(large));
  record(at.w, job, {bad(0), good(1)});
  record(at.w, job, {bad(0, error_code::internal), bad(1), bad(3), bad(3)});
  record(at.w, job, {bad(6)}, second_run);
  record(at.w, job, {bad(1000), bad(-1)});
  const auto found = origins_in(at.r, job);
  BOOST_TEST(found.at(1) == (counted{30, 2, 28, error_code::timed_out}));
  BOOST_TEST(found.at(2) == (counted{30, 0, 29, error_code::none}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(abandoned_images_are_failures_of_their_origins, place, places) {
  open_place<place> at;
  const auto job = submit(at.w, mixed_submission(large));
  at.w.begin();
  at.w.abandon(job, {}, {error_code::origin_unavailable, "", origin_number{1}}, 20,
               unix_millis{2000});
  at.w.commit();
  BOOST_TEST(origins_in(at.r, job).at(1) == (counted{30, 20, 10, error_code::origin_unavailable}));
  abandon(at.w, job, error_code::cancelled, 1000);
  const auto found = origins_in(at.r, job);
  BOOST_TEST(found.at(0) == (counted{30, 30, 0, error_code::cancelled}));
  BOOST_TEST(found.at(1) == (counted{30, 30, 0, error_code::cancelled}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(another_run_begins_without_failures_at_its_origins, place, places) {
  open_place<place> at;
  for (const auto size : {small, large}) {
    const auto job = submit(at.w, mixed_submission(size));
    record(at.w, job, of_all(size, [](std::int64_t n) { return n % 2 == 0 ? bad(n) : good(n); }));
    BOOST_TEST(origins_in(at.r, job).at(2).failed == (static_cast<std::int64_t>(size) / 3) / 2);
    redrive(at.w, job);
    for (const auto& [number, each] : origins_in(at.r, job)) {
      BOOST_TEST(each.failed == 0);
      BOOST_TEST((each.last_error == error_code::none));
      BOOST_TEST(each.pending > 0);
    }
    const auto before = origins_in(at.r, job).at(1);
    record(at.w, job, {good(0), bad(6, error_code::dns_failed)}, second_run);
    BOOST_TEST(origins_in(at.r, job).at(1) ==
               (counted{before.images, 1, before.pending - 2, error_code::dns_failed}));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_report_names_the_asked_origins_and_those_with_most_failures, place,
                              places) {
  open_place<place> at;
  for (const auto size : {small, large}) {
    const auto job = submit(at.w, mixed_submission(size));
    BOOST_TEST(at.r.report(job)->origins.empty());
    record(at.w, job, {bad(0), bad(1), bad(4)});
    check_equal(names_of(at.r.report(job)->origins), {b_test, a_test});
    BOOST_TEST(at.r.report(job)->origins[0].failed == 2);
    const std::vector<std::string> asked{a_test, "http://c.test:80"};
    check_equal(names_of(at.r.report(job, asked)->origins), {a_test, b_test});
    record(at.w, job, of_all(size, [](std::int64_t n) { return bad(n); }));
    redrive(at.w, job);
    BOOST_TEST(at.r.report(job)->origins.empty());
    check_equal(names_of(at.r.report(job, asked)->origins), {a_test});
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_report_names_the_worst_ten_origins_and_no_more, place, places) {
  open_place<place> at;
  constexpr std::int64_t origins = limits::worst_origins + 1;
  visit_text visit{"S0", {}};
  for (std::int64_t i = 0; i < 8 * origins; ++i)
    visit.urls.push_back(joined("http://h", i % origins, ".test/", i));
  const auto job = submit(at.w, submission_of({visit}));
  std::vector<image_result> results;  // so many failures at each: its place in the list
  for (std::int64_t origin = 0; origin < origins; ++origin) {
    for (std::int64_t n = 0; n < std::min<std::int64_t>(origin + 1, 8); ++n)
      results.push_back(bad(origin + n * origins));
  }
  record(at.w, job, results);
  const auto all = at.r.report(job)->origins;
  BOOST_REQUIRE(all.size() == limits::worst_origins);
  for (std::size_t i = 1; i < all.size(); ++i) BOOST_TEST(all[i - 1].failed >= all[i].failed);
  BOOST_TEST(all.back().failed == 2);  // the one with a single failure is left out
  const std::vector<std::string> asked{"http://h0.test:80"};
  const auto with_asked = at.r.report(job, asked)->origins;
  BOOST_REQUIRE(with_asked.size() == limits::worst_origins);
  BOOST_TEST(with_asked[0].origin == asked[0]);
  BOOST_TEST(with_asked.back().failed == 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(images_are_filtered_by_origin_with_and_without_other_filters, place,
                              places) {
  open_place<place> at;
  for (const auto size : {small, large}) {
    for (const int runs : {1, 2}) {
      const auto job = submit(at.w, mixed_submission(size));
      if (runs == 2) {
        abandon(at.w, job, error_code::internal, 1000);
        redrive(at.w, job);
      }
      const run_number run{runs};
      record(at.w, job, {good(0), bad(3), bad(6, error_code::dns_failed), good(1), bad(4)}, run);
      using enum image_state;
      const std::int64_t half = static_cast<std::int64_t>(size) / 2;
      const auto check = [&](const image_filter& filter, auto matches) {
        std::vector<std::int64_t> expected;
        for (std::int64_t n = 0; n < static_cast<std::int64_t>(size); n += 3) {
          if (matches(n)) expected.push_back(n);
        }
        for (const std::size_t limit : {1U, 4U, 1000U}) {
          const auto found = all_images(at.r, job, filter, limit);
          BOOST_TEST(found == expected, boost::test_tools::per_element());
        }
      };
      const auto any = [](std::int64_t) { return true; };
      check({.state = {}, .store_id = {}, .code = {}, .origin = a_test}, any);
      check({.state = succeeded, .store_id = {}, .code = {}, .origin = a_test},
            [](std::int64_t n) { return n == 0; });
      check({.state = failed, .store_id = {}, .code = {}, .origin = a_test},
            [](std::int64_t n) { return n == 3 || n == 6; });
      check({.state = pending, .store_id = {}, .code = {}, .origin = a_test},
            [](std::int64_t n) { return n > 6; });
      check({.state = {}, .store_id = {}, .code = error_code::dns_failed, .origin = a_test},
            [](std::int64_t n) { return n == 6; });
      check({.state = {}, .store_id = "S1", .code = {}, .origin = a_test},
            [half](std::int64_t n) { return n >= half; });
      check({.state = pending, .store_id = "S0", .code = {}, .origin = a_test},
            [half](std::int64_t n) { return n > 6 && n < half; });
      check({.state = failed, .store_id = "S0", .code = {}, .origin = a_test},
            [](std::int64_t n) { return n == 3 || n == 6; });
      check({.state = {}, .store_id = "S0", .code = error_code::timed_out, .origin = a_test},
            [](std::int64_t n) { return n == 3; });
      const image_filter elsewhere{
          .state = {}, .store_id = {}, .code = {}, .origin = "http://c.test:80"};
      BOOST_TEST(all_images(at.r, job, elsewhere, 10).empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_page_by_origin_looks_at_so_many_images_and_goes_on_behind_them) {
  open_place<on_disk> at;
  visit_text visit{"S0", std::vector<std::string>(2 * limits::walked_images + 1, "http://a.test/")};
  for (const auto n : {limits::walked_images - 1, limits::walked_images, 2 * limits::walked_images})
    visit.urls[static_cast<std::size_t>(n)] = "https://b.test/";
  const auto job = submit(at.w, submission_of({visit}));
  const image_filter filter{.state = {}, .store_id = {}, .code = {}, .origin = b_test};
  const auto first = at.r.images(job, filter, image_number{-1}, 10).value();
  BOOST_REQUIRE(first.images.size() == 1U);
  BOOST_TEST((first.next == image_number{limits::walked_images - 1}));
  const auto second = at.r.images(job, filter, *first.next, 10).value();
  BOOST_REQUIRE(second.images.size() == 1U);
  BOOST_TEST((second.next == image_number{2 * limits::walked_images - 1}));
  const auto third = at.r.images(job, filter, *second.next, 10).value();
  BOOST_TEST(third.images.size() == 1U);
  BOOST_TEST(!third.next.has_value());
  // In an index nothing else is looked at.
  const image_filter pending{
      .state = image_state::pending, .store_id = {}, .code = {}, .origin = b_test};
  const auto all = at.r.images(job, pending, image_number{-1}, 10).value();
  BOOST_TEST(all.images.size() == 3U);
  BOOST_TEST(!all.next.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(jobs_are_filtered_by_origin_whatever_their_size, place, places) {
  open_place<place> at;
  const auto with_small = submit(at.w, mixed_submission(small));
  submit(at.w, plain_submission(1, 1));
  const auto with_large = submit(at.w, mixed_submission(large));
  submit(at.w, plain_submission(1, large));
  abandon(at.w, with_small, error_code::cancelled, 1000);
  job_filter filter{.state = {}, .store_id = {}, .submitted_after = {}, .origin = b_test};
  const auto all = at.r.jobs(filter, job_id{max_job_id}, 5);
  BOOST_REQUIRE(all.jobs.size() == 2U);
  BOOST_TEST((all.jobs[0].id == with_large && all.jobs[1].id == with_small));
  BOOST_TEST(!all.next.has_value());
  const auto one = at.r.jobs(filter, job_id{max_job_id}, 1);
  BOOST_REQUIRE(one.jobs.size() == 1U);
  BOOST_TEST((one.next == with_large));
  BOOST_TEST((at.r.jobs(filter, with_large, 1).jobs.at(0).id == with_small));
  filter.state = job_state::failed;
  BOOST_TEST((at.r.jobs(filter, job_id{max_job_id}, 5).jobs.at(0).id == with_small));
  filter.store_id = "S9";
  BOOST_TEST(at.r.jobs(filter, job_id{max_job_id}, 5).jobs.empty());
}

BOOST_AUTO_TEST_CASE(a_page_of_jobs_by_origin_looks_at_so_many_jobs_and_goes_on_below_them) {
  open_place<in_memory> at;
  const auto oldest = submit(at.w, mixed_submission(3));
  at.w.begin();
  for (std::size_t i = 0; i < limits::walked_jobs; ++i)
    at.w.store(plain_submission(1, 1), unix_millis{1});
  at.w.commit();
  const job_filter filter{.state = {}, .store_id = {}, .submitted_after = {}, .origin = b_test};
  const auto first = at.r.jobs(filter, job_id{max_job_id}, 5);
  BOOST_TEST(first.jobs.empty());
  BOOST_REQUIRE(first.next.has_value());
  BOOST_TEST(first.next->value == oldest.value + 1);
  const auto second = at.r.jobs(filter, *first.next, 5);
  BOOST_REQUIRE(second.jobs.size() == 1U);
  BOOST_TEST(!second.next.has_value());
}

BOOST_AUTO_TEST_CASE(counters_agree_with_the_rows_whatever_is_recorded) {
  const bool holds = rc::check("counters of origins agree with the rows", [] {
    open_place<in_memory> at;
    const auto job = submit(at.w, mixed_submission(large));
    const auto steps = *rc::gen::inRange(1, 12);
    for (int i = 0; i < steps; ++i) {
      const auto first = *rc::gen::inRange(0, 90), count = *rc::gen::inRange(0, 90);
      const auto fails = *rc::gen::inRange(1, 4), kind = *rc::gen::inRange(0, 4);
      const run_number run{at.r.status(job)->run.value +
                           *rc::gen::weightedElement<int>({{6, 0}, {1, -1}, {1, 1}})};
      at.w.begin();
      if (kind == 0) {
        at.w.redrive(job, 1000, unix_millis{1});
      } else if (kind == 1) {
        const std::optional<origin_number> of =
            count % 4 == 3 ? std::nullopt : std::optional{origin_number{count % 4}};
        at.w.abandon(job, run, {error_code::cancelled, "", of}, static_cast<std::size_t>(first),
                     unix_millis{2});
      } else {
        std::vector<image_result> results;
        for (int n = first; n < first + count; ++n)
          results.push_back(n % fails == 0 ? bad(n) : good(n));
        at.w.record(job, run, results, unix_millis{2});
      }
      *rc::gen::weightedElement<bool>({{5, true}, {1, false}}) ? at.w.commit() : at.w.rollback();
      std::map<std::int32_t, counted> expected;
      for (const auto& row : at.r.images(job, image_number{-1}, 1000)) {
        auto& each = expected[origin_of(row.number.value)];
        ++each.images;
        each.pending += row.pending;
        each.failed += !row.pending && !row.result.succeeded();
      }
      for (const auto& [number, each] : origins_in(at.r, job)) {
        auto found = each;
        RC_ASSERT((found.last_error == error_code::none) == (found.failed == 0));
        found.last_error = error_code::none;
        RC_ASSERT(found == expected.at(number));
      }
      RC_ASSERT(at.r.audit(job, [] { return true; })->conserved);
    }
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_CASE(failures_of_a_database_without_counters_are_counted_at_the_start) {
  const temporary_folder folder;
  const auto where = folder.database();
  {
    session sql{where, {}, session::role::writer};
    migrate(sql, sqlite_migrations().first(9));
    sql.script(R"sql(
      INSERT INTO jobs (state, run, visits_total, images_total, images_succeeded, images_failed, submitted_at) VALUES (1, 2, 1, 90, 0, 2, 30);
      INSERT INTO visits (job_id, visit_no, store_id, visit_time, first_image, images) VALUES (1, 0, 'S1', 'noon', 0, 90);
      INSERT INTO origins (job_id, origin_no, origin, images_total) VALUES (1, 1, 'http://a.test:80', 60), (1, 2, 'https://b.test:443', 30);
      INSERT INTO images (job_id, image_no, visit_no, url, origin_no)
      WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 89) SELECT 1, i, 0, 'http://a.test/' || i, 1 + i / 60 FROM n;
      UPDATE images SET state = 2, run = 1, code = 'internal', error = 'odd', recorded_at = 90 WHERE image_no IN (1, 61);
      UPDATE images SET state = 2, run = 2, code = 'timed_out', error = 'late', recorded_at = 32 WHERE image_no = 2;
      UPDATE images SET state = 2, run = 2, code = 'dns_failed', error = 'gone', recorded_at = 31 WHERE image_no = 3;
    )sql");
  }
  const writer w{where};
  reader r{where};
  const auto found = origins_in(r, job_id{1});
  BOOST_TEST(found.at(1) == (counted{60, 2, 58, error_code::timed_out}));
  BOOST_TEST(found.at(2) == (counted{30, 0, 30, error_code::none}));
  BOOST_TEST(r.audit(job_id{1}, [] { return true; })->conserved);
}

BOOST_AUTO_TEST_CASE(an_audit_contradicts_the_counters_of_an_origin) {
  for (const auto* damage :
       {"UPDATE origins SET images_failed = images_failed + 1 WHERE origin_no = 1",
        "UPDATE origins SET images_failed = 0",
        "UPDATE origins SET images_total = 29 WHERE origin_no = 2",
        // the sums stay the same
        "UPDATE origins SET images_failed = CASE origin_no WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 0 "
        "END"}) {
    open_place<on_disk> at;
    const auto job = submit(at.w, mixed_submission(large));
    record(at.w, job, {bad(0), bad(3), bad(4)});
    BOOST_TEST(at.r.audit(job, [] { return true; })->conserved);
    session{at.where, {}, session::role::writer}.change(damage);
    BOOST_TEST(!at.r.audit(job, [] { return true; })->conserved, damage);
  }
}

BOOST_AUTO_TEST_CASE(queries_of_origins_go_through_their_indexes_and_sort_nothing) {
  open_place<on_disk> at;
  using enum queries::pending_images_are;
  const std::string in_order = "SEARCH origins USING PRIMARY KEY (job_id=? AND origin_no>?)";
  const std::string by_name = "SEARCH origins USING INDEX origins_by_name (job_id=? AND origin=?)";
  const std::string pending =
      "SEARCH images USING COVERING INDEX images_pending (job_id=? AND origin_no=?)";
  const std::string failed =
      "SEARCH images USING COVERING INDEX images_failed_by_origin (job_id=? AND origin_no=?)";
  check_plan(at.where, queries::origins_of_job(none), {in_order});
  check_plan(at.where, queries::origins_of_job(without_result), {in_order, pending});
  check_plan(at.where, queries::origins_of_job(also_failed), {in_order, pending, failed});
  check_plan(at.where, queries::origin_of_job(none), {by_name});
  check_plan(at.where, queries::origin_of_job(also_failed), {by_name, pending, failed});
  check_plan(at.where, queries::number_of_origin(),
             {"SEARCH origins USING COVERING INDEX origins_by_name (job_id=? AND origin=?)"});
  check_plan(at.where, queries::worst_origins(),
             {"SEARCH origins USING INDEX origins_by_failures (job_id=? AND failed_run=? AND "
              "images_failed>?)"});
  check_plan(at.where, queries::images_of_small_job(),
             {"SEARCH images USING PRIMARY KEY (job_id=?)"});

  const auto images = [&](std::optional<image_state> state, queries::pending_rows rows) {
    return queries::images({.state = state, .store_id = {}, .code = {}, .origin = b_test}, rows);
  };
  const std::string in_range = " (job_id=? AND origin_no=? AND image_no>? AND image_no<?)";
  const auto of_pending = "SEARCH i USING INDEX images_pending" + in_range;
  const auto of_failed = "SEARCH i USING INDEX images_failed_by_origin" + in_range;
  using queries::pending_rows;
  check_plan(at.where, images({}, pending_rows::few),
             {"SEARCH i USING PRIMARY KEY (job_id=? AND image_no>? AND image_no<?)"});
  check_plan(at.where, images(image_state::succeeded, pending_rows::few),
             {"SEARCH i USING PRIMARY KEY (job_id=? AND image_no>? AND image_no<?)"});
  check_plan(at.where, images(image_state::failed, pending_rows::few), {of_failed});
  for (const auto rows : {pending_rows::few, pending_rows::many})
    check_plan(at.where, images(image_state::pending, rows), {of_pending});
  check_plan(at.where, images(image_state::pending, pending_rows::again),
             {"MERGE (UNION ALL)", of_pending, of_failed});
  check_plan(
      at.where,
      queries::images({.state = {}, .store_id = {}, .code = error_code::internal, .origin = b_test},
                      pending_rows::few),
      {of_failed});

  const auto counting = plan_of(at.where, queries::count_failures_of_origins());
  for (const std::string step : {"SEARCH images USING PRIMARY KEY (job_id=? AND image_no=?)",
                                 "SEARCH origins USING PRIMARY KEY (job_id=? AND origin_no=?)"})
    BOOST_TEST((std::ranges::find(counting, step) != counting.end()), step);
}

BOOST_AUTO_TEST_SUITE_END()
