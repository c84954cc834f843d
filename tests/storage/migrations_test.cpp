#include "storage/migrations.hpp"

#include <boost/test/unit_test.hpp>

#include "fixtures.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

namespace {

/// A database as the first version of the schema has it: one finished job, one ongoing, one whose
/// submission was not written to its end.
void fill_at_version_1(const location& where) {
  session sql{where, {}, session::role::writer};
  migrate(sql, sqlite_migrations().first(1));
  sql.script(R"sql(
    INSERT INTO jobs (state, visits_total, images_total, images_succeeded, images_failed, submitted_at, finished_at, failures)
    VALUES (3, 1, 2, 1, 1, 10, 20,
            '{"stores":[{"store_id":"S1","code":"timed_out","error":"too late","failed_images":1}],"truncated":false}');
    INSERT INTO jobs (state, visits_total, images_total, submitted_at) VALUES (1, 1, 1, 30), (0, 1, 1, 40);
    INSERT INTO visits VALUES (1, 0, 'S1', 'noon', NULL), (2, 0, 'S2', 'noon', NULL), (3, 0, 'S3', 'noon', NULL);
    INSERT INTO images (job_id, image_no, visit_no, state, url, width, height, perimeter, format, attempts, final_url, address, http_status,
                        bytes, dns_ms, connect_ms, total_ms, recorded_at)
    VALUES (1, 0, 0, 1, 'http://a.test/', 640, 480, 2240, 'png', 2, 'http://b.test/', '203.0.113.9', 200, 4096, 1, 2, 3, 20);
    INSERT INTO images (job_id, image_no, visit_no, state, url, code, error, attempts, recorded_at)
    VALUES (1, 1, 0, 2, 'http://c.test/', 'timed_out', 'too late', 3, 20);
    INSERT INTO images (job_id, image_no, visit_no, url) VALUES (2, 0, 0, 'http://d.test/'), (3, 0, 0, 'http://e.test/');
  )sql");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(migrating)

BOOST_AUTO_TEST_CASE(a_database_of_the_first_schema_keeps_everything_it_holds) {
  const temporary_folder folder;
  const auto where = folder.database();
  fill_at_version_1(where);
  const writer w{where};
  reader r{where};

  const auto status = r.status(job_id{1});
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST((status->state == job_state::failed));
  BOOST_TEST((status->images == image_counts{2, 1, 1}));
  BOOST_TEST(status->failures.at(0).store_id == "S1");
  const auto rows = r.images(job_id{1}, image_number{-1}, 10);
  BOOST_REQUIRE(rows.size() == 2U);
  BOOST_TEST((rows[0].result.measured == measurement{image_format::png, 640, 480}));
  BOOST_TEST(rows[0].result.attempts == 2);
  BOOST_TEST(rows[0].result.evidence.final_url == "http://b.test/");
  BOOST_TEST(rows[0].result.evidence.bytes == 4096);
  BOOST_TEST(rows[0].result.evidence.total_ms == 3);
  BOOST_TEST(rows[0].result.evidence.kept.empty());
  BOOST_TEST((rows[1].result.code == error_code::timed_out));
  BOOST_TEST(rows[1].error == "too late");
  BOOST_TEST(r.pending_images(job_id{2}, {}, not_numbered, image_number{-1}, 10).at(0).url ==
             "http://d.test/");
  BOOST_TEST((r.staging_jobs() == std::vector{job_id{3}}));
}

BOOST_AUTO_TEST_CASE(visits_of_an_older_schema_learn_where_their_images_stand) {
  const temporary_folder folder;
  const auto where = folder.database();
  {
    session sql{where, {}, session::role::writer};
    migrate(sql, sqlite_migrations().first(2));
    sql.script(R"sql(
      INSERT INTO jobs (state, visits_total, images_total, submitted_at) VALUES (1, 2, 5, 30), (0, 2, 2, 40);
      INSERT INTO visits VALUES (1, 0, 'S1', 'noon', NULL), (1, 1, 'S2', 'noon', NULL), (2, 0, 'S1', 'noon', NULL), (2, 1, 'S3', 'noon', NULL);
      INSERT INTO images (job_id, image_no, visit_no, url)
      VALUES (1, 0, 0, 'a'), (1, 1, 0, 'b'), (1, 2, 1, 'c'), (1, 3, 1, 'd'), (1, 4, 1, 'e'), (2, 0, 0, 'f');
    )sql");
  }
  const writer w{where};
  reader r{where};
  const image_filter of_second{.state = std::nullopt, .store_id = "S2", .code = std::nullopt};
  const auto page = r.images(job_id{1}, of_second, image_number{-1}, 10);
  BOOST_REQUIRE(page.has_value());
  BOOST_REQUIRE(page->images.size() == 3U);
  BOOST_TEST(page->images[0].url == "c");
  BOOST_TEST(page->images[2].url == "e");
  BOOST_TEST(r.report(job_id{1})->stores.at(1).images == 3);
}

BOOST_AUTO_TEST_CASE(a_job_of_the_first_schema_goes_on_and_its_images_may_be_kept) {
  const temporary_folder folder;
  const auto where = folder.database();
  fill_at_version_1(where);
  writer w{where};
  auto result = good(0);
  result.evidence.kept = std::string(64, 'c');
  BOOST_TEST((record(w, job_id{2}, {result}).state == job_state::completed));
  BOOST_TEST(reader{where}.images(job_id{2}, image_number{-1}, 1).at(0).result.evidence.kept ==
             result.evidence.kept);
}

BOOST_AUTO_TEST_CASE(a_reader_refuses_a_database_that_no_writer_has_brought_up_to_date) {
  const temporary_folder folder;
  const auto where = folder.database();
  fill_at_version_1(where);
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, is_kind(kind::other));
  { const writer w{where}; }
  BOOST_CHECK_NO_THROW(reader{where});
}

BOOST_AUTO_TEST_CASE(a_program_that_knows_one_schema_less_refuses_the_database) {
  const temporary_folder folder;
  const auto where = folder.database();
  { const writer w{where}; }
  session sql{where, {}, session::role::writer};
  const auto known = sqlite_migrations();
  BOOST_CHECK_EXCEPTION(migrate(sql, known.first(known.size() - 1)), storage_error,
                        is_kind(kind::newer_schema));
}

BOOST_AUTO_TEST_SUITE_END()
