#include "app/output.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/text.hpp"

namespace retail_pulse::app {
namespace {

namespace fs = std::filesystem;

std::string words_of(int error) { return std::generic_category().message(error); }

constexpr std::size_t default_columns = 80;  ///< of a terminal that does not know its own

/// Whether a sequence of UTF-8 is one of the control characters U+0000..U+001F, U+007F..U+009F.
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence.front());
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

constexpr int links_at_most = 40;  ///< one behind the other, as Linux follows them

bool is_standard_output(std::string_view name) {
  return name == "-" || name == "/dev/stdout" || name == "/dev/fd/1" || name == "/proc/self/fd/1";
}

/// Where a name leads to over symbolic links, also where nothing is there yet.
fs::path target_of(const std::string& name, std::error_code& failed) {
  fs::path at = name;
  for (int i = 0; i < links_at_most && fs::is_symlink(fs::symlink_status(at, failed)); ++i) {
    at = at.parent_path() / fs::read_symlink(at, failed);
    if (failed) return at;
  }
  return fs::weakly_canonical(at, failed);
}

/// Gives a new file owner, group and mode of the one that it will replace; what of that it cannot have, in words.
std::string take_over(int descriptor, const struct stat& before) {
  constexpr auto same_owner = static_cast<uid_t>(-1);
  constexpr auto same_group = static_cast<gid_t>(-1);
  struct stat now {};
  if (fstat(descriptor, &now) != 0) return "its owner, its group and its mode";
  std::string lost;
  const auto lose = [&lost](std::string_view what) { lost.append(lost.empty() ? "" : " and ").append(what); };
  mode_t mode = before.st_mode & 07777;
  if (now.st_uid != before.st_uid && fchown(descriptor, before.st_uid, same_group) != 0) {
    lose("its owner");
    mode &= ~static_cast<mode_t>(S_ISUID);
  }
  if (now.st_gid != before.st_gid && fchown(descriptor, same_owner, before.st_gid) != 0) {
    lose("its group");
    // What one group may do is no right of another one: it may do what everybody may.
    mode = (mode & ~static_cast<mode_t>(S_ISGID | S_IRWXG)) | (mode & S_IRWXO) << 3;
  }
  if (fchmod(descriptor, mode) != 0) lose("its mode");
  return lost;
}

}  // namespace

std::variant<output, std::string> output::to_file(const std::string& name) {
  if (is_standard_output(name)) return output{};
  const auto refused = [&name](const std::string& why) { return name + " cannot be written: " + why; };
  output made;
  struct stat before {};
  const bool exists = stat(name.c_str(), &before) == 0;
  if (exists && (S_ISFIFO(before.st_mode) || S_ISCHR(before.st_mode))) {
    made.name_ = name;
    made.descriptor_ = open(name.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (made.descriptor_ < 0) return refused(words_of(errno));
    return made;
  }
  if (exists && !S_ISREG(before.st_mode)) return name + " is not a regular file";
  std::error_code unknown;
  made.name_ = target_of(name, unknown).string();
  if (unknown) return refused(unknown.message());
  made.temporary_ = made.name_ + ".part-" + std::to_string(getpid());
  const mode_t mode = exists ? 0600 : 0666;  // of one that may be secret, nobody else reads the beginning
  made.descriptor_ = open(made.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (made.descriptor_ < 0) {
    const auto why = words_of(errno);
    made.temporary_.clear();
    return refused(why);
  }
  if (!exists) return made;
  if (const auto lost = take_over(made.descriptor_, before); !lost.empty()) made.not_kept_ = name + " could not keep " + lost;
  if (before.st_nlink > 1) made.not_kept_ += (made.not_kept_.empty() ? name : "; it") + " had another name, which keeps the old content";
  return made;
}

output::output(output&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, STDOUT_FILENO)},
      state_{other.state_},
      name_{std::move(other.name_)},
      temporary_{std::exchange(other.temporary_, {})},
      not_kept_{std::move(other.not_kept_)},
      problem_{std::move(other.problem_)} {}

output::~output() {
  if (descriptor_ > STDOUT_FILENO) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

bool output::write(std::string_view text) {
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
  return state_ == state::open;
}

std::optional<std::string> output::finish() {
  if (descriptor_ != STDOUT_FILENO) put_in_place();
  return state_ == state::failed ? std::optional{problem_} : std::nullopt;
}

void output::put_in_place() {
  const auto temporary = std::exchange(temporary_, {});
  const int descriptor = std::exchange(descriptor_, STDOUT_FILENO);
  if (!temporary.empty() && state_ == state::open && fsync(descriptor) != 0) fail();
  if (close(descriptor) != 0 && state_ == state::open) fail();
  if (temporary.empty()) return;
  if (state_ == state::open && rename(temporary.c_str(), name_.c_str()) != 0) fail();
  if (state_ != state::open) unlink(temporary.c_str());
}

void output::fail() {
  state_ = state::failed;
  problem_ = (name_.empty() ? "standard output" : name_) + " cannot be written: " + words_of(errno);
}

std::optional<std::size_t> terminal_columns(int descriptor) {
  if (isatty(descriptor) != 1) return std::nullopt;
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return default_columns;
  return size.ws_col;
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    const auto sequence = text.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_control(sequence)) {
      result += '?';
    } else {
      result += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return result;
}

}  // namespace retail_pulse::app
