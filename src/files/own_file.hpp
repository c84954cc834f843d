// files: opens the service's own files: follows no link in their place, and sets the permissions of
// --file-mode.
// May use: the system.
// Never: follows a link that replaces a file, truncates one, or looks at its content.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace retail_pulse::files {

/// The mode of a folder for files of this mode: those who may read a file may also list the folder.
mode_t mode_of_folder(mode_t mode_of_file);

/// "0640".
std::string mode_text(mode_t mode);

/// The outcome of opening a file.
struct opened {
  int descriptor = -1;  ///< the caller closes it; -1: see `problem`
  std::string problem =
      {};             ///< an error clause that follows the file's name: "is a symbolic link: ..."
  bool made = false;  ///< it did not exist before
  std::string mode_changed = {};  ///< "0644 to 0600" if bring_to_mode found another mode, "0644" if
                                  ///< the file keeps it; else empty
  bool mode_kept =
      false;  ///< it could not: the file has another owner, or its file system has no modes
};

/// Opens a regular file for reading and writing, or makes it with exactly this mode, whatever the
/// umask is. A link is not followed, but the folder may be one. An existing file is left as it is.
opened open_own(const std::filesystem::path& file, mode_t mode);
/// The same for a file that must exist; "" and -1 if it does not. If it cannot be written it is
/// opened for reading.
opened open_existing(const std::filesystem::path& file);
/// The same for a log: for writing at its end, and a character device, or a pipe that has a reader,
/// is written to as it is.
opened open_log(const std::filesystem::path& file, mode_t mode);

/// Sets the mode of a new file or folder, whatever the umask is; an inherited set-group-ID bit
/// stays.
void give_mode(opened& made, mode_t mode);

/// Sets the group's and others' permissions of an existing file or folder, and records it in
/// `file`; the owner's permissions and set-group-ID stay. Only for a file whose content is known to
/// be the service's: another one may have the same name.
void bring_to_mode(opened& file, mode_t mode);

/// A sentence for the operator about the mode of file `name`; empty if nothing was changed or found
/// wrong.
std::string word_of_mode(const std::string& name, const opened& file);

/// Makes the folder and its missing parents, each with the mode for files of this mode. Empty, or
/// an error clause.
std::string make_folders(const std::filesystem::path& folder, mode_t mode_of_files);

}  // namespace retail_pulse::files
