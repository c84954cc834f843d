#include <boost/test/unit_test.hpp>

#include "core/limits.hpp"
#include "fixtures.hpp"
#include "storage/migrations.hpp"
#include "storage/session.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

const std::string url = "https://shop.example/hooks?key=\xC3\xA4";

submission called_back(std::size_t stores, std::size_t images) {
  auto job = plain_submission(stores, images);
  job.set_callback_url(url);
  return job;
}

void note(writer& w, const callback_attempt& attempt, unix_millis now = unix_millis{5000}) {
  w.begin();
  w.note_callback(attempt, now);
  w.commit();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(callbacks)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_callback_is_there_with_the_verdict_and_not_before, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, called_back(1, 2));
  BOOST_TEST(!record(at.w, job, {good(0)}).has_callback);
  BOOST_TEST(at.r.pending_callbacks(0, 10).empty());
  BOOST_TEST(!at.r.callback(job, run_number{1}).has_value());
  BOOST_TEST(!at.r.callback_to_send(job, run_number{1}).has_value());

  BOOST_TEST(record(at.w, job, {good(1)}, {}, unix_millis{3000}).has_callback);
  const auto pending = at.r.pending_callbacks(0, 10);
  BOOST_REQUIRE(pending.size() == 1U);
  BOOST_TEST((pending[0].job == job));
  BOOST_TEST(pending[0].run.value == 1);
  BOOST_TEST(pending[0].url == url);
  BOOST_TEST(pending[0].attempts == 0);
  BOOST_TEST(pending[0].due_at.count() == 3000);
  BOOST_TEST(!record(at.w, job, {good(1)}).has_callback);  // the run has ended before
  BOOST_TEST(at.r.pending_callbacks(0, 10).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_job_without_a_url_has_no_callback) {
  open_place<in_memory> at;
  const auto job = submit(at.w, plain_submission(1, 1));
  BOOST_TEST(!record(at.w, job, {good(0)}).has_callback);
  BOOST_TEST(at.r.pending_callbacks(0, 10).empty());
  BOOST_TEST(!at.r.callback(job, run_number{1}).has_value());
}

BOOST_AUTO_TEST_CASE(whoever_gives_the_verdict_leaves_a_callback) {
  open_place<in_memory> at;
  const auto abandoned = submit(at.w, called_back(1, 3));
  BOOST_TEST(!abandon(at.w, abandoned, error_code::cancelled, 2).has_callback);
  BOOST_TEST(abandon(at.w, abandoned, error_code::cancelled, 2).has_callback);
  const auto empty = submit(at.w, called_back(0, 0));
  at.w.begin();
  BOOST_TEST(at.w.settle(empty, unix_millis{2000}).has_callback);
  BOOST_TEST(!at.w.settle(empty, unix_millis{2000}).has_callback);
  at.w.commit();
  const auto pending = at.r.pending_callbacks(0, 10);
  BOOST_REQUIRE(pending.size() == 2U);
  BOOST_TEST((pending[0].job == abandoned));
  BOOST_TEST((pending[1].job == empty));
}

BOOST_AUTO_TEST_CASE(a_job_with_many_undelivered_callbacks_is_not_redriven) {
  open_place<in_memory> at;
  const auto job = submit(at.w, called_back(1, 1));
  const auto redrive = [&] {
    at.w.begin();
    const auto done = at.w.redrive(job, 10, unix_millis{3000});
    at.w.commit();
    return done.what;
  };
  std::int32_t run = 1;
  for (; run < limits::undelivered_callbacks; ++run) {
    record(at.w, job, {bad(0)}, run_number{run});
    BOOST_TEST((redrive() == controlled::kind::done));
  }
  record(at.w, job, {bad(0)}, run_number{run});
  BOOST_TEST((redrive() == controlled::kind::undelivered));
  BOOST_TEST((redrive() == controlled::kind::undelivered));
  note(at.w, {job, run_number{1}, callback_standing::delivered, {}, {}});
  BOOST_TEST((redrive() == controlled::kind::done));
}

BOOST_AUTO_TEST_CASE(a_verdict_that_is_not_committed_leaves_none) {
  open_place<on_disk> at;
  const auto job = submit(at.w, called_back(1, 1));
  at.w.begin();
  BOOST_TEST(at.w.record(job, {}, std::vector{good(0)}, unix_millis{2000}).has_callback);
  at.w.rollback();
  BOOST_TEST(at.r.pending_callbacks(0, 10).empty());
  BOOST_TEST(record(at.w, job, {good(0)}).has_callback);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_webhook_holds_the_status_at_the_end_of_the_run, Place, places) {
  open_place<Place> at;
  const auto job = submit(at.w, called_back(2, 1), unix_millis{1000});
  record(at.w, job, {good(0), bad(1, error_code::timed_out)}, {}, unix_millis{2500});
  const auto message = at.r.callback_to_send(job, run_number{1});
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST(message->url == url);
  const auto& told = message->ended;
  BOOST_TEST((told.id == job));
  BOOST_TEST((told.state == job_state::failed));
  BOOST_TEST((told.images == image_counts{2, 1, 1}));
  BOOST_TEST(told.submitted_at.count() == 1000);
  BOOST_TEST(told.finished_at.value().count() == 2500);
  BOOST_REQUIRE(told.failures.size() == 1U);
  BOOST_TEST(told.failures[0].store_id == "S1");
  BOOST_TEST(!at.r.callback_to_send(job, run_number{2}).has_value());
  BOOST_TEST(!at.r.callback_to_send(job_id{job.value + 1}, run_number{1}).has_value());
}

BOOST_AUTO_TEST_CASE(a_failed_attempt_leaves_it_pending_until_it_is_due_again) {
  open_place<in_memory> at;
  const auto job = submit(at.w, called_back(1, 1));
  record(at.w, job, {bad(0)});
  note(at.w, {job, run_number{1}, callback_standing::pending, unix_millis{9000},
              "no answer came in time"});
  const auto pending = at.r.pending_callbacks(0, 10);
  BOOST_REQUIRE(pending.size() == 1U);
  BOOST_TEST(pending[0].attempts == 1);
  BOOST_TEST(pending[0].due_at.count() == 9000);
  const auto state = at.r.callback(job, run_number{1});
  BOOST_REQUIRE(state.has_value());
  BOOST_TEST((state->standing == callback_standing::pending));
  BOOST_TEST(state->attempts == 1);
  BOOST_TEST(state->due_at.count() == 9000);
  BOOST_TEST(state->last_error == "no answer came in time");
  BOOST_TEST(at.r.callback_to_send(job, run_number{1})->ended.failures.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_was_delivered_or_given_up_stays_so) {
  open_place<in_memory> at;
  const auto delivered = submit(at.w, called_back(1, 1));
  const auto given_up = submit(at.w, called_back(1, 1));
  for (const auto job : {delivered, given_up}) record(at.w, job, {bad(0)});
  note(at.w, {delivered, run_number{1}, callback_standing::pending, unix_millis{9000}, "why"});
  note(at.w, {delivered, run_number{1}, callback_standing::delivered, {}, ""}, unix_millis{9100});
  note(at.w, {given_up, run_number{1}, callback_standing::given_up, {}, "gone"}, unix_millis{9200});
  for (const auto job : {delivered, given_up}) {
    BOOST_TEST(!at.r.callback_to_send(job, run_number{1}).has_value());
    note(at.w, {job, run_number{1}, callback_standing::pending, unix_millis{9900}, "late"});
  }
  BOOST_TEST(at.r.pending_callbacks(0, 10).empty());
  const auto first = at.r.callback(delivered, run_number{1}).value();
  BOOST_TEST((first.standing == callback_standing::delivered));
  BOOST_TEST(first.attempts == 2);
  BOOST_TEST(first.due_at.count() == 9100);
  BOOST_TEST(first.last_error == "");
  const auto second = at.r.callback(given_up, run_number{1}).value();
  BOOST_TEST((second.standing == callback_standing::given_up));
  BOOST_TEST(second.attempts == 1);
  BOOST_TEST(second.last_error == "gone");
  BOOST_TEST(at.r.status(given_up)->failures.size() == 1U);  // of the job's own row
}

BOOST_AUTO_TEST_CASE(pages_follow_each_other_in_the_order_of_the_verdicts) {
  open_place<in_memory> at;
  std::vector<job_id> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(submit(at.w, called_back(1, 1)));
  for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) record(at.w, *job, {good(0)});
  std::vector<std::int64_t> seen;
  std::int64_t after = 0;
  for (auto page = at.r.pending_callbacks(after, 2); !page.empty();
       page = at.r.pending_callbacks(after, 2)) {
    for (const auto& each : page) seen.push_back(each.job.value);
    after = page.back().number;
  }
  std::vector<std::int64_t> expected;
  for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) expected.push_back(job->value);
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_crash_after_the_verdict_loses_no_callback) {
  temporary_folder folder;
  job_id job;
  {
    writer w{folder.database(), impatient};
    job = submit(w, called_back(1, 1));
    record(w, job, {good(0)});
  }
  writer w{folder.database(), impatient};
  reader r{folder.database(), impatient};
  BOOST_REQUIRE(r.pending_callbacks(0, 10).size() == 1U);
  BOOST_TEST((r.pending_callbacks(0, 10)[0].job == job));
}

/// The id of the database that a callback of a new job comes from.
std::string database_id_of(const location& where) {
  writer w{where, impatient};
  const auto job = submit(w, called_back(1, 1));
  record(w, job, {good(0)});
  return reader{where, impatient}.callback_to_send(job, run_number{1}).value().database_id;
}

BOOST_AUTO_TEST_CASE(a_callback_tells_its_database_which_is_one_for_ever) {
  temporary_folder folder;
  const auto id = database_id_of(folder.database());
  BOOST_TEST(id.size() == 16U);
  BOOST_TEST(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  BOOST_TEST(database_id_of(folder.database()) == id);
  BOOST_TEST(database_id_of(folder.database("other.db")) != id);
  std::filesystem::copy_file(folder.database().file(), folder.database("copy.db").file());
  BOOST_TEST(database_id_of(folder.database("copy.db")) == id);
}

BOOST_AUTO_TEST_CASE(a_callback_of_a_time_when_databases_had_no_id_tells_none) {
  temporary_folder folder;
  const auto where = folder.database();
  {
    session sql{where, {}, session::role::writer};
    migrate(sql, sqlite_migrations().first(7));
    sql.script(R"sql(
      INSERT INTO jobs (state, visits_total, images_total, images_succeeded, submitted_at, finished_at, callback_url)
      VALUES (2, 0, 0, 0, 10, 20, 'https://shop.example/');
      INSERT INTO callbacks (callback_no, job_id, run, due_at, job_state, images_succeeded, images_failed, finished_at)
      VALUES (5, 1, 1, 20, 2, 0, 0, 20);
    )sql");
  }
  BOOST_TEST(database_id_of(where).size() == 16U);
  BOOST_TEST(
      reader(where, impatient).callback_to_send(job_id{1}, run_number{1}).value().database_id ==
      "");
}

BOOST_AUTO_TEST_SUITE_END()
