#include "app/output.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
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

}  // namespace

std::variant<output, std::string> output::to_file(const std::string& name) {
  std::error_code unknown;
  const auto target = fs::weakly_canonical(name, unknown);
  if (unknown) return name + " cannot be written: " + unknown.message();
  if (fs::exists(target, unknown) && !fs::is_regular_file(target, unknown)) return name + " is not a regular file";
  output made;
  made.name_ = target.string();
  made.temporary_ = target.string() + ".part-" + std::to_string(getpid());
  made.descriptor_ = open(made.temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (made.descriptor_ < 0) {
    const auto why = words_of(errno);
    made.temporary_.clear();
    return name + " cannot be written: " + why;
  }
  return made;
}

output::output(output&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, 1)},
      state_{other.state_},
      name_{std::move(other.name_)},
      temporary_{std::exchange(other.temporary_, {})},
      problem_{std::move(other.problem_)} {}

output::~output() {
  if (temporary_.empty()) return;
  close(descriptor_);
  unlink(temporary_.c_str());
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
  if (!temporary_.empty() && state_ == state::open) {
    const auto temporary = std::exchange(temporary_, {});
    const bool kept = fsync(descriptor_) == 0;
    if (!kept) fail();
    if (close(descriptor_) != 0 && kept) fail();
    if (state_ == state::open && rename(temporary.c_str(), name_.c_str()) != 0) fail();
    if (state_ != state::open) unlink(temporary.c_str());
  }
  return state_ == state::failed ? std::optional{problem_} : std::nullopt;
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
