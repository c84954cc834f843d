#include "storage/claiming.hpp"

#include <unistd.h>

#include "files/own_file.hpp"
#include "storage/location.hpp"

namespace retail_pulse::storage {
namespace {

/// Notes what was found and closes it. False where it is the problem.
bool note(const std::string& name, const files::opened& file, claimed& into) {
  if (!file.problem.empty()) into.problem = name + " " + file.problem;
  if (file.mode_kept) into.changes.push_back("others can do more with " + name + " than --file-mode says, and it cannot be changed");
  if (!file.mode_kept && !file.mode_changed.empty())
    into.changes.push_back("the mode of " + name + " was changed from " + file.mode_changed);
  if (file.descriptor >= 0) close(file.descriptor);
  return file.problem.empty();
}

}  // namespace

claimed claim_files(const location& where, mode_t mode) {
  claimed result;
  if (where.file().empty()) return result;
  const auto name = where.file().string();
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (!note(name + suffix, files::open_existing(name + suffix, mode), result)) return result;
  }
  // Where it cannot be made, SQLite cannot make it either, and tells of which kind the failure is.
  const auto file = files::open_own(name, mode);
  if (file.descriptor >= 0) close(file.descriptor);
  return result;
}

}  // namespace retail_pulse::storage
