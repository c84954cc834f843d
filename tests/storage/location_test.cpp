#include "storage/location.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <optional>

#include "fixtures.hpp"

namespace fs = std::filesystem;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

std::string refusal(std::string_view text) {
  const auto result = location::parse(text);
  const auto* error = std::get_if<location_error>(&result);
  return error == nullptr ? "" : error->message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_location)

BOOST_AUTO_TEST_CASE(an_empty_path_is_refused) {
  BOOST_TEST(contains(refusal("sqlite:"), "no path"));
}

BOOST_AUTO_TEST_CASE(a_folder_is_refused) {
  for (const auto* text : {"sqlite:/tmp/", "sqlite:/tmp", "sqlite:new/", "sqlite:/"})
    BOOST_TEST(contains(refusal(text), "folder"));
}

BOOST_AUTO_TEST_CASE(a_nul_character_in_the_path_is_refused) {
  BOOST_TEST(contains(refusal(std::string_view{"sqlite:/tmp/a\0b", 15}), "NUL"));
}

BOOST_AUTO_TEST_CASE(postgresql_is_not_yet_supported_and_its_password_is_not_repeated) {
  const auto message = refusal("postgresql://user:secret@host/db");
  BOOST_TEST(contains(message, "not yet supported"));
  BOOST_TEST(!contains(message, "secret"));
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_with_the_accepted_forms) {
  for (const auto* text : {"", "jobs.db", "SQLITE:jobs.db", "mysql://user:secret@host/db"}) {
    const auto message = refusal(text);
    BOOST_TEST(contains(message, "sqlite:PATH"));
    BOOST_TEST(contains(message, "sqlite::memory:"));
    BOOST_TEST(!contains(message, "secret"));
  }
}

BOOST_AUTO_TEST_CASE(two_ways_to_write_a_path_name_one_file) {
  const temporary_folder folder;
  fs::create_directory(folder.path() / "real");
  fs::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  BOOST_TEST(folder.database("link/../link/./jobs.db").file() ==
             folder.database("real/jobs.db").file());
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_file_is_refused_whatever_is_behind_it) {
  const temporary_folder folder;
  std::ofstream{folder.path() / "real.db"};
  for (const std::string target : {"real.db", "nothing.db", "link.db"}) {
    fs::create_symlink(target, folder.path() / "link.db");
    const auto message = refusal("sqlite:" + (folder.path() / "link.db").string());
    BOOST_TEST(contains(message, "is a symbolic link, which is not followed"), message);
    BOOST_TEST(contains(message, (folder.path() / "link.db").string()), message);
    fs::remove(folder.path() / "link.db");
  }
}

BOOST_AUTO_TEST_CASE(any_path_opens_the_file_it_names_and_no_other) {
  for (const std::string name : {"two words.db", "a = b.db", "question?mode=memory", "100%41.db",
                                 "quote\"s'.db", "#hash", "ümläut/ジョブ.db", "dbname=x.db"}) {
    const temporary_folder folder;
    const auto where = folder.database(name);
    {
      writer w{where};
      reader r{where};
      BOOST_TEST(fs::exists(folder.path() / name));
    }
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator{folder.path()})
      files += entry.is_regular_file() ? 1 : 0;
    BOOST_TEST(files == 1U, name);
  }
}

BOOST_AUTO_TEST_CASE(a_private_file_goes_with_its_last_copy_and_all_its_companions) {
  fs::path folder;
  {
    std::optional<location> first = std::get<location>(location::parse("sqlite::memory:"));
    folder = first->file().parent_path();
    struct stat status {};
    BOOST_REQUIRE(stat(folder.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0700U);
    const auto lock = process_lock::take(*first);
    BOOST_TEST(std::holds_alternative<process_lock>(lock));
    writer w{*first};
    const location second = *first;
    first.reset();
    BOOST_TEST(fs::exists(second.file()));
  }
  BOOST_TEST(!fs::exists(folder));
}

BOOST_AUTO_TEST_CASE(two_private_files_are_two) {
  const auto first = std::get<location>(location::parse("sqlite::memory:"));
  const auto second = std::get<location>(location::parse("sqlite::memory:"));
  BOOST_TEST(first.file() != second.file());
}

BOOST_AUTO_TEST_SUITE_END()
