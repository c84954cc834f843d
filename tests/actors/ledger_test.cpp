#include <boost/test/unit_test.hpp>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using actors::ledger_command;
using actors::ledger_state;

namespace {

struct book {
  std::shared_ptr<storage::writer> writer = std::make_shared<storage::writer>(
      storage::location::shared_memory("ledger " + std::to_string(++books())));
  ledger_state state;
  bool scheduled = false;  ///< a flush
  std::vector<std::string> story;

  book() {
    state.open(
        writer, [] { return unix_millis{1}; }, [this] { scheduled = true; });
  }

  /// Whether another is scheduled.
  bool flush() {
    scheduled = false;
    state.flush();
    return scheduled;
  }

  /// A command of `steps` slices that writes its story; `fault` may throw in a step.
  ledger_command command(
      const std::string& name, int steps = 1, std::function<void()> fault = [] {}) {
    return {
        [=, this](storage::writer&) -> actors::after_commit {
          fault();
          return [=, this] {
            story.push_back(name + (steps == 1 ? " done" : " step"));
            if (steps > 1) state.add_slice(command(name, steps - 1, fault));
          };
        },
        [=, this](const caf::error&) { story.push_back(name + " refused"); },
    };
  }

 private:
  static int& books() {
    static int count = 0;
    return count;
  }
};

using strings = std::vector<std::string>;

/// The next commit is done, and reported as failed.
struct hidden_commit final : storage::statement_observer {
  bool hides = true;
  void before(std::string_view) override {}
  void after(std::string_view statement) override {
    if (statement == "COMMIT" && std::exchange(hides, false))
      throw storage::storage_error{storage::storage_error::kind::other,
                                   "the outcome of the commit is not known"};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(commands_that_wait_together_share_one_commit_in_order) {
  book b;
  b.state.add(b.command("a"));
  BOOST_TEST(std::exchange(b.scheduled, false));
  b.state.add(b.command("b"));
  BOOST_TEST(!b.scheduled);  // the flush is scheduled already
  BOOST_TEST(!b.flush());
  BOOST_TEST(b.story == (strings{"a done", "b done"}), boost::test_tools::per_element());
  b.state.add(b.command("c"));
  BOOST_TEST(b.scheduled);
}

BOOST_AUTO_TEST_CASE(large_commands_take_turns_one_step_per_commit) {
  book b;
  b.state.add_slice(b.command("x", 2));
  b.state.add_slice(b.command("y", 2));
  b.state.add(b.command("a"));
  while (b.flush()) {
  }
  BOOST_TEST(b.story == (strings{"a done", "x step", "y step", "x done", "y done"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_at_fault_is_refused_alone) {
  book b;
  b.state.add(b.command("a"));
  b.state.add(b.command("bad", 1, [] {
    throw storage::storage_error{storage::storage_error::kind::other, "constraint"};
  }));
  b.state.add(b.command("b"));
  b.flush();
  BOOST_TEST(b.story == (strings{"a done", "bad refused", "b done"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(when_storage_is_full_everything_waiting_is_refused) {
  book b;
  b.state.add(b.command("a"));
  b.state.add(b.command("full", 1, [] {
    throw storage::storage_error{storage::storage_error::kind::full, "disk"};
  }));
  b.state.add_slice(b.command("x", 3));
  BOOST_TEST(!b.flush());
  BOOST_TEST(b.story == (strings{"a refused", "full refused", "x refused"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_step_that_was_rolled_back_is_not_counted) {
  book b;
  int faults = 1;
  b.state.add(b.command("bad", 1, [&] {
    if (faults-- > 0) throw storage::storage_error{storage::storage_error::kind::other, "once"};
  }));
  b.state.add_slice(b.command("x", 2));
  while (b.flush()) {
  }
  BOOST_TEST(b.story == (strings{"bad done", "x step", "x done"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_what_the_committed_run_of_a_step_returned_is_done) {
  book b;
  int runs = 0;
  b.state.add({[&](storage::writer&) -> actors::after_commit {
                 return [&b, run = ++runs] { b.story.push_back("run " + std::to_string(run)); };
               },
               [&](const caf::error&) { b.story.push_back("refused"); }});
  b.state.add(b.command("bad", 1, [] {
    throw storage::storage_error{storage::storage_error::kind::other, "constraint"};
  }));
  b.flush();
  BOOST_TEST(b.story == (strings{"run 2", "bad refused"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_command_may_leave_nothing_to_do_after_its_commit) {
  book b;
  b.state.add({[](storage::writer&) -> actors::after_commit { return {}; },
               [&](const caf::error&) { b.story.push_back("refused"); }});
  b.state.add(b.command("a"));
  b.flush();
  BOOST_TEST(b.story == (strings{"a done"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_burst_beyond_the_bound_makes_another_commit) {
  book b;
  for (std::size_t i = 0; i <= limits::commit_rows; ++i) b.state.add(b.command("a"));
  BOOST_TEST(b.flush());
  BOOST_TEST(b.story.size() == limits::commit_rows);
  BOOST_TEST(!b.flush());
  BOOST_TEST(b.story.size() == limits::commit_rows + 1);
}

BOOST_AUTO_TEST_CASE(a_commit_is_bounded_by_rows_and_takes_one_command_at_least) {
  book b;
  for (const std::size_t rows :
       {limits::commit_rows + 1, limits::commit_rows - 1, std::size_t{1}, std::size_t{1}}) {
    auto command = b.command("a");
    command.rows = rows;
    b.state.add(std::move(command));
  }
  BOOST_TEST(b.flush());
  BOOST_TEST(b.story.size() == 1U);
  BOOST_TEST(b.flush());
  BOOST_TEST(b.story.size() == 3U);
  BOOST_TEST(!b.flush());
  BOOST_TEST(b.story.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_large_submission_that_fails_in_the_middle_leaves_no_rows) {
  world w;
  // 3 slices; after the first is committed, another writer holds the lock.
  std::optional<actors::submit_outcome> outcome;
  caf::anon_send(
      w.supervisor, actors::submit_atom_v,
      submission_with({{"S1", urls_on("a.example", 3 * limits::slice_rows)}}), no_key,
      actors::reply<actors::submit_outcome>{[&](actors::submit_outcome o) { outcome = o; }, {}});
  storage::reader reader{w.where(), {std::chrono::milliseconds{0}}};
  while (reader.staging_jobs().empty()) BOOST_REQUIRE(w.run_one_message());
  storage::writer lock_holder{w.where(), {std::chrono::milliseconds{0}}};
  lock_holder.begin();
  while (!outcome) BOOST_REQUIRE(w.run_one_message());
  lock_holder.rollback();
  BOOST_TEST((outcome->what == actors::submit_outcome::kind::storage_failed));
  w.run_messages();
  w.run_until([&] { return reader.staging_jobs().empty(); });
  BOOST_TEST(reader.staging_jobs().empty());
}

BOOST_AUTO_TEST_CASE(a_redrive_whose_commit_is_done_and_reported_as_failed_is_done_once) {
  world w;
  const auto job = w.accept({{"S9", urls_on("a.example", 2)}});
  BOOST_TEST(name_of(w.run_to_end(job).state) == "failed");
  hidden_commit watch;
  auto writer = std::make_shared<storage::writer>(
      w.where(), storage::session_options{std::chrono::milliseconds{0}, &watch});
  const auto other = w.system().spawn(actors::ledger, std::move(writer),
                                      wall_clock{[&] { return w.wall_time(); }}, w.herald);
  std::optional<storage::controlled> came_to;
  w.system().spawn([&, other, job](caf::event_based_actor* self) {
    self->request(other, caf::infinite, actors::redrive_atom_v, job, std::int64_t{2})
        .then([&](const storage::controlled& answer) { came_to = answer; });
  });
  w.run_messages();
  BOOST_REQUIRE(came_to.has_value());
  BOOST_TEST(!watch.hides);
  BOOST_TEST((came_to->what == storage::controlled::kind::done));
  BOOST_TEST(came_to->job.run.value == 2);
  BOOST_TEST(w.status(job)->run.value == 2);
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  w.run_messages();
}

BOOST_AUTO_TEST_SUITE_END()
