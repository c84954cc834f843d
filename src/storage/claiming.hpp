#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace retail_pulse::storage {

class location;

struct claimed {
  std::string problem;  ///< the file that cannot be used, and why; empty: all can be used
  std::vector<std::string> changes;  ///< a sentence for each file whose mode was changed, or cannot
                                     ///< be changed as it should
};

/// Makes the database file if it is missing, and checks it and the files that SQLite keeps beside
/// it (-wal, -shm, -journal). A link, or anything but a regular file, is refused. Files of a
/// database of this program get the permissions of `mode`. Files that SQLite makes later get the
/// database's mode, and SQLite does not follow links in their place. The caller holds the
/// process_lock, and calls this before the first session of the process, because closing any
/// descriptor of a database gives up the locks that the process has on it.
claimed claim_files(const location& where, mode_t mode);

}  // namespace retail_pulse::storage
