#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "fixtures.hpp"
#include "tests/support/without_modes.hpp"

namespace fs = std::filesystem;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

bool is_held(const std::variant<process_lock, process_lock::refused>& result) {
  return std::holds_alternative<process_lock>(result);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_process_lock)

BOOST_AUTO_TEST_CASE(a_second_taker_in_the_same_process_gets_the_holder_and_the_file) {
  const temporary_folder folder;
  const auto where = folder.database("new folder/jobs.db");
  const auto first = process_lock::take(where);
  BOOST_REQUIRE(is_held(first));
  const auto second = process_lock::take(where);
  BOOST_REQUIRE(!is_held(second));
  const auto& message = std::get<process_lock::refused>(second).message;
  BOOST_TEST(message.find(joined("process ", getpid())) != std::string::npos);
  BOOST_TEST(message.find(where.file().string()) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(
    another_process_is_refused_and_its_attempt_does_not_change_the_name_of_the_holder) {
  const temporary_folder folder;
  const auto where = folder.database();
  const auto held = process_lock::take(where);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    const auto result = process_lock::take(where);
    const auto* refused = std::get_if<process_lock::refused>(&result);
    _exit(refused != nullptr &&
                  refused->message.find(joined("process ", parent)) != std::string::npos
              ? 0
              : 1);
  }
  int status = -1;
  BOOST_REQUIRE(waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_lock_ends_with_its_owner_and_moves_with_it) {
  const temporary_folder folder;
  const auto where = folder.database();
  std::optional<process_lock> owner;
  {
    auto first = process_lock::take(where);
    owner.emplace(std::move(std::get<process_lock>(first)));
  }
  BOOST_TEST(!is_held(process_lock::take(where)));
  owner.reset();
  BOOST_TEST(is_held(process_lock::take(where)));
}

BOOST_AUTO_TEST_CASE(a_lock_ends_with_the_death_of_its_process) {
  const temporary_folder folder;
  const auto where = folder.database();
  const pid_t child = fork();
  if (child == 0) {
    const auto held = process_lock::take(where);
    _exit(is_held(held) ? 0 : 1);
  }
  int status = -1;
  BOOST_REQUIRE(waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  BOOST_TEST(is_held(process_lock::take(where)));
}

BOOST_AUTO_TEST_CASE(a_link_or_a_file_of_somebody_in_its_place_is_refused_and_stays_as_it_is) {
  for (const std::string text :
       {"precious", "12 words\n", "123", "-1\n", "0\n", "12\n12\n", "99999999999999999999\n"}) {
    for (const bool link : {false, true}) {
      const temporary_folder folder;
      const auto lock = folder.path() / "jobs.db.lock";
      const auto file = link ? folder.path() / "elsewhere" : lock;
      std::ofstream{file} << text;
      BOOST_REQUIRE(chmod(file.c_str(), 0644) == 0);
      if (link) fs::create_symlink(file, lock);
      const auto result = process_lock::take(folder.database());
      BOOST_REQUIRE(!is_held(result));
      const auto& message = std::get<process_lock::refused>(result).message;
      BOOST_TEST((message.find(lock.string()) != std::string::npos &&
                  message.find("--storage") != std::string::npos),
                 message);
      BOOST_TEST((message.find("symbolic link") != std::string::npos) == link, message);
      std::ifstream stream{file};
      BOOST_TEST((std::string{std::istreambuf_iterator<char>{stream}, {}}) == text);
      BOOST_TEST((fs::status(file).permissions() == fs::perms{0644}));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_an_earlier_process_has_left_is_taken_over_with_the_mode) {
  const temporary_folder folder;
  const auto lock = folder.path() / "jobs.db.lock";
  for (const auto* text : {"", "4194304\n"}) {
    std::ofstream{lock} << text;
    BOOST_REQUIRE(chmod(lock.c_str(), 0644) == 0);
    const auto taken = process_lock::take(folder.database(), 0640);
    BOOST_REQUIRE_MESSAGE(is_held(taken), text);
    BOOST_TEST(std::get<process_lock>(taken).word_of_mode() ==
               "the mode of " + lock.string() + " was changed from 0644 to 0640");
    BOOST_TEST((fs::status(lock).permissions() == fs::perms{0640}));
  }
}

BOOST_AUTO_TEST_CASE(a_new_lock_file_that_does_not_get_its_mode_is_reported) {
  const temporary_folder folder;
  const retail_pulse::test_support::without_modes here;
  const auto mask = umask(027);
  const auto taken = process_lock::take(folder.database(), 0664);
  umask(mask);
  BOOST_REQUIRE(is_held(taken));
  BOOST_TEST(std::get<process_lock>(taken).word_of_mode() ==
             (folder.path() / "jobs.db.lock").string() +
                 " has the mode 0640, which is not that of --file-mode, and cannot be changed");
}

BOOST_AUTO_TEST_CASE(shared_memory_needs_no_lock) {
  const auto where = location::shared_memory("locked");
  const auto first = process_lock::take(where);
  BOOST_TEST(is_held(first));
  BOOST_TEST(is_held(process_lock::take(where)));
}

BOOST_AUTO_TEST_CASE(a_lock_file_that_cannot_be_made_is_said) {
  const auto result = process_lock::take(
      std::get<location>(location::parse("sqlite:/proc/no-such-folder/jobs.db")));
  BOOST_REQUIRE(!is_held(result));
  BOOST_TEST(std::get<process_lock::refused>(result).message.find("/proc/no-such-folder") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
