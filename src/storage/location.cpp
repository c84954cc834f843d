#include "storage/location.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "core/text.hpp"

namespace retail_pulse::storage {
namespace {

/// A path in an SQLite URI. A bare path would not do: SOCI reads blanks, quotes and equals signs in
/// it as parts of its own connect string, and SQLite reads `?` and `%`.
std::string escaped(std::string_view path) { return percent_encoded(path, "/"); }

/// One path for one file, so that two ways to write it mean the same lock file. Does not follow the
/// last part, so that the caller can see whether that is a link.
std::filesystem::path resolved(const std::filesystem::path& path, std::error_code& failure) {
  const auto whole = std::filesystem::absolute(path, failure);
  if (failure) return path;
  const auto name = whole.filename();
  const bool names_folder = name.empty() || name == "." || name == "..";
  std::error_code unresolved;  // a link in a circle, a folder that may not be read: SQLite has the
                               // better error message
  auto canonical =
      std::filesystem::weakly_canonical(names_folder ? whole : whole.parent_path(), unresolved);
  if (unresolved) return whole.lexically_normal();
  return names_folder ? canonical : canonical / name;
}

/// A folder that only this user can enter, deleted with its last owner.
std::shared_ptr<std::filesystem::path> private_folder(std::error_code& failure) {
  std::error_code no_tmpfs;
  const bool tmpfs = std::filesystem::is_directory("/dev/shm", no_tmpfs);
  std::string name = tmpfs ? "/dev/shm/retail-pulse-XXXXXX" : "";
  if (name.empty() || mkdtemp(name.data()) == nullptr) {
    const auto base = std::filesystem::temp_directory_path(failure);
    if (failure) return nullptr;
    name = (base / "retail-pulse-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      failure = {errno, std::generic_category()};
      return nullptr;
    }
  }
  return {new std::filesystem::path{name}, [](const std::filesystem::path* folder) {
            std::error_code already_gone;
            std::filesystem::remove_all(*folder, already_gone);
            delete folder;
          }};
}

/// For messages: only the scheme of a URL, because the rest may hold a password.
std::string shown(std::string_view text) {
  const auto end = text.find("://");
  return "storage '" +
         (end == std::string_view::npos ? std::string{text}
                                        : std::string{text.substr(0, end)} + "://...") +
         "'";
}

std::variant<location, location_error> parse_failure(std::string_view text,
                                                     const std::string& problem) {
  return location_error{shown(text) + " " + problem};
}

}  // namespace

std::variant<location, location_error> location::parse(std::string_view text) {
  constexpr std::string_view scheme = "sqlite:";
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) {
    return parse_failure(text, "is not yet supported; use 'sqlite:PATH'");
  }
  if (!text.starts_with(scheme))
    return parse_failure(text, "is neither 'sqlite:PATH' nor 'sqlite::memory:'");
  const std::string_view path = text.substr(scheme.size());
  if (path.empty()) return parse_failure(text, "has no path; write 'sqlite:PATH'");
  // The message leaves the path out: the NUL would end it early.
  if (path.find('\0') != std::string_view::npos)
    return parse_failure("sqlite:...", "has a NUL character in its path");

  location result;
  std::error_code failure;
  if (path == ":memory:") {
    const auto folder = private_folder(failure);
    if (folder == nullptr)
      return parse_failure(text, "cannot get a private folder: " + failure.message());
    result.file_ = *folder / "retail-pulse.db";
    result.private_file_ = folder;
  } else {
    result.file_ = resolved(path, failure);
    if (failure)
      return parse_failure(text, "cannot be resolved to a full path: " + failure.message());
    std::error_code missing;
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(result.file_, missing))) {
      return parse_failure(text,
                           "is a symbolic link, which is not followed: name the file that it leads "
                           "to (its folder may be a link)");
    }
    if (path.ends_with('/') || std::filesystem::is_directory(result.file_, missing))
      return parse_failure(text, "names a folder, not a file");
  }
  result.connect_string_ = "file://" + escaped(result.file_.string());
  return result;
}

location location::shared_memory(std::string_view name) {
  location result;
  result.connect_string_ = "file:/" + escaped(name) + "?vfs=memdb";
  return result;
}

}  // namespace retail_pulse::storage
