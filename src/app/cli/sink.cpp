#include "app/cli/sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/cli/interruption.hpp"

namespace retail_pulse::app {
namespace {

namespace fs = std::filesystem;

std::string words_of(int error) { return std::generic_category().message(error); }

constexpr int links_at_most = 40;  ///< in a chain, as Linux follows them

bool is_standard_output(std::string_view name) {
  return name == "-" || name == "/dev/stdout" || name == "/dev/fd/1" || name == "/proc/self/fd/1";
}

/// Where symbolic links lead to from a name, also where nothing exists yet.
fs::path target_of(const std::string& name, std::error_code& failed) {
  fs::path at = name;
  for (int i = 0; i < links_at_most && fs::is_symlink(fs::symlink_status(at, failed)); ++i) {
    at = at.parent_path() / fs::read_symlink(at, failed);
    if (failed) return at;
  }
  return fs::weakly_canonical(at, failed);
}

/// The outcome of lstat or stat.
struct found {
  struct stat status {};
  int error;  ///< errno; 0 if something exists

  found(int (*look)(const char*, struct stat*), const std::string& name)
      : error{look(name.c_str(), &status) == 0 ? 0 : errno} {}
  bool is_there() const { return error == 0; }
  /// Certainly nothing exists. Other errors do not say that: links of other users, which the system
  /// may not follow, are one.
  bool is_absent() const { return error == ENOENT; }
  bool is_stream() const {
    return is_there() && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
  }
  bool is_same_as(const found& other) const {
    return error == other.error && (!is_there() || (status.st_dev == other.status.st_dev &&
                                                    status.st_ino == other.status.st_ino));
  }
};

/// Gives a new file the owner, group and mode of the one that it will replace. Returns what of that
/// failed, in words.
std::string take_over(int descriptor, const struct stat& before) {
  constexpr auto same_owner = static_cast<uid_t>(-1);
  constexpr auto same_group = static_cast<gid_t>(-1);
  struct stat now {};
  if (fstat(descriptor, &now) != 0) return "its owner, its group and its mode";
  std::string lost;
  const auto lose = [&lost](std::string_view what) {
    lost.append(lost.empty() ? "" : " and ").append(what);
  };
  mode_t mode = before.st_mode & 07777;
  if (now.st_uid != before.st_uid && fchown(descriptor, before.st_uid, same_group) != 0) {
    lose("its owner");
    mode &= ~static_cast<mode_t>(S_ISUID);
  }
  if (now.st_gid != before.st_gid && fchown(descriptor, same_owner, before.st_gid) != 0) {
    lose("its group");
    // The rights of one group must not go to another: the new group gets the rights of everybody.
    mode = (mode & ~static_cast<mode_t>(S_ISGID | S_IRWXG)) | (mode & S_IRWXO) << 3;
  }
  if (fchmod(descriptor, mode) != 0) lose("its mode");
  return lost;
}

std::optional<terminal_text> filter_of(int descriptor) {
  return isatty(descriptor) == 1 ? std::optional{terminal_text{}} : std::nullopt;
}

}  // namespace

sink::sink() : terminal_{filter_of(STDOUT_FILENO)} {}

std::variant<sink, std::string> sink::to_file(const std::string& name,
                                              const std::string& said_when_interrupted) {
  if (is_standard_output(name)) return sink{};
  const auto refused = [&name](const std::string& why) {
    return name + " cannot be written: " + why;
  };
  std::error_code unknown;
  const auto target = target_of(name, unknown).string();
  const found by_name{stat, name};
  if (!by_name.is_there() && !by_name.is_absent()) return refused(words_of(by_name.error));
  if (by_name.is_stream()) return to_stream(name);
  if (by_name.is_there() && !S_ISREG(by_name.status.st_mode))
    return name + " is not a regular file";
  if (unknown) return refused(unknown.message());
  // The system resolves the links of a name at every look. The file that is replaced must be the
  // one that was checked.
  const found before{lstat, target};
  if (!before.is_same_as(by_name)) return refused("its symbolic links were changed meanwhile");
  sink made;
  made.terminal_.reset();
  made.name_ = target;
  const blocked_signals until_a_signal_removes_the_file;
  if (const int error = made.make_temporary(before.is_there() ? 0600 : 0666); error != 0)
    return refused(words_of(error));
  if (!said_when_interrupted.empty()) exit_on_signal(said_when_interrupted, made.temporary_);
  if (before.is_there()) made.replace(before.status, name);
  return made;
}

std::variant<sink, std::string> sink::to_stream(const std::string& name) {
  sink made;
  made.name_ = name;
  made.descriptor_ = open(name.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (made.descriptor_ < 0) return name + " cannot be written: " + words_of(errno);
  made.owns_descriptor_ = true;
  made.terminal_ = filter_of(made.descriptor_);
  return made;
}

int sink::make_temporary(
    mode_t mode) {  // 0600 for a file that may be secret, so that nobody else reads its beginning
  const auto name = name_ + ".part-" + std::to_string(getpid());
  descriptor_ = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor_ < 0) return errno;
  owns_descriptor_ = true;
  temporary_ = name;
  return 0;
}

void sink::replace(const struct stat& before, const std::string& name) {
  if (const auto lost = take_over(descriptor_, before); !lost.empty())
    not_kept_ = name + " could not keep " + lost;
  if (before.st_nlink > 1)
    not_kept_ += (not_kept_.empty() ? name : "; it") +
                 " had other names (hard links), which keep the old content";
}

sink::sink(sink&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, STDOUT_FILENO)},
      owns_descriptor_{std::exchange(other.owns_descriptor_, false)},
      state_{other.state_},
      name_{std::move(other.name_)},
      temporary_{std::exchange(other.temporary_, {})},
      not_kept_{std::move(other.not_kept_)},
      problem_{std::move(other.problem_)},
      terminal_{std::move(other.terminal_)} {}

sink::~sink() {
  if (owns_descriptor_) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

bool sink::write(std::string_view text) {
  if (terminal_) {
    write_bytes(terminal_->shown(text));
  } else {
    write_bytes(text);
  }
  return state_ == state::open;
}

void sink::write_bytes(std::string_view text) {
  while (state_ == state::open && !text.empty()) {
    const auto count = ::write(descriptor_, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE) {
      state_ = state::reader_gone;
    } else if (errno != EINTR) {
      fail();
    }
  }
}

std::optional<std::string> sink::finish() {
  if (terminal_) write_bytes(terminal_->rest());
  if (owns_descriptor_) put_in_place();
  return state_ == state::failed ? std::optional{problem_} : std::nullopt;
}

void sink::put_in_place() {
  if (!temporary_.empty() && state_ == state::open && fsync(descriptor_) != 0) fail();
  owns_descriptor_ = false;
  if (close(descriptor_) != 0 && state_ == state::open) fail();
  if (temporary_.empty()) return;
  const blocked_signals until_the_file_has_its_name;
  const auto temporary = std::exchange(temporary_, {});
  if (state_ == state::open && rename(temporary.c_str(), name_.c_str()) != 0) fail();
  if (state_ != state::open) unlink(temporary.c_str());
  if (state_ == state::open) exit_silently_on_signal();
}

void sink::fail() {
  state_ = state::failed;
  problem_ = (name_.empty() ? "standard output" : name_) + " cannot be written: " + words_of(errno);
}

}  // namespace retail_pulse::app
