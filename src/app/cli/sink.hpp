#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/terminal_text.hpp"

namespace retail_pulse::app {

/// Where a subcommand's result goes: standard output, a file that appears under its name only when it is whole, or what is no file.
/// A terminal gets it as terminal_text has it, because texts of strangers are among it; everything else byte for byte.
class output {
 public:
  /// Standard output.
  output();

  /// What `name` names, or why it cannot be written:
  /// - A file is written under a temporary name beside it. One that was there before is replaced, and keeps owner, group and mode as far as
  ///   this user may give them (see not_kept). A symbolic link is followed and stays, also one that leads to nothing yet.
  /// - A pipe or a character device is written to at once. "-" is standard output, and so is /dev/stdout, of which a file is not replaced.
  /// - A folder, a block device and a socket are refused, and so is what the system does not let this user look at.
  /// Where `said_when_ended` is given, a signal that ends the process before the file is whole says it and takes the temporary file away
  /// (end_on_signal): the signals are held until that is set up, and while the file gets its name.
  static std::variant<output, std::string> to_file(const std::string& name, const std::string& said_when_ended = {});

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
  static std::variant<output, std::string> to_stream(const std::string& name);
  int make_temporary(mode_t mode);  ///< errno; 0 where all is well
  void take_the_place_of(const struct stat& before, const std::string& name);
  void put_in_place();
  void write_bytes(std::string_view text);
  void fail();

  int descriptor_ = 1;            ///< may be 1 for a file too: whoever started the process may have closed it
  bool owns_descriptor_ = false;  ///< of a file or stream of our own; standard output is not closed
  state state_ = state::open;
  std::string name_;
  std::string temporary_;
  std::string not_kept_;
  std::string problem_;
  std::optional<terminal_text> terminal_;  ///< where it is one
};

/// Standard error's part of `output`: says what a subcommand has to say to people, and nothing where it cannot be written. With its
/// newline.
void say(std::string_view text);

/// Columns of the terminal behind a descriptor; nothing where it is none.
std::optional<std::size_t> terminal_columns(int descriptor);

/// Text of strangers for a terminal: control characters, which could move its cursor or worse, and what is not UTF-8 become '?'.
std::string printable(std::string_view text);

}  // namespace retail_pulse::app
