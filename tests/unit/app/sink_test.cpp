#include "app/cli/sink.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "app/output.hpp"

namespace {

using namespace retail_pulse::app;
namespace fs = std::filesystem;

struct folder {
  fs::path path;
  folder() {
    std::string made = (fs::temp_directory_path() / "retail-pulse-sink-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~folder() { fs::remove_all(path); }

  std::string file(const std::string& name) const { return (path / name).string(); }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator{path}, fs::directory_iterator{});
  }
};

std::string content(const std::string& name) {
  std::ifstream file{name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

sink opened(const std::string& name) {
  auto made = sink::to_file(name);
  if (const auto* problem = std::get_if<std::string>(&made)) BOOST_FAIL(*problem);
  return std::get<sink>(std::move(made));
}

std::string fault(const std::string& name) {
  const auto made = sink::to_file(name);
  BOOST_REQUIRE(std::holds_alternative<std::string>(made));
  return std::get<std::string>(made);
}

struct stat status_of(const std::string& name) {
  struct stat status {};
  BOOST_REQUIRE(stat(name.c_str(), &status) == 0);
  return status;
}

/// What was not kept.
std::string replaced(const std::string& name) {
  auto to = opened(name);
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(name) == "new");
  return to.not_kept();
}

/// Another user without any rights, for as long as this lives.
class as_nobody {
 public:
  as_nobody() { BOOST_REQUIRE(setegid(nobody) == 0 && seteuid(nobody) == 0); }
  ~as_nobody() { BOOST_CHECK(seteuid(0) == 0 && setegid(0) == 0); }
  as_nobody(const as_nobody&) = delete;
  as_nobody& operator=(const as_nobody&) = delete;
  static constexpr uid_t nobody = 65534;
};

/// How a process of its own ends that does this; what it says on stderr goes into a file.
int status_of_a_process(const std::string& said, const std::function<void()>& act) {
  const auto child = fork();
  if (child == 0) {
    const int to = open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(to, STDERR_FILENO);
    act();
    _exit(0);
  }
  int status = 0;
  BOOST_REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

/// From now on whatever happens in a folder sends this process SIGTERM, before the system call ends
/// that did it (dnotify).
void be_ended_by(const fs::path& folder, int event) {
  const int watched = open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (watched < 0 || fcntl(watched, F_SETSIG, SIGTERM) != 0 || fcntl(watched, F_NOTIFY, event) != 0)
    _exit(1);
}

boost::test_tools::assertion_result has_dnotify(boost::unit_test::test_unit_id) {
  return fs::exists("/proc/sys/fs/dir-notify-enable");
}

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
  return geteuid() == 0;
}

BOOST_FIXTURE_TEST_SUITE(sinks, folder)

BOOST_AUTO_TEST_CASE(a_file_appears_when_it_is_whole) {
  auto to = opened(file("a.csv"));
  BOOST_TEST(to.write("1,"));
  BOOST_TEST(to.write("2\n"));
  BOOST_TEST(!fs::exists(file("a.csv")));
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(file("a.csv")) == "1,2\n");
  BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(an_unfinished_file_goes_and_the_one_before_it_stays) {
  std::ofstream{file("a.csv")} << "old";
  {
    auto to = opened(file("a.csv"));
    to.write("new");
  }
  BOOST_TEST(content(file("a.csv")) == "old");
  BOOST_TEST(files() == 1);
  auto to = opened(file("a.csv"));
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(file("a.csv")) == "new");
}

BOOST_AUTO_TEST_CASE(a_link_is_followed_and_stays_one) {
  fs::create_symlink("real.csv", file("link.csv"));
  std::ofstream{file("real.csv")} << "old";
  auto to = opened(file("link.csv"));
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(fs::is_symlink(file("link.csv")));
  BOOST_TEST(content(file("real.csv")) == "new");
}

BOOST_AUTO_TEST_CASE(a_link_that_leads_to_nothing_yet_is_followed_and_stays_one) {
  fs::create_directory(file("real"));
  fs::create_symlink("real/first.csv", file("link.csv"));
  fs::create_symlink("second.csv", file("real/first.csv"));
  auto to = opened(file("link.csv"));
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(fs::is_symlink(file("link.csv")));
  BOOST_TEST(fs::is_symlink(file("real/first.csv")));
  BOOST_TEST(content(file("real/second.csv")) == "new");
  fs::create_symlink("loop", file("loop"));
  BOOST_TEST(fault(file("loop")).starts_with(file("loop") + " cannot be written: "));
}

BOOST_AUTO_TEST_CASE(
    a_file_that_is_replaced_keeps_its_mode_and_a_new_one_has_what_the_mask_leaves) {
  for (const mode_t mode : {0600, 0640, 0664, 0755, 0444}) {
    std::ofstream{file("a.csv")} << "old";
    BOOST_REQUIRE(chmod(file("a.csv").c_str(), mode) == 0);
    BOOST_TEST(replaced(file("a.csv")) == "");
    BOOST_TEST((status_of(file("a.csv")).st_mode & 07777) == mode);
    fs::remove(file("a.csv"));
  }
  const auto mask = umask(027);
  BOOST_TEST(replaced(file("new.csv")) == "");
  umask(mask);
  BOOST_TEST((status_of(file("new.csv")).st_mode & 07777) == 0640u);
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_yet_of_a_secret_file_is_as_secret) {
  std::ofstream{file("a.csv")} << "old";
  BOOST_REQUIRE(chmod(file("a.csv").c_str(), 0600) == 0);
  const auto to = opened(file("a.csv"));
  BOOST_TEST((status_of(to.temporary_name()).st_mode & 07777) == 0600u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_replaced_keeps_its_owner_also_behind_a_link,
                     *boost::unit_test::precondition(is_root)) {
  std::ofstream{file("real.csv")} << "old";
  fs::create_symlink("real.csv", file("link.csv"));
  BOOST_REQUIRE(chown(file("real.csv").c_str(), 12345, 23456) == 0);
  BOOST_REQUIRE(chmod(file("real.csv").c_str(), 04640) == 0);
  BOOST_TEST(replaced(file("link.csv")) == "");
  BOOST_TEST(fs::is_symlink(file("link.csv")));
  BOOST_TEST(status_of(file("real.csv")).st_uid == 12345u);
  BOOST_TEST(status_of(file("real.csv")).st_gid == 23456u);
  BOOST_TEST((status_of(file("real.csv")).st_mode & 07777) == 04640u);
}

BOOST_AUTO_TEST_CASE(an_owner_that_cannot_be_kept_is_reported_and_no_other_group_gets_its_rights,
                     *boost::unit_test::precondition(is_root)) {
  std::ofstream{file("a.csv")} << "old";
  BOOST_REQUIRE(chmod(file("a.csv").c_str(), 06664) == 0);
  BOOST_REQUIRE(chmod(path.c_str(), 0777) == 0);
  {
    const as_nobody now;
    BOOST_TEST(replaced(file("a.csv")) ==
               file("a.csv") + " could not keep its owner and its group");
  }
  BOOST_TEST(status_of(file("a.csv")).st_uid == as_nobody::nobody);
  BOOST_TEST((status_of(file("a.csv")).st_mode & 07777) == 0644u);
}

BOOST_AUTO_TEST_CASE(another_name_of_a_replaced_file_keeps_the_old_content_and_is_reported) {
  std::ofstream{file("a.csv")} << "old";
  fs::create_hard_link(file("a.csv"), file("b.csv"));
  BOOST_TEST(replaced(file("a.csv")) ==
             file("a.csv") + " had other names (hard links), which keep the old content");
  BOOST_TEST(content(file("b.csv")) == "old");
}

BOOST_AUTO_TEST_CASE(a_device_and_a_pipe_are_written_to_and_stay_what_they_are) {
  auto null = opened("/dev/null");
  BOOST_TEST(null.temporary_name() == "");
  BOOST_TEST(null.write("new"));
  BOOST_TEST(!null.finish().has_value());
  BOOST_TEST(fs::is_character_file("/dev/null"));
  auto full = opened("/dev/full");
  BOOST_TEST(!full.write("new"));
  BOOST_TEST(full.finish().value() == "/dev/full cannot be written: No space left on device");

  BOOST_REQUIRE(mkfifo(file("pipe").c_str(), 0600) == 0);
  const int reader = open(file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  auto pipe = opened(file("pipe"));
  BOOST_TEST(pipe.write("new"));
  BOOST_TEST(!pipe.finish().has_value());
  char got[8] = {};
  BOOST_TEST(read(reader, got, sizeof got) == 3);
  BOOST_TEST(read(reader, got, sizeof got) == 0, "the end");
  close(reader);
  BOOST_TEST(fs::is_fifo(file("pipe")));
  BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_escapes_and_a_file_every_byte) {
  const std::string text = "a\x1b[2J\u202eb\u009b\n";
  const int ours = posix_openpt(O_RDWR | O_NOCTTY);
  BOOST_REQUIRE((ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0));
  const std::string name = ptsname(ours);
  const int held =
      open(name.c_str(), O_RDWR | O_NOCTTY);  // else reading fails once the output is closed
  auto terminal = opened(name);
  for (const char c : text) BOOST_TEST(terminal.write({&c, 1}));
  BOOST_TEST(terminal.write("\xe2\x80"));
  BOOST_TEST(!terminal.finish().has_value());
  const std::string expected = R"(a\u001b[2J\u202eb\u009b)"
                               "\r\n"
                               R"(\ufffd)";
  std::string shown(expected.size(), ' ');
  for (std::size_t at = 0; at < shown.size();) {
    const auto count = read(ours, shown.data() + at, shown.size() - at);
    BOOST_REQUIRE(count > 0);
    at += static_cast<std::size_t>(count);
  }
  BOOST_TEST(shown == expected);
  close(held);
  close(ours);

  auto to = opened(file("a.csv"));
  to.write(text);
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(file("a.csv")) == text);
}

BOOST_AUTO_TEST_CASE(what_cannot_become_a_file_is_refused_by_name) {
  BOOST_TEST(fault(path.string()) == path.string() + " is not a regular file");
  BOOST_TEST(fault(file("no/such/folder/a.csv")) ==
             file("no/such/folder/a.csv") + " cannot be written: No such file or directory");
}

BOOST_AUTO_TEST_CASE(
    a_name_that_the_system_does_not_follow_is_refused_also_where_its_links_could_be_read) {
  const auto chain = [this](const std::string& first, const std::string& last,
                            const std::string& name) {
    constexpr int links =
        30;  // of the 40 that Linux follows in one name; two such chains are too many
    fs::create_symlink(last, file(name + "1"));
    for (int i = 1; i < links; ++i)
      fs::create_symlink(name + std::to_string(i), file(name + std::to_string(i + 1)));
    fs::rename(file(name + std::to_string(links)), file(first));
  };
  fs::create_directory(file("real"));
  std::ofstream{file("real/a.csv")} << "old";
  chain("folder", "real", "d");
  chain("link", file("folder/a.csv"), "f");
  BOOST_TEST(fault(file("link")) ==
             file("link") + " cannot be written: Too many levels of symbolic links");
  BOOST_TEST(content(file("real/a.csv")) == "old");
}

BOOST_AUTO_TEST_CASE(a_name_whose_links_lead_elsewhere_than_the_system_finds_is_refused) {
  std::ofstream{file("a.csv")} << "old";
  const int taken_away = open(file("a.csv").c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_REQUIRE(taken_away >= 0);
  fs::remove(file("a.csv"));
  const auto name =
      "/proc/self/fd/" +
      std::to_string(taken_away);  // the file; as text the link leads to "a.csv (deleted)"
  BOOST_TEST(fault(name) == name + " cannot be written: its symbolic links were changed meanwhile");
  BOOST_TEST(files() == 0);
  close(taken_away);
}

BOOST_AUTO_TEST_CASE(a_file_that_gets_the_number_of_a_closed_standard_output_is_put_in_place) {
  const int status = status_of_a_process(file("said"), [this] {
    close(STDOUT_FILENO);
    auto to = sink::to_file(file("a.csv"));
    auto* made = std::get_if<sink>(&to);
    if (made == nullptr || !made->write("new") || made->finish()) _exit(1);
    _exit(fcntl(STDOUT_FILENO, F_GETFD) == -1 ? 0 : 2);
  });
  BOOST_TEST(status == 0);
  BOOST_TEST(content(file("a.csv")) == "new");
}

BOOST_AUTO_TEST_CASE(a_signal_right_when_the_temporary_file_is_made_takes_it_away,
                     *boost::unit_test::precondition(has_dnotify)) {
  fs::create_directory(file("out"));
  const int status = status_of_a_process(file("said"), [this] {
    be_ended_by(path / "out", DN_CREATE);
    auto to = sink::to_file(file("out/a.csv"), "it is not written");
  });
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 128 + SIGTERM);
  BOOST_TEST(content(file("said")) == "it is not written\n");
  BOOST_TEST(fs::is_empty(file("out")));
}

BOOST_AUTO_TEST_CASE(a_signal_right_when_the_file_gets_its_name_does_not_say_that_it_is_not_written,
                     *boost::unit_test::precondition(has_dnotify)) {
  fs::create_directory(file("out"));
  const int status = status_of_a_process(file("said"), [this] {
    auto to = sink::to_file(file("out/a.csv"), "it is not written");
    auto* made = std::get_if<sink>(&to);
    if (made == nullptr || !made->write("new")) _exit(1);
    be_ended_by(path / "out", DN_RENAME);
    (void)made->finish();
  });
  BOOST_TEST(WIFEXITED(status));
  BOOST_TEST(WEXITSTATUS(status) == 128 + SIGTERM);
  BOOST_TEST(content(file("said")) == "");
  BOOST_TEST(content(file("out/a.csv")) == "new");
  BOOST_TEST(std::distance(fs::directory_iterator{path / "out"}, fs::directory_iterator{}) == 1);
}

BOOST_AUTO_TEST_CASE(control_characters_and_what_is_no_utf8_become_question_marks) {
  BOOST_TEST(printable("K\u00f6ln \u20ac \U0001F600") == "K\u00f6ln \u20ac \U0001F600");
  BOOST_TEST(printable(std::string_view{"\0\x01\x1f\x7f\xc2\x80\xc2\x9f\xc2\xa0", 10}) ==
             "??????\u00a0");
  BOOST_TEST(printable("a\xff\xe2\x82z") == "a???z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
