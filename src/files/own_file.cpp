#include "files/own_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace retail_pulse::files {
namespace {

constexpr mode_t others = S_IRWXG | S_IRWXO;
constexpr mode_t everybody = S_IRWXU | others;

std::string words_of(int error) { return std::generic_category().message(error); }

std::string why_not_opened(const std::filesystem::path& file, int error) {
  struct stat status {};
  if (lstat(file.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
    return "is a symbolic link, which is not followed: name the file that it leads to (its folder "
           "may be a link)";
  }
  return "cannot be opened: " + words_of(error);
}

opened failed(opened file, std::string why) {
  close(file.descriptor);
  file.descriptor = -1;
  file.problem = std::move(why);
  return file;
}

/// Sets the mode if it differs, and records that; for a new file only if it could not be set.
void change_mode(opened& file, mode_t now, mode_t wanted) {
  if (wanted == now) return;
  file.mode_kept = fchmod(file.descriptor, wanted) != 0;
  if (file.mode_kept) {
    file.mode_changed = mode_text(now);
  } else if (!file.made) {
    file.mode_changed = mode_text(now) + " to " + mode_text(wanted);
  }
}

enum class absent : bool { is_made, stays };

opened open_file(const std::filesystem::path& name, int access, mode_t mode, absent then) {
  constexpr int attempts = 3;  // another process may make or remove it between the calls
  opened file;
  int error = 0;
  for (int i = 0; i < attempts && file.descriptor < 0; ++i) {
    file.descriptor = open(name.c_str(), access | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    if (file.descriptor < 0 && (error = errno) != ENOENT) break;
    if (file.descriptor >= 0 || then == absent::stays) break;
    file.descriptor =
        open(name.c_str(), access | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
    file.made = file.descriptor >= 0;
    if (file.made) give_mode(file, mode);
    if (file.descriptor < 0 && (error = errno) != EEXIST) break;
  }
  if (file.descriptor < 0 && !(then == absent::stays && error == ENOENT))
    file.problem = why_not_opened(name, error);
  return file;
}

opened open_regular(const std::filesystem::path& name, mode_t mode, absent then) {
  auto file = open_file(name, O_RDWR | O_NONBLOCK, mode,
                        then);  // O_NONBLOCK: do not wait for the other end of a pipe
  // A file that this user can only read: the caller that has to write it reports a better error.
  if (file.descriptor < 0 && then == absent::stays)
    file = open_file(name, O_RDONLY | O_NONBLOCK, mode, then);
  if (file.descriptor < 0) return file;
  struct stat status {};
  if (fstat(file.descriptor, &status) != 0)
    return failed(std::move(file), "cannot be looked at: " + words_of(errno));
  if (!S_ISREG(status.st_mode)) return failed(std::move(file), "is not a regular file");
  return file;
}

}  // namespace

mode_t mode_of_folder(mode_t mode_of_file) {
  return mode_of_file | (mode_of_file & (S_IRUSR | S_IRGRP | S_IROTH)) >> 2;
}

std::string mode_text(mode_t mode) {
  std::string text = "0000";
  for (std::size_t i = 0; i < text.size(); ++i)
    text[text.size() - 1 - i] = static_cast<char>('0' + ((mode >> (3 * i)) & 7));
  return text;
}

opened open_own(const std::filesystem::path& file, mode_t mode) {
  return open_regular(file, mode, absent::is_made);
}

opened open_existing(const std::filesystem::path& file) {
  return open_regular(file, 0, absent::stays);
}

opened open_log(const std::filesystem::path& name, mode_t mode) {
  auto file = open_file(name, O_WRONLY | O_APPEND | O_NONBLOCK, mode,
                        absent::is_made);  // a pipe without a reader would be waited for
  struct stat status {};
  if (file.descriptor < 0) {
    const bool is_pipe = lstat(name.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
    if (is_pipe && access(name.c_str(), W_OK) == 0)
      file.problem = "is a pipe that no program reads";
    return file;
  }
  fcntl(file.descriptor, F_SETFL, O_APPEND);  // but a reader that is slow is waited for
  if (fstat(file.descriptor, &status) != 0)
    return failed(std::move(file), "cannot be looked at: " + words_of(errno));
  if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) return file;
  if (!S_ISREG(status.st_mode))
    return failed(std::move(file), "is neither a regular file nor a pipe");
  return file;
}

void give_mode(opened& made, mode_t mode) {
  struct stat status {};
  if (fstat(made.descriptor, &status) != 0) return;
  const mode_t now = status.st_mode & 07777;
  change_mode(made, now, (now & ~everybody) | mode);
}

void bring_to_mode(opened& file, mode_t mode) {
  struct stat status {};
  if (file.made || file.descriptor < 0 || fstat(file.descriptor, &status) != 0) return;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
  const mode_t now = status.st_mode & 07777;
  change_mode(file, now, (now & ~others) | (mode & others));
}

std::string word_of_mode(const std::string& name, const opened& file) {
  if (file.mode_changed.empty()) return {};
  if (file.mode_kept)
    return name + " has the mode " + file.mode_changed +
           ", which is not that of --file-mode, and cannot be changed";
  return "the mode of " + name + " was changed from " + file.mode_changed;
}

std::string make_folders(const std::filesystem::path& folder, mode_t mode_of_files) {
  std::error_code unknown;
  if (folder.empty() || std::filesystem::is_directory(folder, unknown)) return {};
  if (auto problem = make_folders(folder.parent_path(), mode_of_files); !problem.empty())
    return problem;
  const auto mode = mode_of_folder(mode_of_files);
  if (mkdir(folder.c_str(), mode) != 0) {
    const int error = errno;
    return error == EEXIST && std::filesystem::is_directory(folder, unknown)
               ? ""
               : words_of(error == EEXIST ? ENOTDIR : error);
  }
  opened made{.descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
              .made = true};
  if (made.descriptor < 0) return {};
  give_mode(made, mode);
  close(made.descriptor);
  return {};
}

}  // namespace retail_pulse::files
