#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "core/limits.hpp"
#include "fixtures.hpp"

namespace fs = std::filesystem;
using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;
using kind = storage_error::kind;

namespace {

/// A closed database with jobs in it: `images` images each, in a file without a log.
location filled(const temporary_folder& folder, std::size_t jobs = 1, std::size_t images = 500) {
  const auto where = folder.database();
  writer w{where};
  for (std::size_t i = 0; i < jobs; ++i) submit(w, plain_submission(1, images));
  return where;
}

void overwrite(const fs::path& file, std::uintmax_t offset, const std::string& bytes) {
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekp(static_cast<std::streamoff>(offset));
  stream << bytes;
}

/// A database as a killed process leaves it: `jobs` commits of some frames each, all in the log,
/// whose index is there too.
location killed(const temporary_folder& folder, std::size_t jobs = 4) {
  const auto alive = folder.database("alive.db");
  const auto where = folder.database("killed.db");
  writer w{alive};
  for (std::size_t i = 0; i < jobs; ++i) submit(w, plain_submission(2, 100));
  for (const std::string part : {"", "-wal", "-shm"})
    fs::copy_file(alive.file().string() + part, where.file().string() + part);
  return where;
}

fs::path log_of(const location& where) { return where.file().string() + "-wal"; }
fs::path index_of(const location& where) { return where.file().string() + "-shm"; }

constexpr std::uintmax_t log_head_bytes = 32;
constexpr std::uintmax_t frame_bytes = 24 + 4096;

std::uintmax_t frames_in(const fs::path& log) {
  return (fs::file_size(log) - log_head_bytes) / frame_bytes;
}

std::string bytes_of(const fs::path& file) {
  std::string bytes(fs::file_size(file), '\0');
  std::ifstream{file, std::ios::binary}.read(bytes.data(),
                                             static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void flip(const fs::path& file, std::uintmax_t offset) {
  std::ifstream stream{file, std::ios::binary};
  stream.seekg(static_cast<std::streamoff>(offset));
  overwrite(file, offset, std::string(1, static_cast<char>(stream.get() ^ 0x10)));
}

void append(const fs::path& file, const std::string& bytes) {
  overwrite(file, fs::file_size(file), bytes);
}

std::size_t jobs_found(const location& where) {
  writer w{where};
  return reader{where}.ongoing_jobs(job_id{0}, 100).size();
}

auto is_kind_and_names(kind expected, const location& where) {
  return [=](const storage_error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.what_kind() == expected &&
           std::string{error.what()}.find(where.file().string()) != std::string::npos;
  };
}

void leave_in_order(const location& where) { closing{where}.finish(); }

void execute(const location& where, const std::string& text) {
  soci::session{soci::sqlite3, where.connect_string()} << text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_damaged_or_foreign_file)

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_refused_and_left_as_it_is) {
  const temporary_folder folder;
  const auto where = folder.database();
  const std::string text(5000, 'x');
  std::ofstream{where.file()} << text;
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
  std::ifstream stream{where.file()};
  BOOST_TEST((std::string{std::istreambuf_iterator<char>{stream}, {}} == text));
}

BOOST_AUTO_TEST_CASE(a_broken_header_is_refused) {
  const temporary_folder folder;
  const auto where = filled(folder);
  overwrite(where.file(), 0, "garbage!");
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, is_kind_and_names(kind::corrupt, where));
}

BOOST_AUTO_TEST_CASE(a_file_cut_short_is_refused) {
  const temporary_folder folder;
  const auto where = filled(folder);
  fs::resize_file(where.file(), fs::file_size(where.file()) - 4096);
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
}

BOOST_AUTO_TEST_CASE(a_small_file_is_read_wholly_so_that_damage_anywhere_is_found) {
  const temporary_folder folder;
  const auto where = filled(folder);
  const auto pages = fs::file_size(where.file()) / 4096;
  BOOST_REQUIRE(pages > 10U);
  BOOST_REQUIRE(pages <= static_cast<std::uintmax_t>(limits::checked_whole_pages));
  overwrite(where.file(), (pages / 2) * 4096, std::string(4096, '\xee'));
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
}

BOOST_AUTO_TEST_CASE(
    of_a_large_file_length_and_edges_are_looked_at_and_the_rest_is_found_when_it_is_read) {
  const temporary_folder folder;
  const auto where = filled(folder, 3, 60'000);
  const auto bytes = fs::file_size(where.file());
  BOOST_REQUIRE(bytes / 4096 > static_cast<std::uintmax_t>(limits::checked_whole_pages));
  { writer whole{where}; }
  const auto copy = folder.path() / "copy.db";
  fs::copy_file(where.file(), copy);

  fs::resize_file(where.file(), bytes - 4096);
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
  fs::copy_file(copy, where.file(), fs::copy_options::overwrite_existing);

  overwrite(where.file(), 4096, std::string(bytes - 4096, '\xee'));
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
  fs::copy_file(copy, where.file(), fs::copy_options::overwrite_existing);

  overwrite(where.file(), (bytes / 4096 / 4) * 4096, std::string(std::size_t{1} << 20, '\xee'));
  writer w{where};
  reader r{where};
  bool found = false;
  for (std::int64_t job = 1; job <= 3; ++job) {
    try {
      r.images(job_id{job}, image_number{-1}, 60'000);
    } catch (const storage_error& error) {
      found = found || error.what_kind() == kind::corrupt;
    }
  }
  BOOST_TEST(found);
}

BOOST_AUTO_TEST_CASE(the_database_of_another_program_is_refused) {
  const temporary_folder folder;
  const auto where = folder.database();
  execute(where, "CREATE TABLE notes (text)");
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::other, where));
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_by_writer_and_reader) {
  const temporary_folder folder;
  const auto where = filled(folder);
  execute(where, "INSERT INTO schema_migrations VALUES (9999, 'tomorrow', 'abc', 0)");
  const auto before = bytes_of(where.file());
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::newer_schema, where));
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, [](const storage_error& error) {
    return error.what_kind() == kind::newer_schema &&
           std::string{error.what()}.find("9999") != std::string::npos;
  });
  BOOST_TEST((bytes_of(where.file()) == before));  // its own program finds it as it left it
}

BOOST_AUTO_TEST_CASE(a_migration_edited_after_it_was_applied_is_refused) {
  const temporary_folder folder;
  const auto where = filled(folder);
  execute(where, "UPDATE schema_migrations SET checksum = 'another text'");
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::other, where));
}

BOOST_AUTO_TEST_CASE(opening_again_applies_nothing_twice) {
  const temporary_folder folder;
  const auto where = filled(folder);
  { writer again{where}; }
  soci::session raw{soci::sqlite3, where.connect_string()};
  int rows = 0, largest = 0;
  raw << "SELECT count(*), max(version) FROM schema_migrations", soci::into(rows),
      soci::into(largest);
  BOOST_TEST(rows == largest);
  BOOST_TEST(rows >= 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_damaged_log)

BOOST_AUTO_TEST_CASE(
    one_wrong_bit_anywhere_in_what_was_committed_is_refused_and_nothing_is_changed) {
  const temporary_folder folder;
  const auto where = killed(folder);
  BOOST_REQUIRE(frames_in(log_of(where)) > 20U);
  std::vector<std::uintmax_t> places{0, 5, 10, 17, 25, 31};  // of the log's head
  for (std::uintmax_t frame = 0; frame < frames_in(log_of(where)); ++frame) {
    for (const std::uintmax_t inside : {1, 6, 9, 15, 18, 23, 24, 2000, 4119}) {
      places.push_back(log_head_bytes + frame * frame_bytes + inside);
    }
  }
  for (const auto place : places) {
    flip(log_of(where), place);
    const auto before = bytes_of(where.file());
    BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
    BOOST_REQUIRE(bytes_of(where.file()) == before);
    flip(log_of(where), place);
  }
  BOOST_TEST(jobs_found(where) == 4U);
}

BOOST_AUTO_TEST_CASE(a_log_that_lost_its_end_or_is_gone_is_refused) {
  const temporary_folder folder;
  const auto where = killed(folder);
  const auto whole = bytes_of(log_of(where));
  for (const std::uintmax_t left :
       {whole.size() - 1, whole.size() - frame_bytes, log_head_bytes + frame_bytes, log_head_bytes,
        std::uintmax_t{0}}) {
    fs::resize_file(log_of(where), left);
    BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
    std::ofstream{log_of(where), std::ios::binary} << whole;
  }
  fs::remove(log_of(where));
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
}

BOOST_AUTO_TEST_CASE(without_its_index_damage_is_seen_before_the_last_commit) {
  const temporary_folder folder;
  const auto where = killed(folder);
  fs::remove(index_of(where));
  for (std::uintmax_t frame = 0; frame < frames_in(log_of(where)) / 2; ++frame) {
    flip(log_of(where), log_head_bytes + frame * frame_bytes + 100);
    BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
    flip(log_of(where), log_head_bytes + frame * frame_bytes + 100);
  }
  BOOST_TEST(jobs_found(where) == 4U);
}

BOOST_AUTO_TEST_CASE(what_no_commit_covers_is_passed_over) {
  const std::string garbage(3 * frame_bytes + 77, '\xa5');
  for (const bool with_index : {true, false}) {
    for (const std::string what :
         {"garbage", "part of a frame", "a whole frame", "frames of this log again", "nothing"}) {
      const temporary_folder folder;
      const auto where = killed(folder);
      if (!with_index) fs::remove(index_of(where));
      const auto log = bytes_of(log_of(where));
      if (what == "garbage") append(log_of(where), garbage);
      if (what == "part of a frame")
        append(log_of(where), log.substr(log.size() - frame_bytes, 1000));
      if (what == "a whole frame") append(log_of(where), log.substr(log.size() - frame_bytes));
      if (what == "frames of this log again")
        append(log_of(where), log.substr(log.size() - 2 * frame_bytes) + garbage);
      BOOST_TEST(jobs_found(where) == 4U, what);
    }
  }
}

BOOST_AUTO_TEST_CASE(remains_of_an_older_round_behind_the_last_commit_are_passed_over) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto copy = folder.database("copy.db");
  writer w{where};
  bool began_anew = false;
  for (std::size_t jobs = 1; jobs <= 24; ++jobs) {
    const auto round = fs::exists(log_of(where)) ? bytes_of(log_of(where)).substr(16, 8) : "";
    submit(w, plain_submission(20, 100));
    began_anew = began_anew || (jobs > 1 && bytes_of(log_of(where)).substr(16, 8) != round);
    for (const std::string part : {"", "-wal", "-shm"}) {
      fs::copy_file(where.file().string() + part, copy.file().string() + part,
                    fs::copy_options::overwrite_existing);
    }
    BOOST_TEST(jobs_found(copy) == jobs);
  }
  BOOST_TEST(began_anew);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_database_without_its_log)

BOOST_AUTO_TEST_CASE(one_that_was_left_in_order_is_whole_without_a_log) {
  const temporary_folder folder;
  const auto where = filled(folder, 3);
  leave_in_order(where);
  BOOST_TEST(!fs::exists(log_of(where)));
  BOOST_TEST(!fs::exists(index_of(where)));
  const writer w{where};
  BOOST_TEST(w.warning() == "");
  BOOST_TEST(reader{where}.ongoing_jobs(job_id{0}, 100).size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_log_that_the_last_two_connections_left_is_brought_home) {
  const temporary_folder folder;
  const auto where = killed(folder);
  leave_in_order(where);
  BOOST_TEST(!fs::exists(log_of(where)));
  BOOST_TEST(jobs_found(where) == 4u);
}

BOOST_AUTO_TEST_CASE(a_log_that_another_program_reads_cannot_be_brought_home_and_nothing_is_lost) {
  const temporary_folder folder;
  const auto where = folder.database();
  writer w{where};
  submit(w, plain_submission(1, 10));
  soci::session other{soci::sqlite3, where.connect_string()};
  soci::transaction reading{other};
  long long jobs = 0;
  other << "SELECT count(*) FROM jobs", soci::into(jobs);
  submit(w, plain_submission(1, 10));
  BOOST_CHECK_EXCEPTION(leave_in_order(where), storage_error, is_kind_and_names(kind::busy, where));
  BOOST_TEST(fs::exists(log_of(where)));
  reading.rollback();
  leave_in_order(where);
  BOOST_TEST(fs::file_size(log_of(where)) == 0u);  // `w` still has it open
  BOOST_TEST(reader{where}.ongoing_jobs(job_id{0}, 100).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_log_that_another_program_copies_home_at_that_moment_is_not_taken_for_empty) {
  const temporary_folder folder;
  const auto where = folder.database();
  writer w{where};
  submit(w, plain_submission(1, 10));
  soci::session old_state{soci::sqlite3, where.connect_string()};
  soci::transaction reading{old_state};
  long long jobs = 0;
  old_state << "SELECT count(*) FROM jobs", soci::into(jobs);
  submit(w, plain_submission(1, 10));
  closing last{where};
  std::thread other{[&] {  // waits for the reader, and holds the lock of checkpoints meanwhile
    soci::session copies{soci::sqlite3, where.connect_string()};
    copies << "PRAGMA busy_timeout = 20000";
    copies << "PRAGMA wal_checkpoint(FULL)";
  }};
  BOOST_CHECK_EXCEPTION(last.finish(), storage_error, is_kind_and_names(kind::busy, where));
  reading.rollback();
  other.join();
}

BOOST_AUTO_TEST_CASE(a_stop_that_is_cut_off_leaves_no_doubt_about_what_is_whole) {
  const temporary_folder folder;
  const auto where = folder.database();
  std::optional<writer> w{std::in_place, where};
  submit(*w, plain_submission(1, 10));
  const closing last{where};
  w.reset();  // the last but one: SQLite would bring the log home and take it away, and only then
              // the order could be noted
  BOOST_TEST(fs::exists(log_of(where)));
  const auto cut_off = folder.database("cut-off.db");
  for (const std::string part : {"", "-wal"})
    fs::copy_file(where.file().string() + part, cut_off.file().string() + part);
  BOOST_TEST(writer{cut_off}.warning() == "");
}

BOOST_AUTO_TEST_CASE(
    a_copy_that_is_put_back_beside_the_log_of_a_newer_state_is_refused_and_left_as_it_is) {
  const temporary_folder folder;
  const auto where = filled(folder);
  leave_in_order(where);
  const auto copy = bytes_of(where.file());
  writer w{where};
  for (int i = 0; i < 3; ++i) submit(w, plain_submission(2, 100));
  const auto put_back = folder.database("put-back.db");
  std::ofstream{put_back.file(), std::ios::binary} << copy;
  fs::copy_file(log_of(where), log_of(put_back));
  const auto log = bytes_of(log_of(put_back));
  BOOST_CHECK_EXCEPTION(writer{put_back}, storage_error,
                        is_kind_and_names(kind::corrupt, put_back));
  BOOST_TEST((bytes_of(put_back.file()) == copy));
  BOOST_TEST((bytes_of(log_of(put_back)) == log));
  fs::remove(log_of(put_back));
  BOOST_TEST(jobs_found(put_back) == 1u);
}

BOOST_AUTO_TEST_CASE(
    a_process_that_is_killed_while_it_notes_its_opening_leaves_a_log_that_is_its_own) {
  const temporary_folder folder;
  const auto where = filled(folder);
  leave_in_order(where);
  const auto file = bytes_of(where.file());
  const writer w{where};
  const auto killed = folder.database("killed.db");
  std::ofstream{killed.file(), std::ios::binary}
      << file;  // the note is in the log, and not yet in the file
  fs::copy_file(log_of(where), log_of(killed));
  BOOST_TEST(jobs_found(killed) == 1u);
}

BOOST_AUTO_TEST_CASE(a_log_with_nothing_new_beside_a_file_in_order_is_its_own) {
  const temporary_folder folder;
  const auto where = folder.database();
  std::optional<writer> w{std::in_place, where};
  for (int i = 0; i < 3; ++i) submit(*w, plain_submission(2, 100));
  const auto log = bytes_of(log_of(where));
  w.reset();
  leave_in_order(where);
  std::ofstream{log_of(where), std::ios::binary} << log;
  BOOST_TEST(jobs_found(where) == 3u);
}

BOOST_AUTO_TEST_CASE(what_another_program_reads_of_the_newest_state_is_in_the_file_all_the_same) {
  const temporary_folder folder;
  const auto where = folder.database();
  std::optional<writer> w{std::in_place, where};
  for (int i = 0; i < 3; ++i) submit(*w, plain_submission(2, 100));
  soci::session other{soci::sqlite3, where.connect_string()};
  soci::transaction reading{other};
  long long jobs = 0;
  other << "SELECT count(*) FROM jobs", soci::into(jobs);
  closing last{where};
  w.reset();
  last.finish();
  const auto alone = folder.database("alone.db");
  fs::copy_file(where.file(), alone.file());
  BOOST_TEST(jobs_found(alone) == 3u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_is_not_made_anew) {
  const temporary_folder folder;
  const auto where = filled(folder);
  fs::remove(where.file());
  BOOST_CHECK_EXCEPTION(leave_in_order(where), storage_error,
                        is_kind_and_names(kind::other, where));
  BOOST_TEST(!fs::exists(where.file()));
}

BOOST_AUTO_TEST_CASE(a_file_whose_tables_are_in_a_log_that_is_missing_is_refused) {
  const temporary_folder folder;
  const auto where = folder.database();
  // As a version before this one began: with the log, and tables in nothing else.
  {
    soci::session sql{soci::sqlite3, where.connect_string()};
    sql << "PRAGMA journal_mode = WAL";
  }
  BOOST_TEST(fs::file_size(where.file()) == 4096u);
  const auto before = bytes_of(where.file());
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::corrupt, where));
  BOOST_TEST((bytes_of(where.file()) == before));
}

BOOST_AUTO_TEST_CASE(a_new_database_never_looks_as_if_its_log_were_missing) {
  const temporary_folder folder;
  const auto where = folder.database();
  const writer w{where};
  const auto copy = folder.database("copy.db");
  fs::copy_file(where.file(), copy.file());
  BOOST_TEST(jobs_found(copy) == 0u);
  std::ofstream{folder.database("empty.db").file()};
  BOOST_TEST(jobs_found(folder.database("empty.db")) == 0u);
}

BOOST_AUTO_TEST_CASE(
    a_copy_of_the_file_alone_is_taken_with_a_warning_and_one_with_its_log_without) {
  const temporary_folder folder;
  const auto whole = killed(folder);
  BOOST_TEST(writer{whole}.warning() == "");
  const auto alone = folder.database("alone.db");
  fs::copy_file(folder.database("alive.db").file(), alone.file());
  {
    const writer w{alone};
    BOOST_TEST(
        w.warning().starts_with(alone.file().string() + " was not closed cleanly, and has no log"),
        w.warning());
  }
  leave_in_order(alone);
  BOOST_TEST(writer{alone}.warning() == "");  // told once
}

BOOST_AUTO_TEST_SUITE_END()
