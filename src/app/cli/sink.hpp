#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/terminal_text.hpp"

namespace retail_pulse::app {

/// Where the result of a subcommand goes: standard output, a file that appears under its name once
/// it is complete, a pipe or a device. A terminal gets the text filtered as terminal_text has it,
/// because it contains texts of other people; everything else gets it byte for byte.
class sink {
 public:
  /// Standard output.
  sink();

  /// Opens what `name` names, or says why it cannot be written:
  /// - A file is written under a temporary name beside it. An existing one is replaced, and its
  /// owner, group and mode are
  ///   kept as far as this user may set them (see not_kept). A symbolic link is followed and stays,
  ///   also a dangling one.
  /// - A pipe or a character device is written to at once. "-" and /dev/stdout are standard output.
  /// - A folder, a block device and a socket are refused, and so is what this user may not look at.
  /// If `said_when_interrupted` is given, a signal that ends the process before the file is
  /// complete prints it and removes the temporary file (exit_on_signal). Signals are blocked until
  /// that is set up, and while the file gets its name.
  static std::variant<sink, std::string> to_file(const std::string& name,
                                                 const std::string& said_when_interrupted = {});

  sink(sink&& other) noexcept;
  sink& operator=(sink&& other) = delete;
  ~sink();  ///< removes a file that was not finished

  /// False when nothing more can be written, because the reader is gone or the disk is full. Not
  /// buffered.
  bool write(std::string_view text);

  /// Makes the file appear under its name. The error, as a sentence, or nullopt. That the reader of
  /// standard output went away is not an error: it has read what it wanted.
  std::optional<std::string> finish();

  /// What a replaced file could not keep (owner, group, mode), as one sentence; empty if nothing.
  /// ACLs and extended attributes are not looked at.
  const std::string& not_kept() const { return not_kept_; }

  /// The unfinished file; empty for a pipe, a device and standard output.
  const std::string& temporary_name() const { return temporary_; }

 private:
  enum class state : std::uint8_t { open, reader_gone, failed };
  static std::variant<sink, std::string> to_stream(const std::string& name);
  int make_temporary(mode_t mode);  ///< errno, or 0
  void replace(const struct stat& before, const std::string& name);
  void put_in_place();
  void write_bytes(std::string_view text);
  void fail();

  int descriptor_ =
      1;  ///< may be 1 for a file, too, if the process was started with standard output closed
  bool owns_descriptor_ = false;  ///< standard output is not closed
  state state_ = state::open;
  std::string name_;
  std::string temporary_;
  std::string not_kept_;
  std::string problem_;
  std::optional<terminal_text> terminal_;  ///< set if it is one
};

}  // namespace retail_pulse::app
