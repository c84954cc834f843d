#include "storage/claiming.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "fixtures.hpp"
#include "storage/session.hpp"
#include "tests/support/without_modes.hpp"

namespace fs = std::filesystem;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  BOOST_REQUIRE(lstat(file.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(claimed_files)

BOOST_AUTO_TEST_CASE(a_new_database_and_what_sqlite_keeps_beside_it_have_the_mode) {
  for (const mode_t mode : {0600, 0640, 0660}) {
    const temporary_folder folder;
    const auto where = folder.database();
    const auto mask = umask(027);
    const auto claimed = claim_files(where, mode);
    BOOST_TEST(claimed.problem == "");
    BOOST_TEST(claimed.changes.empty());
    const writer w{where};
    umask(mask);
    for (const auto* suffix : {"", "-wal", "-shm"})
      BOOST_TEST(mode_of(where.file().string() + suffix) == mode, suffix);
  }
}

BOOST_AUTO_TEST_CASE(existing_files_get_the_mode_with_a_message_and_their_owner_keeps_the_rights) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto log = where.file().string() + "-wal";
  { const writer made{where}; }
  std::ofstream{log};
  for (const auto& name : {where.file().string(), log}) {
    BOOST_REQUIRE(chmod(name.c_str(), 0644) == 0);
  }
  const auto claimed = claim_files(where, 0600);
  BOOST_TEST(claimed.problem == "");
  BOOST_REQUIRE(claimed.changes.size() == 2u);
  BOOST_TEST(claimed.changes[0] ==
             "the mode of " + where.file().string() + " was changed from 0644 to 0600");
  BOOST_TEST(claimed.changes[1] == "the mode of " + log + " was changed from 0644 to 0600");
  BOOST_TEST(claim_files(where, 0600).changes.empty());
  BOOST_REQUIRE(chmod(log.c_str(), 0444) == 0);
  BOOST_TEST(claim_files(where, 0640).changes.size() == 2u);
  BOOST_TEST(mode_of(where.file()) == 0640u);
  BOOST_TEST(mode_of(log) == 0440u);
}

BOOST_AUTO_TEST_CASE(a_file_of_somebody_keeps_its_mode) {
  for (const std::string& text :
       {std::string{"a letter"}, std::string{"SQLite format 3\0", 16} + std::string(200, 'x')}) {
    const temporary_folder folder;
    const auto where = folder.database();
    std::ofstream{where.file()} << text;
    BOOST_REQUIRE(chmod(where.file().c_str(), 0644) == 0);
    const auto claimed = claim_files(where, 0600);
    BOOST_TEST(claimed.problem == "");
    BOOST_TEST(claimed.changes.empty());
    BOOST_TEST(mode_of(where.file()) == 0644u);
  }
}

BOOST_AUTO_TEST_CASE(without_a_database_its_companions_are_somebodys) {
  const temporary_folder folder;
  const auto where = folder.database();
  for (const auto* suffix : {"-wal", "-shm", "-journal"}) {
    std::ofstream{where.file().string() + suffix} << "a letter";
    BOOST_REQUIRE(chmod((where.file().string() + suffix).c_str(), 0644) == 0);
  }
  BOOST_TEST(claim_files(where, 0600).changes.empty());
  for (const auto* suffix : {"-wal", "-shm", "-journal"})
    BOOST_TEST(mode_of(where.file().string() + suffix) == 0644u, suffix);
}

BOOST_AUTO_TEST_CASE(a_new_database_that_does_not_get_its_mode_is_reported) {
  const temporary_folder folder;
  const auto where = folder.database();
  const retail_pulse::test_support::without_modes here;
  const auto mask = umask(027);
  const auto changes = claim_files(where, 0664).changes;
  umask(mask);
  BOOST_REQUIRE(changes.size() == 1u);
  BOOST_TEST(changes[0] ==
             where.file().string() +
                 " has the mode 0640, which is not that of --file-mode, and cannot be changed");
}

BOOST_AUTO_TEST_CASE(links_and_what_is_no_file_are_refused_by_name) {
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
    const temporary_folder folder;
    const auto where = folder.database();
    const auto name = where.file().string() + suffix;
    fs::create_symlink(folder.path() / "elsewhere", name);
    BOOST_TEST(claim_files(where, 0600)
                   .problem.starts_with(name + " is a symbolic link, which is not followed"));
    fs::remove(name);
    BOOST_REQUIRE(mkfifo(name.c_str(), 0600) == 0);
    BOOST_TEST(claim_files(where, 0600).problem == name + " is not a regular file");
    BOOST_TEST(!fs::exists(folder.path() / "elsewhere"));
  }
}

// What closes the time between the look and the opening: SQLite resolves the database's own name,
// and follows nothing beside it.
BOOST_AUTO_TEST_CASE(sqlite_itself_follows_no_link_beside_the_database) {
  for (const auto* suffix : {"-wal", "-shm", "-journal"}) {
    const temporary_folder folder;
    const auto where = folder.database();
    claim_files(where, 0600);
    fs::create_symlink(folder.path() / "elsewhere", where.file().string() + suffix);
    BOOST_CHECK_THROW(writer(where, impatient), storage_error);
    BOOST_TEST(!fs::exists(folder.path() / "elsewhere"), suffix);
  }
}

BOOST_AUTO_TEST_CASE(shared_memory_has_no_files) {
  BOOST_TEST(claim_files(in_memory::fresh(), 0600).problem == "");
}

BOOST_AUTO_TEST_SUITE_END()
