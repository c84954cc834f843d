#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "storage/location.hpp"

namespace retail_pulse::storage {
namespace {

std::string system_message(int error) { return std::generic_category().message(error); }

/// The process id in the lock file, or 0 when the holder has not written it yet.
pid_t holder_in(int descriptor) {
  char text[32];
  const ssize_t size = pread(descriptor, text, sizeof text, 0);
  pid_t holder = 0;
  if (size > 0) std::from_chars(text, text + size, holder);
  return holder;
}

bool write_own_id(int descriptor) {
  const std::string text = std::to_string(getpid()) + "\n";
  return ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
}

}  // namespace

std::variant<process_lock, process_lock::refused> process_lock::take(const location& where) {
  if (where.file().empty()) return process_lock{-1};
  std::error_code failure;
  std::filesystem::create_directories(where.file().parent_path(), failure);
  if (failure) return refused{"The folder " + where.file().parent_path().string() + " cannot be created: " + failure.message()};

  const std::string name = where.file().string() + ".lock";
  process_lock lock{open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)};
  if (lock.descriptor_ < 0) return refused{"The lock file " + name + " cannot be opened: " + system_message(errno)};
  // flock belongs to the open file, not to the process: it also keeps out a second taker in this process, and ends with any death.
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return refused{"The lock file " + name + " cannot be locked: " + system_message(errno)};
    const pid_t holder = holder_in(lock.descriptor_);
    const std::string who = holder > 0 ? "process " + std::to_string(holder) : std::string{"another process"};
    return refused{where.file().string() + " is in use by " + who + ", which holds " + name};
  }
  if (!write_own_id(lock.descriptor_)) return refused{"The lock file " + name + " cannot be written: " + system_message(errno)};
  return lock;
}

process_lock::process_lock(process_lock&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

process_lock& process_lock::operator=(process_lock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

process_lock::~process_lock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace retail_pulse::storage
