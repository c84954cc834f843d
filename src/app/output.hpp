#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::app {

/// Where a subcommand's result goes: standard output, a file that appears under its name only when it is whole, or what is no file.
class output {
 public:
  /// Standard output.
  output() = default;

  /// What `name` names, or why it cannot be written:
  /// - A file is written under a temporary name beside it. One that was there before is replaced, and keeps owner, group and mode as far as
  ///   this user may give them (see not_kept). A symbolic link is followed and stays, also one that leads to nothing yet.
  /// - A pipe or a character device is written to at once. "-" is standard output, and so is /dev/stdout, of which a file is not replaced.
  /// - A folder, a block device and a socket are refused.
  static std::variant<output, std::string> to_file(const std::string& name);

  output(output&& other) noexcept;
  output& operator=(output&& other) = delete;
  ~output();  ///< takes away a file that was not finished

  /// False where nothing more can be written: the reader is gone, or the disk is full. Not buffered.
  bool write(std::string_view text);

  /// Makes the file appear. What went wrong, in words; nothing where all is well, and where the reader of standard output went away:
  /// it had what it wanted.
  std::optional<std::string> finish();

  /// What of a replaced file is another now, as one sentence; empty where nothing is. ACLs and attributes are not looked at.
  const std::string& not_kept() const { return not_kept_; }

  /// The unfinished file, empty for what is no file.
  const std::string& temporary_name() const { return temporary_; }

 private:
  enum class state : std::uint8_t { open, reader_gone, failed };
  void put_in_place();
  void fail();

  int descriptor_ = 1;
  state state_ = state::open;
  std::string name_;
  std::string temporary_;
  std::string not_kept_;
  std::string problem_;
};

/// Columns of the terminal behind a descriptor; nothing where it is none.
std::optional<std::size_t> terminal_columns(int descriptor);

/// Text of strangers for a terminal: control characters, which could move its cursor or worse, and what is not UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace retail_pulse::app
