#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::app {

/// Where a subcommand's result goes: standard output, or a file that appears under its name only when it is whole.
class output {
 public:
  /// Standard output.
  output() = default;

  /// A file under a temporary name beside `name`, or why it cannot be written. A symbolic link is followed; what exists and is no regular
  /// file (a device would be replaced by the renaming) is refused.
  static std::variant<output, std::string> to_file(const std::string& name);

  output(output&& other) noexcept;
  output& operator=(output&& other) = delete;
  ~output();  ///< takes away a file that was not finished

  /// False where nothing more can be written: the reader is gone, or the disk is full. Not buffered.
  bool write(std::string_view text);

  /// Makes the file appear. What went wrong, in words; nothing where all is well, and where the reader of standard output went away:
  /// it had what it wanted.
  std::optional<std::string> finish();

  /// The unfinished file, empty for standard output.
  const std::string& temporary_name() const { return temporary_; }

 private:
  enum class state : std::uint8_t { open, reader_gone, failed };
  void fail();

  int descriptor_ = 1;
  state state_ = state::open;
  std::string name_;
  std::string temporary_;
  std::string problem_;
};

/// Columns of the terminal behind a descriptor; nothing where it is none.
std::optional<std::size_t> terminal_columns(int descriptor);

/// Text of strangers for a terminal: control characters, which could move its cursor or worse, and what is not UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace retail_pulse::app
