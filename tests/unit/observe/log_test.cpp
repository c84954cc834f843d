#include "observe/log.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/support/without_modes.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::observe;

/// A log file in a folder of its own. At its end the log is off again.
struct fixture {
  std::filesystem::path folder;
  std::filesystem::path file;

  fixture() {
    std::string name =
        (std::filesystem::temp_directory_path() / "retail-pulse-log-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    file = folder / "test.log";
  }
  ~fixture() {
    std::string problem;
    BOOST_CHECK(set_log({.file = "", .from = level::off, .format = log_format::text}, problem));
    std::filesystem::remove_all(folder);
  }

  void open(level from, log_format format = log_format::text) const {
    std::string problem;
    BOOST_REQUIRE_MESSAGE(set_log({.file = file.string(), .from = from, .format = format}, problem),
                          problem);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> result;
    std::ifstream stream{file};
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }
};

BOOST_FIXTURE_TEST_SUITE(logging, fixture)

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  open(level::warning);
  log(level::debug, "a");
  log(level::info, "b");
  log(level::warning, "c");
  log(level::error, "d");
  const auto found = lines();
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0].ends_with("Z warning c"), found[0]);
  BOOST_TEST(found[1].ends_with("Z error   d"), found[1]);
  BOOST_TEST(!logs(level::info));
  BOOST_TEST(logs(level::warning));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_off_writes_nothing_at_all) {
  open(level::off);
  log(level::error, "a");
  log(level::off, "b");
  BOOST_TEST(lines().empty());
  BOOST_TEST(!logs(level::error));
  BOOST_TEST(!logs(level::off));
}

BOOST_AUTO_TEST_CASE(
    a_line_is_in_the_file_as_soon_as_it_is_logged_and_a_second_log_goes_on_behind_it) {
  open(level::info);
  log(level::info, "first", {{"n", std::int64_t{1}}});
  BOOST_TEST(lines().size() == 1U);
  open(level::info, log_format::json);
  log(level::info, "second", {{"n", std::int64_t{2}}});
  const auto found = lines();
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0].ends_with("first n=1"));
  const auto object = nlohmann::json::parse(found[1]);
  BOOST_TEST(object["message"] == "second");
  BOOST_TEST(object["n"] == 2);
}

BOOST_AUTO_TEST_CASE(braces_and_percent_signs_are_just_text) {
  open(level::info);
  log(level::info, "{} {0} %v %d", {{"v", "{}%s"}});
  BOOST_REQUIRE(lines().size() == 1U);
  BOOST_TEST(lines()[0].ends_with("{} {0} %v %d v={}%s"), lines()[0]);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_opened_is_a_sentence_and_the_old_log_stays) {
  open(level::info);
  std::string problem;
  const std::string impossible = (file / "below-a-file.log").string();
  BOOST_TEST(
      !set_log({.file = impossible, .from = level::debug, .format = log_format::text}, problem));
  BOOST_TEST(problem.starts_with("the log file '" + impossible + "' cannot be opened: "), problem);
  log(level::info, "still here");
  BOOST_TEST(lines().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_log_that_is_opened_anew_goes_on_in_a_new_file_of_the_same_name_and_kind) {
  open(level::warning, log_format::json);
  log(level::warning, "before");
  std::filesystem::rename(file, folder / "moved.log");
  log(level::warning, "meanwhile");
  std::string problem;
  BOOST_TEST(reopen_log(problem), problem);
  log(level::warning, "after");
  log(level::info, "below the level");
  const auto found = lines();
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(nlohmann::json::parse(found[0])["message"] == "after");
  std::ifstream moved{folder / "moved.log"};
  std::string line;
  BOOST_TEST((std::getline(moved, line) && line.find("before") != std::string::npos));
  BOOST_TEST((std::getline(moved, line) && line.find("meanwhile") != std::string::npos));
  BOOST_TEST(!std::getline(moved, line));
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_opened_anew_goes_on_where_it_was) {
  open(level::info);
  std::filesystem::rename(file, folder / "moved.log");
  std::filesystem::create_directory(file);
  std::string problem;
  BOOST_TEST(!reopen_log(problem));
  BOOST_TEST(problem.starts_with("the log file '" + file.string() + "' cannot be opened: "),
             problem);
  log(level::info, "still here");
  std::ifstream moved{folder / "moved.log"};
  std::string line;
  BOOST_TEST((std::getline(moved, line) && line.ends_with("still here")));
}

/// Why this name cannot be a log; empty where it can, and is.
std::string refusal(const std::filesystem::path& name) {
  std::string problem;
  const bool done =
      set_log({.file = name.string(), .from = level::info, .format = log_format::text}, problem);
  return done ? "" : problem;
}

mode_t mode_of(const std::filesystem::path& name) {
  struct stat status {};
  BOOST_REQUIRE(lstat(name.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_log_is_not_followed_and_one_on_the_way_is) {
  std::filesystem::create_symlink("elsewhere", file);
  BOOST_TEST(refusal(file).starts_with("the log file '" + file.string() +
                                       "' is a symbolic link, which is not followed: "),
             refusal(file));
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink("real", folder / "link");
  BOOST_TEST(refusal(folder / "link" / "test.log") == "");
  BOOST_TEST(!std::filesystem::exists(folder / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_link_to_a_stream_of_the_system_is_followed_and_to_another_device_not) {
  std::filesystem::create_symlink("/dev/null", folder / "null.log");
  BOOST_TEST(refusal(folder / "null.log") == "");
  std::filesystem::create_symlink("/dev/zero", folder / "zero.log");
  BOOST_TEST(refusal(folder / "zero.log").find("symbolic link") != std::string::npos);
  std::filesystem::create_symlink("/dev/fd/../null", folder / "odd.log");
  BOOST_TEST(refusal(folder / "odd.log").find("symbolic link") != std::string::npos);
  for (const auto* name : {"/dev/null", "/dev/stderr", "/proc/self/fd/2", "/dev/fd/2"})
    BOOST_TEST(refusal(name) == "", name);
  std::filesystem::create_symlink(
      std::filesystem::relative("/dev/null", std::filesystem::canonical(folder)),
      folder / "relative.log");
  BOOST_TEST(refusal(folder / "relative.log") == "");
  std::filesystem::create_symlink("/proc/self/fd/2", folder / "stderr.log");
  BOOST_TEST(refusal(folder / "stderr.log") == "");
  for (const auto* name : {"/proc//fd/2", "/proc/1x/fd/2", "/proc/self/fd/2/"})
    BOOST_TEST(refusal(name) != "", name);
  BOOST_TEST(
      refusal(folder).starts_with("the log file '" + folder.string() + "' cannot be opened: "),
      refusal(folder));
}

// Behind it may be a file that this process, or another one, has open for reading, or the service's
// own database.
BOOST_AUTO_TEST_CASE(a_link_to_another_descriptor_than_those_of_the_output_is_not_followed) {
  std::ofstream{folder / "letter"} << "Dear";
  const int letter = ::open((folder / "letter").c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_REQUIRE(letter >= 0);
  for (const auto& target :
       {"/proc/self/fd/" + std::to_string(letter), "/dev/fd/" + std::to_string(letter),
        "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(letter)}) {
    std::filesystem::remove(folder / "service.log");
    std::filesystem::create_symlink(target, folder / "service.log");
    BOOST_TEST(refusal(folder / "service.log").find("symbolic link") != std::string::npos, target);
  }
  close(letter);
  BOOST_TEST(std::filesystem::file_size(folder / "letter") == 4u);
}

BOOST_AUTO_TEST_CASE(a_database_is_no_log) {
  using namespace std::string_literals;
  std::ofstream{file} << "SQLite format 3\0"s;
  BOOST_TEST(refusal(file).find("is a database") != std::string::npos, refusal(file));
}

BOOST_AUTO_TEST_CASE(a_pipe_that_nobody_reads_is_refused_at_once) {
  BOOST_REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  BOOST_TEST(refusal(folder / "pipe").find("is a pipe that no program reads") != std::string::npos,
             refusal(folder / "pipe"));
  const int reader = ::open((folder / "pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  BOOST_TEST(refusal(folder / "pipe") == "");
  close(reader);
}

BOOST_AUTO_TEST_CASE(a_file_with_another_name_that_is_no_log_is_somebodys) {
  std::ofstream{folder / "letter"} << "Dear 2026-01-01T";
  std::filesystem::create_hard_link(folder / "letter", file);
  BOOST_TEST(refusal(file).find("has a second name") != std::string::npos, refusal(file));
  for (const auto* start :
       {"", "2023-11-14T22:13:20.123Z info    a\n", R"({"time":"2023-11-14T22:13:20.123Z"})"}) {
    std::ofstream{folder / "letter"} << start;
    BOOST_TEST(refusal(file) == "", start);
  }
}

BOOST_AUTO_TEST_CASE(a_log_is_for_whom_its_mode_names_whatever_the_mask_and_the_mode_before) {
  const auto mask = umask(077);
  std::string problem;
  BOOST_REQUIRE(set_log({.file = (folder / "new" / "a.log").string(), .file_mode = 0640}, problem));
  umask(mask);
  BOOST_TEST(mode_of(folder / "new") == 0750u);
  BOOST_TEST(mode_of(folder / "new" / "a.log") == 0640u);
  std::ofstream{file} << "2023-11-14T22:13:20.123Z info    a\n";
  std::filesystem::permissions(file, std::filesystem::perms{0644});
  open(level::info);
  BOOST_TEST(mode_of(file) == 0600u);
  BOOST_REQUIRE(lines().size() == 2U);
  std::ofstream{folder / "letter"} << "Dear reader";
  std::filesystem::permissions(folder / "letter", std::filesystem::perms{0644});
  BOOST_TEST(refusal(folder / "letter") == "");
  BOOST_TEST(mode_of(folder / "letter") == 0644u);
  BOOST_TEST(lines()[1].ends_with("warning the mode of the log file was changed from 0644 to 0600"),
             lines()[1]);
}

BOOST_AUTO_TEST_CASE(a_new_log_that_does_not_get_its_mode_says_so) {
  const test_support::without_modes here;
  const auto mask = umask(027);
  std::string problem;
  BOOST_REQUIRE(set_log({.file = file.string(), .file_mode = 0664}, problem));
  umask(mask);
  BOOST_REQUIRE(lines().size() == 1U);
  BOOST_TEST(
      lines()[0].ends_with("warning the log file has the mode 0640, which is not that of "
                           "--file-mode, and cannot be changed"));
}

BOOST_AUTO_TEST_CASE(a_log_on_stderr_has_nothing_to_open_anew) {
  std::string problem;
  BOOST_REQUIRE(set_log({.file = "", .from = level::off, .format = log_format::text}, problem));
  BOOST_TEST(reopen_log(problem));
  BOOST_TEST(problem == "");
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_stay_whole) {
  constexpr int threads = 8;
  constexpr int each = 500;
  open(level::info);
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([t] {
      for (int i = 0; i < each; ++i)
        log(level::info, "line",
            {{"thread", std::int64_t{t}}, {"i", std::int64_t{i}}, {"end", "yes"}});
    });
  }
  for (auto& writer : writers) writer.join();
  const auto found = lines();
  BOOST_TEST(found.size() == static_cast<std::size_t>(threads * each));
  for (const auto& line : found)
    BOOST_TEST((line.size() > 24 && line[23] == 'Z' && line.ends_with(" end=yes")), line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
