// files: the files that the service keeps for itself, opened so that no planted link stands in for one of them, and for nobody but whom
// --file-mode names.
// May use: the system.
// Never: follows a link in the place of a file, empties one, or judges whose content is in it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace retail_pulse::files {

/// The mode of a folder whose files have this mode: who may read a file may also look it up.
mode_t mode_of_folder(mode_t mode_of_file);

/// "0640".
std::string mode_text(mode_t mode);

/// What came of opening a file of ours.
struct opened {
  int descriptor = -1;            ///< of the caller, who closes it; -1 where `problem` says why
  std::string problem = {};       ///< what is wrong with the file, in words that follow its name: "is a symbolic link: ..."
  bool made = false;              ///< it was not there before
  std::string mode_changed = {};  ///< "0644 to 0600" where bring_to_mode found another one, "0644" where the file keeps that; else empty
  bool mode_kept = false;         ///< it could not: the file belongs to somebody else, or its file system has no modes
};

/// Opens a regular file for reading and writing, or makes it with just this mode, whatever the umask is. A link in its place is not
/// followed, its folder may be one. What is there already is left as it is.
opened open_own(const std::filesystem::path& file, mode_t mode);
/// The same for a file that must be there already; "" and -1 where it is not. Where it cannot be written it is open for reading.
opened open_existing(const std::filesystem::path& file);
/// The same for a log: for writing at its end, and a character device, or a pipe that has a reader, is written to as it is.
opened open_log(const std::filesystem::path& file, mode_t mode);

/// Gives a file or folder that was just made the mode, whatever the umask is, beside what its folder hands down (set-group-ID).
void give_mode(opened& made, mode_t mode);

/// Brings what others may do with a file or folder that was there to the mode, and says so in `file`; its owner may do what he could, and
/// set-group-ID stays. For a file whose content is known to be ours: it could be somebody's that has just the name.
void bring_to_mode(opened& file, mode_t mode);

/// What an operator should read of a file's mode, as a sentence about `name`; empty where nothing is to be said.
std::string word_of_mode(const std::string& name, const opened& file);

/// Makes the folder and those above it that are not there, each with the mode that goes with files of this mode. Empty, or what went wrong.
std::string make_folders(const std::filesystem::path& folder, mode_t mode_of_files);

}  // namespace retail_pulse::files
