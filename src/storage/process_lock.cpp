#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "files/own_file.hpp"
#include "storage/location.hpp"

namespace retail_pulse::storage {
namespace {

std::string system_message(int error) { return std::generic_category().message(error); }

/// The text of a lock file: nothing yet, or a process id and a line break.
struct lock_text {
  bool is_ours = false;
  pid_t holder = 0;  ///< 0: not written yet
};

lock_text text_in(int descriptor) {
  char text[32];
  const ssize_t size = pread(descriptor, text, sizeof text, 0);
  if (size <= 0) return {size == 0, 0};
  lock_text found;
  const auto [end, error] = std::from_chars(text, text + size, found.holder);
  found.is_ours =
      error == std::errc{} && found.holder > 0 && end == text + size - 1 && *end == '\n';
  return found;
}

bool write_own_id(int descriptor) {
  const std::string text = std::to_string(getpid()) + "\n";
  return ftruncate(descriptor, 0) == 0 &&
         pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::variant<process_lock, process_lock::refused> process_lock::take(const location& where,
                                                                     mode_t mode) {
  if (where.file().empty()) return process_lock{-1};
  const auto folder = where.file().parent_path();
  if (const auto problem = files::make_folders(folder, mode); !problem.empty()) {
    return refused{"The folder " + folder.string() + " cannot be created: " + problem};
  }
  const std::string name = where.file().string() + ".lock";
  auto opened = files::open_own(name, mode);
  if (opened.descriptor < 0)
    return refused{"The lock file " + name + ", beside the database of --storage, " +
                   opened.problem};
  process_lock lock{opened.descriptor};
  // flock belongs to the open file, not to the process: it also keeps out a second taker in this
  // process, and ends with any death.
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return refused{"The lock file " + name + " cannot be locked: " + system_message(errno)};
    const pid_t holder = text_in(lock.descriptor_).holder;
    const std::string who =
        holder > 0 ? "process " + std::to_string(holder) : std::string{"another process"};
    return refused{where.file().string() + " is in use by " + who + ", which holds " + name};
  }
  if (!text_in(lock.descriptor_).is_ours) {
    return refused{"The lock file " + name +
                   ", beside the database of --storage, does not hold a process id, so it was not "
                   "made by this program: "
                   "move it away"};
  }
  files::bring_to_mode(opened, mode);
  lock.word_of_mode_ = files::word_of_mode(name, opened);
  if (!write_own_id(lock.descriptor_))
    return refused{"The lock file " + name + " cannot be written: " + system_message(errno)};
  return lock;
}

process_lock::process_lock(process_lock&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)},
      word_of_mode_{std::move(other.word_of_mode_)} {}

process_lock& process_lock::operator=(process_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(word_of_mode_, other.word_of_mode_);
  return *this;
}

process_lock::~process_lock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace retail_pulse::storage
