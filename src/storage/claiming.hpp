#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace retail_pulse::storage {

class location;

struct claimed {
  std::string problem;               ///< names a file that cannot be ours, and why; empty where all is well
  std::vector<std::string> changes;  ///< a sentence for each file whose mode is another now, or cannot be what it should
};

/// Makes the database file where it is missing, and looks at it and at what SQLite keeps beside it (-wal, -shm, -journal): a link or what
/// is no regular file is refused, and where the database is one of ours, what others may do becomes that of `mode`. What SQLite makes later
/// gets the database's mode, and it follows no link that takes the place of one of these. By who holds the process_lock, and before the
/// first session of the process, because closing any descriptor of a database gives up the locks that the process has on it.
claimed claim_files(const location& where, mode_t mode);

}  // namespace retail_pulse::storage
