#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::storage {

struct location_error {
  std::string message;  ///< one sentence that names what was given
};

/// Where a database is. Copies share a private file, which is deleted with the last of them.
class location {
 public:
  /// `sqlite:PATH`, where the file must not be a link (its folder may be one), or
  /// `sqlite::memory:`: a private file on tmpfs, deleted at the end. `postgresql://` is an error
  /// ("not yet supported").
  static std::variant<location, location_error> parse(std::string_view text);

  /// A database in memory, without files: sessions of this process share it by name while one of
  /// them is open. Ending a session in mid-transaction rolls it back, as a crash would.
  static location shared_memory(std::string_view name);

  const std::string& connect_string() const {
    return connect_string_;
  }  ///< for the SOCI SQLite backend
  /// The database file; empty for shared memory.
  const std::filesystem::path& file() const { return file_; }

 private:
  std::string connect_string_;
  std::filesystem::path file_;
  std::shared_ptr<void> private_file_;
};

/// Held while a process serves from a database, so that a second one is refused.
class process_lock {
 public:
  struct refused {
    std::string message;  ///< names the holder's process id, or why the lock file cannot be used
  };
  /// Locks `<file>.lock` (created with that mode if missing, never deleted) for the life of the
  /// result. Makes the folder if it is missing. A file of that name that no process_lock has
  /// written is refused, and not changed. A location without a file needs no lock.
  static std::variant<process_lock, refused> take(const location& where, mode_t mode = 0600);

  /// For the operator, about the lock file's mode; may be empty.
  const std::string& word_of_mode() const { return word_of_mode_; }

  process_lock(process_lock&& other) noexcept;
  process_lock& operator=(process_lock&& other) noexcept;
  ~process_lock();

 private:
  explicit process_lock(int descriptor) : descriptor_{descriptor} {}
  int descriptor_ = -1;
  std::string word_of_mode_;
};

}  // namespace retail_pulse::storage
