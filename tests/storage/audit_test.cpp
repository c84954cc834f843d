#include "storage/audit.hpp"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "query_plan.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

namespace {

bool still_wanted() { return true; }

job_audit audit_of(reader& r, job_id job) { return r.audit(job, still_wanted).value(); }

const std::string digest_of_nothing =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Every character that needs an escape, a store that is visited twice, and an image that is there
/// twice.
submission awkward_submission() {
  return submission_of(
      {{"S1", {"http://h.test/1.jpg", "http://h.test/2.jpg?a=b&c=d"}, "2026-03-09T12:00:00"},
       {"S\t2\\",
        {"http://h.test/\r\n3", "http://h.test/K\xC3\xB6ln.jpg"},
        "spring\tlike \"today\""},
       {"S1", {"http://h.test/1.jpg"}, "2026-03-11"}});
}
// Made from the same job with: jq -r '[.visits[] | .store_id as $s | .visit_time as $t |
// .image_url[] | [$s, $t, .]] | to_entries[]
//                                    | [.key] + .value | @tsv' | sha256sum
const std::string digest_of_all =
    "sha256:5eb1d90c9dad4c73aabf4cb1590c97e2bae08f3651ff88f645794449dc82d76f";
const std::string digest_of_the_second_and_fourth =
    "sha256:49ca83f03821a1a9d337e46faa5b0257ce9b2ba7aedcd517023bb01cbabb9a3c";

}  // namespace

BOOST_AUTO_TEST_SUITE(auditing)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_that_does_not_exist_for_clients_has_no_audit, Place, places) {
  open_place<Place> at;
  BOOST_TEST(!at.r.audit(job_id{1}, still_wanted));
  const auto text = plain_submission(1, 1);
  at.w.begin();
  const auto staging = at.w.create_job(text, unix_millis{1});
  at.w.append(staging, text, 0, 1);
  at.w.commit();
  BOOST_TEST(!at.r.audit(staging, still_wanted));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    an_ongoing_job_has_its_images_counted_per_store_in_order_of_first_visit, Place, places) {
  open_place<Place> at;
  submit(at.w, plain_submission(3, 3));  // another job, whose images are not to be counted
  const auto job = submit(at.w, awkward_submission());
  record(at.w, job, {good(1), bad(3)});
  const auto audit = audit_of(at.r, job);
  BOOST_TEST((audit.id == job));
  BOOST_TEST(audit.run.value == 1);
  BOOST_TEST(name_of(audit.state) == "ongoing");
  BOOST_TEST((audit.images == image_tally{5, 1, 1, 3}));
  BOOST_TEST((audit.counters == image_counts{5, 1, 1}));
  BOOST_TEST(audit.conserved);
  BOOST_REQUIRE_EQUAL(audit.stores.size(), 2U);
  BOOST_TEST(audit.stores[0].store_id == "S1");
  BOOST_TEST((audit.stores[0].images == image_tally{3, 1, 0, 2}));
  BOOST_TEST(audit.stores[1].store_id == "S\t2\\");
  BOOST_TEST((audit.stores[1].images == image_tally{2, 0, 1, 1}));
  BOOST_TEST(!audit.stores_truncated);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(
    the_digests_are_those_of_the_documented_form_and_equal_once_nothing_is_pending, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, awkward_submission());
  BOOST_TEST(audit_of(at.r, job).submitted_digest == digest_of_all);
  BOOST_TEST(audit_of(at.r, job).recorded_digest == digest_of_nothing);
  record(at.w, job, {bad(3), good(1)});
  BOOST_TEST(audit_of(at.r, job).submitted_digest == digest_of_all);
  BOOST_TEST(audit_of(at.r, job).recorded_digest == digest_of_the_second_and_fourth);
  record(at.w, job, {good(0), good(2), good(4)});
  const auto end = audit_of(at.r, job);
  BOOST_TEST(end.submitted_digest == digest_of_all);
  BOOST_TEST(end.recorded_digest == digest_of_all);
  BOOST_TEST(name_of(end.state) == "failed");
  BOOST_TEST((end.images == image_tally{5, 4, 1, 0}));
  BOOST_TEST(end.conserved);
}

BOOST_AUTO_TEST_CASE(stores_are_listed_up_to_the_bound_and_counted_beyond_it) {
  open_place<on_disk> at;
  auto visits = std::vector<visit_text>{};
  for (std::size_t s = 0; s < limits::status_failures; ++s)
    visits.push_back({joined("S", s), {"http://h.test/a"}});
  visits.push_back({"S0", {"http://h.test/b"}});
  auto audit = audit_of(at.r, submit(at.w, submission_of(visits)));
  BOOST_TEST(audit.stores.size() == limits::status_failures);
  BOOST_TEST(!audit.stores_truncated);
  visits.push_back({"one too many", {"http://h.test/c", "http://h.test/d"}});
  visits.push_back({"S1", {"http://h.test/e"}});
  audit = audit_of(at.r, submit(at.w, submission_of(visits)));
  BOOST_TEST(audit.stores.size() == limits::status_failures);
  BOOST_TEST(audit.stores_truncated);
  BOOST_TEST(audit.stores.back().store_id == joined("S", limits::status_failures - 1));
  BOOST_TEST(audit.stores[0].images.submitted == 2);
  BOOST_TEST(audit.stores[1].images.submitted == 2);
  BOOST_TEST(audit.images.pending == std::int64_t{limits::status_failures} + 4);
  BOOST_TEST(audit.conserved);
}

BOOST_AUTO_TEST_CASE(a_job_of_any_number_of_pages_is_counted_whole_and_of_one_state) {
  open_place<on_disk> at;
  for (const std::size_t images :
       {limits::audit_page, limits::audit_page + 1, 2 * limits::audit_page}) {
    const auto job = submit(at.w, plain_submission(1, images));
    const auto last = static_cast<std::int64_t>(images) - 1;
    std::size_t questions = 0;
    const auto audit = at.r.audit(job, [&] {
      // Behind the first page a result is committed on either side of it.
      if (++questions == 2) record(at.w, job, {good(0), good(last)});
      return true;
    });
    BOOST_TEST((audit->images == image_tally{last + 1, 0, 0, last + 1}));
    BOOST_TEST(audit->conserved);
    BOOST_TEST(audit->recorded_digest == digest_of_nothing);
    BOOST_TEST((audit_of(at.r, job).images == image_tally{last + 1, 2, 0, last - 1}));
  }
}

BOOST_AUTO_TEST_CASE(an_audit_that_nobody_wants_any_more_ends_and_leaves_nothing_open) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(1, 2 * limits::audit_page));
  for (const int pages : {0, 1}) {
    int questions = 0;
    BOOST_TEST(!at.r.audit(job, [&] { return questions++ < pages; }));
    BOOST_TEST(questions == pages + 1);
    record(at.w, job, {good(pages)});
    BOOST_TEST(at.r.status(job)->images.succeeded ==
               pages + 1);  // of now, not of the audit's state
  }
}

BOOST_AUTO_TEST_CASE(a_job_whose_rows_do_not_add_up_is_not_conserved) {
  const std::pair<std::string, std::string> damages[] = {
      {"a counter too high", "UPDATE jobs SET images_succeeded = images_succeeded + 1"},
      {"a counter too low", "UPDATE jobs SET images_failed = 0"},
      {"one state counted as the other",
       "UPDATE jobs SET images_succeeded = images_failed, images_failed = images_succeeded"},
      {"another total", "UPDATE jobs SET images_total = images_total + 1"},
      {"the first image gone", "DELETE FROM images WHERE image_no = 0"},
      {"the last image gone", "DELETE FROM images WHERE image_no = 5"},
      {"a gap that no counter shows", "UPDATE images SET image_no = 6 WHERE image_no = 5"},
      {"an image before the first, which no counter shows",
       "UPDATE images SET image_no = -1 WHERE image_no = 5"},
      {"one image more",
       "INSERT INTO images (job_id, image_no, visit_no, url) VALUES (1, 6, 0, "
       "'http://images.test/')"},
      {"a result lost",
       "UPDATE images SET state = 0, code = NULL, error = NULL, recorded_at = NULL WHERE state = "
       "2"},
      {"an invalid state", "UPDATE images SET state = 3 WHERE state = 0"},
      {"a visit gone", "DELETE FROM visits WHERE visit_no = 1"},
  };
  for (const auto& [what, statement] : damages) {
    open_place<on_disk> at;
    const auto job = submit(at.w, plain_submission(2, 3));
    record(at.w, job, {good(0), good(1), bad(2)});
    BOOST_REQUIRE(audit_of(at.r, job).conserved);
    soci::session raw{soci::sqlite3, at.where.connect_string()};
    raw << "PRAGMA ignore_check_constraints = ON";
    raw << statement;
    BOOST_TEST(!audit_of(at.r, job).conserved, what);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_add_up_shows_in_the_numbers) {
  open_place<on_disk> at;
  const auto job = submit(at.w, plain_submission(2, 2));
  soci::session raw{soci::sqlite3, at.where.connect_string()};
  raw << "PRAGMA ignore_check_constraints = ON";
  raw << "UPDATE images SET state = 3 WHERE image_no = 3";
  raw << "DELETE FROM visits WHERE visit_no = 0";
  const auto audit = audit_of(at.r, job);
  BOOST_TEST((audit.images == image_tally{4, 0, 0, 3}));
  BOOST_REQUIRE_EQUAL(audit.stores.size(), 2U);
  BOOST_TEST(audit.stores[0].store_id == "");
  BOOST_TEST((audit.stores[0].images == image_tally{2, 0, 0, 2}));
  BOOST_TEST((audit.stores[1].images == image_tally{2, 0, 0, 1}));
}

BOOST_AUTO_TEST_CASE(an_audit_walks_the_images_of_its_job_by_their_key_and_sorts_nothing) {
  open_place<on_disk> at;
  check_plan(at.where, select_audited_images,
             {"SEARCH images USING PRIMARY KEY (job_id=? AND image_no>?)",
              "SEARCH visits USING PRIMARY KEY (job_id=? AND visit_no=?) LEFT-JOIN"});
}

BOOST_AUTO_TEST_CASE(an_audit_of_shared_memory_has_to_try_again_while_a_transaction_is_open) {
  open_place<in_memory> at;
  const auto job = submit(at.w, plain_submission(1, 2));
  at.w.begin();
  at.w.record(job, {}, std::vector{good(0)}, unix_millis{2});
  BOOST_CHECK_EXCEPTION(at.r.audit(job, still_wanted), storage_error, is_kind(kind::busy));
  at.w.commit();
  BOOST_TEST(audit_of(at.r, job).images.succeeded == 1);
}

BOOST_AUTO_TEST_SUITE_END()
