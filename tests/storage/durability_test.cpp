#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>

#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

namespace {

/// Runs `body` in a process of its own, which ends without any destructor. True when it gave true.
template <typename Body>
bool in_a_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    bool fine = false;
    try {
      fine = body();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    _exit(fine ? 0 : 1);
  }
  int status = -1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_file)

BOOST_AUTO_TEST_CASE(after_a_kill_all_commits_are_there_and_nothing_else) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto text = plain_submission(2, 2000);
  BOOST_REQUIRE(in_a_child([&] {
    writer w{where};
    submit(w, text);
    record(w, job_id{1}, {good(0), bad(1)});
    w.begin();
    w.record(job_id{1}, {}, std::vector{good(2)}, unix_millis{3});
    const auto second = w.create_job(text, unix_millis{3});
    w.append(second, text, 0, text.image_count());
    _exit(0);
    return false;
  }));
  writer w{where};
  reader r{where};
  BOOST_TEST((r.status(job_id{1})->images == image_counts{4000, 1, 1}));
  BOOST_TEST(r.pending_images(job_id{1}, {}, origin_number{1}, image_number{-1}, 5000).size() ==
             3998U);
  BOOST_TEST(r.staging_jobs().empty());
  BOOST_TEST(submit(w, text).value == 2);
}

BOOST_AUTO_TEST_CASE(ids_go_on_after_a_discard_and_a_reopening) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto text = plain_submission(1, 1);
  {
    writer w{where};
    w.begin();
    BOOST_TEST(w.create_job(text, unix_millis{1}).value == 1);
    w.commit();
    w.begin();
    BOOST_TEST(w.discard_staging(job_id{1}, 10));
    w.commit();
  }
  writer w{where};
  BOOST_TEST(submit(w, text).value == 2);
}

BOOST_AUTO_TEST_CASE(the_largest_id_is_given_and_the_one_behind_it_is_not) {
  open_place<on_disk> at;
  const auto text = plain_submission(1, 1);
  submit(at.w, text);
  soci::session{soci::sqlite3, at.where.connect_string()} << "UPDATE sqlite_sequence SET seq = "
                                                          << max_job_id - 1;
  BOOST_TEST(submit(at.w, text).value == max_job_id);
  at.w.begin();
  BOOST_CHECK_EXCEPTION(at.w.create_job(text, unix_millis{1}), storage_error, is_kind(kind::other));
  at.w.rollback();
}

BOOST_AUTO_TEST_CASE(a_full_device_is_said_and_what_was_committed_stays) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto small = plain_submission(1, 2);
  const auto large = plain_submission(1, 20'000);
  BOOST_REQUIRE(in_a_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    writer w{where};
    submit(w, small);
    const rlimit limit{512 << 10, 512 << 10};
    setrlimit(RLIMIT_FSIZE, &limit);
    bool was_full = false;
    try {
      submit(w, large);
    } catch (const storage_error& error) {
      was_full = error.what_kind() == kind::full;
      std::fprintf(stderr, "%s", was_full ? "" : error.what());
    }
    w.rollback();
    reader r{where};
    const bool went_on = submit(w, small).value == 2;
    return was_full && went_on && r.ongoing_jobs(job_id{0}, 10).size() == 2;
  }));
  reader r{where};
  BOOST_TEST(r.ongoing_jobs(job_id{0}, 10).size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_written_is_read_only) {
  const temporary_folder folder;
  const auto where = folder.database();
  { writer w{where}; }
  // Readable by everybody, writable by its owner; root, who may write anything, becomes somebody
  // else.
  std::filesystem::permissions(folder.path(),
                               std::filesystem::perms{getuid() == 0 ? 0755U : 0555U});
  std::filesystem::permissions(where.file(), std::filesystem::perms{getuid() == 0 ? 0644U : 0444U});
  BOOST_TEST(in_a_child([&] {
    constexpr unsigned nobody = 65534;
    if (getuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) return false;
    try {
      writer w{where};
      w.begin();
      return false;
    } catch (const storage_error& error) {
      return error.what_kind() == kind::read_only &&
             std::string{error.what()}.find(where.file().string()) != std::string::npos;
    }
  }));
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
}

BOOST_AUTO_TEST_CASE(
    a_file_that_may_only_be_read_is_refused_at_the_start_although_its_folder_may_be_written) {
  const temporary_folder folder;
  const auto where = folder.database();
  { writer w{where}; }
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0777});
  std::filesystem::permissions(where.file(), std::filesystem::perms{getuid() == 0 ? 0644U : 0444U});
  BOOST_TEST(in_a_child([&] {
    constexpr unsigned nobody = 65534;
    if (getuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0)) return false;
    try {
      writer w{where};
      return false;
    } catch (const storage_error& error) {
      return error.what_kind() == kind::read_only &&
             std::string{error.what()}.find(where.file().string()) != std::string::npos;
    }
  }));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_read_only) {
  const auto where = std::get<location>(location::parse("sqlite:/proc/no-such-folder/jobs.db"));
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind(kind::read_only));
}

BOOST_AUTO_TEST_CASE(missing_folders_are_made) {
  const temporary_folder folder;
  const auto where = folder.database("a/b c/jobs.db");
  writer w{where};
  BOOST_TEST(submit(w, plain_submission(1, 1)).value == 1);
}

BOOST_AUTO_TEST_CASE(it_is_kept_with_a_write_ahead_log_and_foreign_keys) {
  open_place<on_disk> at;
  soci::session raw{soci::sqlite3, at.where.connect_string()};
  std::string mode;
  raw << "PRAGMA journal_mode", soci::into(mode);
  BOOST_TEST(mode == "wal");
  // Only the foreign key deletes this row of a discarded job: the writer names the other tables,
  // not this one.
  at.w.begin();
  const auto job = at.w.create_job(plain_submission(1, 1), unix_millis{1});
  at.w.commit();
  raw << "INSERT INTO store_failures VALUES (" << job.value << ", 's', 0, 'internal', 'text', 1)";
  at.w.begin();
  BOOST_TEST(at.w.discard_staging(job, 10));
  at.w.commit();
  int orphans = -1;
  raw << "SELECT count(*) FROM store_failures", soci::into(orphans);
  BOOST_TEST(orphans == 0);
}

BOOST_AUTO_TEST_SUITE_END()
