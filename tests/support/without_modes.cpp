#include "tests/support/without_modes.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace {

std::atomic<bool> is_refused = false;

}  // namespace

/// In place of the C library's.
extern "C" int fchmod(int descriptor, mode_t mode) noexcept {
  if (!is_refused) return static_cast<int>(syscall(SYS_fchmod, descriptor, mode));
  errno = EPERM;
  return -1;
}

namespace retail_pulse::test_support {

without_modes::without_modes() { is_refused = true; }
without_modes::~without_modes() { is_refused = false; }

}  // namespace retail_pulse::test_support
