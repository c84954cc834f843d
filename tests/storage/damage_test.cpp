#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

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

auto is_kind_and_names(kind expected, const location& where) {
  return [=](const storage_error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.what_kind() == expected && std::string{error.what()}.find(where.file().string()) != std::string::npos;
  };
}

void execute(const location& where, const std::string& text) { soci::session{soci::sqlite3, where.connect_string()} << text; }

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

BOOST_AUTO_TEST_CASE(of_a_large_file_length_and_edges_are_looked_at_and_the_rest_is_found_when_it_is_read) {
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
  BOOST_CHECK_EXCEPTION(writer{where}, storage_error, is_kind_and_names(kind::newer_schema, where));
  BOOST_CHECK_EXCEPTION(reader{where}, storage_error, [](const storage_error& error) {
    return error.what_kind() == kind::newer_schema && std::string{error.what()}.find("9999") != std::string::npos;
  });
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
  raw << "SELECT count(*), max(version) FROM schema_migrations", soci::into(rows), soci::into(largest);
  BOOST_TEST(rows == largest);
  BOOST_TEST(rows >= 1);
}

BOOST_AUTO_TEST_SUITE_END()
