#include "app/serve/descriptors.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "core/limits.hpp"

namespace retail_pulse::app {
namespace {

constexpr std::size_t fewest_fetch_threads = 4;
constexpr std::size_t most_useful = 1 << 20;  // a hard limit may be "infinity"

}  // namespace

std::optional<descriptor_budget> share_out(std::size_t available, const descriptor_needs& needs) {
  descriptor_budget budget;
  if (needs.makes_callbacks) {
    budget.callbacks = std::clamp(available / limits::callbacks_descriptor_parts,
                                  limits::callbacks_fewest, limits::callbacks_at_once);
  }
  const std::size_t fixed =
      limits::descriptors_for_files + limits::refusals_lingering + budget.callbacks;
  if (available <= fixed) return std::nullopt;
  const std::size_t rest = available - fixed;
  const std::size_t per_fetch = needs.keeps_images ? 3 : 1;
  budget.fetch_threads =
      std::min(needs.fetch_threads,
               rest / (per_fetch + 2));  // plus one kept connection, and one for the API
  if (budget.fetch_threads < std::min(needs.fetch_threads, fewest_fetch_threads))
    return std::nullopt;
  budget.idle_connections = budget.fetch_threads;
  budget.api_connections =
      std::min(limits::api_connections, rest - (per_fetch + 1) * budget.fetch_threads);
  return budget;
}

bool hold_standard_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) != -1) continue;
    // open() returns the lowest free number. Opened for the wrong direction, so that using it is an
    // error (EBADF).
    if (open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number) return false;
  }
  return true;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  const auto before = limit.rlim_cur;
  limit.rlim_cur =
      limit.rlim_max == RLIM_INFINITY ? most_useful : std::min<rlim_t>(limit.rlim_max, most_useful);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace retail_pulse::app
