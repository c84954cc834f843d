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

/// Where a database lives. Copies share a private file, which goes when the last of them goes.
class location {
 public:
  /// `sqlite:PATH`, where the file is no link (its folder may be one), or `sqlite::memory:` (a private file on tmpfs, deleted at the end).
  /// `postgresql://` is refused with "not yet".
  static std::variant<location, location_error> parse(std::string_view text);

  /// A private database in memory for tests and simulations: sessions of this process share it by name while one of them is open.
  /// Dropping a session in mid-transaction on it is a faithful crash.
  static location shared_memory(std::string_view name);

  const std::string& connect_string() const { return connect_string_; }  ///< for the SOCI SQLite backend
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
  /// Locks `<file>.lock` (created with that mode when missing, never deleted) for the life of the result, and makes the folder where it is
  /// missing. A file of that name that no process_lock has written is refused, and left as it is. A location without a file needs no lock.
  static std::variant<process_lock, refused> take(const location& where, mode_t mode = 0600);

  /// What an operator should read of the lock file's mode; empty where nothing is to be said.
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
