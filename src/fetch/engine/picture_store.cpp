#include "fetch/engine/picture_store.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/text.hpp"
#include "crypto/sha256.hpp"
#include "files/own_file.hpp"

namespace retail_pulse::fetch {
namespace {

constexpr const char* drafts_folder = ".retail-pulse-incoming";
constexpr const char* former_drafts_folder =
    "incoming";  ///< of earlier versions, with plain numbers as names
constexpr std::string_view draft_prefix = "draft-";

std::string error_text(int number) { return std::generic_category().message(number); }

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_draft(std::string_view name) {
  return name.starts_with(draft_prefix) && is_number(name.substr(draft_prefix.size()));
}
/// A number as std::to_string writes it.
bool is_former_draft(std::string_view name) {
  return is_number(name) && (name == "0" || !name.starts_with('0'));
}
bool is_shelf(std::string_view name) { return name.size() == 2 && is_lower_hex(name); }
/// 64 digits of a digest, a dot and a format.
bool is_copy(std::string_view name) {
  constexpr std::size_t digits = 64;
  return name.size() > digits + 1 && name[digits] == '.' && is_lower_hex(name.substr(0, digits)) &&
         std::ranges::all_of(name.substr(digits + 1), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

/// Opens a folder inside another one; fails if it is a link.
descriptor open_below(int folder, const char* name) {
  return descriptor{openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

/// Calls `on_name` for every entry of a folder. 0 or the error.
template <class On_name>
int each_name(int folder, On_name on_name) {
  const int own = openat(
      folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // a descriptor of its own: reading moves
                                                         // its position, and closedir closes it
  if (own < 0) return errno;
  DIR* const entries = fdopendir(own);
  if (entries == nullptr) {
    const int error = errno;
    close(own);
    return error;
  }
  errno = 0;
  while (const auto* entry = readdir(entries)) {
    on_name(static_cast<const char*>(entry->d_name));
    errno = 0;
  }
  const int error = errno;
  closedir(entries);
  return error;
}

/// The size of a regular file; -1 if no regular file has that name.
std::int64_t size_of(int folder, const char* name) {
  struct stat found {};
  const bool is_file =
      fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode);
  return is_file ? static_cast<std::int64_t>(found.st_size) : -1;
}

/// Removes and counts the drafts of an interrupted run: regular files with such names. Links and
/// all else stay. 0 or the error.
int clean(int folder, bool (*is_name_of_ours)(std::string_view), std::size_t& removed) {
  int failed = 0;
  const int unread = each_name(folder, [&](const char* name) {
    if (!is_name_of_ours(name) || size_of(folder, name) < 0) return;
    if (unlinkat(folder, name, 0) == 0) {
      ++removed;
    } else {
      failed = errno;
    }
  });
  return unread != 0 ? unread : failed;
}

/// Removes the drafts of an earlier version, and their folder if nothing else is in it.
void clean_former_drafts(int folder, int former, const std::string& name,
                         const picture_store::tell& to_operator) {
  std::size_t removed = 0;
  clean(former, is_former_draft, removed);
  if (removed == 0) return;
  unlinkat(folder, former_drafts_folder, AT_REMOVEDIR);
  to_operator(std::to_string(removed) + " files that an earlier version left half written in " +
              name + "/" + former_drafts_folder + " were removed");
}

struct counted {
  std::int64_t bytes = 0;     ///< of all copies
  std::size_t changed = 0;    ///< folders of copies whose mode was another,
  std::size_t unchanged = 0;  ///< and is still
};

/// Counts all copies, and gives their folders the mode. 0 or the error.
int count_copies(int folder, mode_t mode_of_folders, counted& all) {
  int failed = 0;
  const int unread = each_name(folder, [&](const char* shelf) {
    if (!is_shelf(shelf)) return;
    const auto opened = open_below(folder, shelf);
    if (!opened) return;      // a link or a file of that name: no copy can be kept there
    bool has_copies = false;  // else it is not a folder of this store
    const int wrong = each_name(opened.get(), [&](const char* name) {
      const auto size = is_copy(name) ? size_of(opened.get(), name) : -1;
      if (size < 0) return;
      has_copies = true;
      all.bytes += size;
    });
    if (wrong != 0) failed = wrong;
    files::opened of_ours{.descriptor = opened.get()};
    if (has_copies) files::bring_to_mode(of_ours, mode_of_folders);
    if (!of_ours.mode_changed.empty()) ++(of_ours.mode_kept ? all.unchanged : all.changed);
  });
  return unread != 0 ? unread : failed;
}

void report_modes(const picture_store::tell& to_operator, const std::string& folder,
                  const files::opened& drafts, const counted& copies) {
  const auto folders = [&](std::size_t count) {
    return std::to_string(count) + " folders of copies in " + folder;
  };
  if (const auto word = files::word_of_mode(folder + "/" + drafts_folder, drafts); !word.empty())
    to_operator(word);
  if (copies.changed > 0)
    to_operator("the mode of " + folders(copies.changed) + " was changed to that of --file-mode");
  if (copies.unchanged > 0)
    to_operator("the mode of " + folders(copies.unchanged) +
                " is not that of --file-mode, and cannot be changed");
}

/// Opens a folder of this store, and makes it if it is missing (`made`). Empty, with errno, if that
/// failed or it is a link.
descriptor own_folder(int folder, const char* name, mode_t mode, bool& made) {
  made = mkdirat(folder, name, mode) == 0;
  if (!made && errno != EEXIST) return {};
  auto opened = open_below(folder, name);
  files::opened of_ours{.descriptor = opened.get(), .made = true};
  if (opened && made) files::give_mode(of_ours, mode);
  return opened;
}

}  // namespace

/// A file in the folder for drafts, and its digest so far. Its bytes are reserved in the store
/// until it is kept or discarded.
class picture_store::picture::draft {
 public:
  explicit draft(picture_store& in)
      : store_(in), name_(std::string{draft_prefix} + std::to_string(in.begun_++)) {}

  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  ~draft() { discard(); }

  void append(std::span<const std::byte> bytes) {
    if (!trouble_.empty() || bytes.empty()) return;
    // The file is made with its first byte: many fetches end without one.
    if (!file_ && !make_file()) return give_up("the copy cannot be made: " + error_text(errno));
    if (!store_.reserve(static_cast<std::int64_t>(bytes.size())))
      return give_up("the folder for copies is full");
    reserved_ += static_cast<std::int64_t>(bytes.size());
    digest_.add(bytes);
    while (!bytes.empty()) {
      const auto written = write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return give_up("the copy cannot be written: " + error_text(errno));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  std::variant<kept, not_kept> keep(image_format format) {
    if (trouble_.empty() && !file_) trouble_ = "the file has no bytes";
    if (!trouble_.empty()) return not_kept{trouble_};
    auto name = hex(digest_.end());
    if (const int error = move_to(name.substr(0, 2), name + '.' + std::string{name_of(format)});
        error != 0) {
      return not_kept{"the copy cannot be kept: " + error_text(error)};
    }
    return kept{std::move(name)};
  }

 private:
  bool make_file() {
    file_ = descriptor{openat(store_.drafts_.get(), name_.c_str(),
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, store_.mode_)};
    files::opened made{.descriptor = file_.get(), .made = true};
    if (file_)
      files::give_mode(made, store_.mode_);  // where there are no modes the copy is kept all the
                                             // same: `open` has reported it
    return static_cast<bool>(file_);
  }

  /// 0 or the error.
  int move_to(const std::string& shelf, const std::string& name) {
    if (fdatasync(file_.get()) != 0) return errno;
    bool is_new_shelf = false;
    const auto folder = own_folder(store_.folder_.get(), shelf.c_str(),
                                   files::mode_of_folder(store_.mode_), is_new_shelf);
    if (!folder) return errno;
    {
      const std::lock_guard lock{
          store_.moving_};  // else two drafts of one picture would both be counted
      const auto existing = size_of(folder.get(), name.c_str());
      if (existing !=
          reserved_) {  // a copy of another size is damaged, and is replaced; so is a link
        if (renameat(store_.drafts_.get(), name_.c_str(), folder.get(), name.c_str()) != 0)
          return errno;
        file_ = {};
        reserved_ =
            std::max<std::int64_t>(0, existing);  // the space of the replaced copy is given back
      } else {
        bring_to_mode(folder.get(), name.c_str());
      }
    }
    if (fsync(folder.get()) != 0) return errno;
    return is_new_shelf && fsync(store_.folder_.get()) != 0 ? errno : 0;
  }

  /// An existing copy may have been made with another mode.
  void bring_to_mode(int folder, const char* name) const {
    const descriptor existing{openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
    files::opened copy{.descriptor = existing.get()};
    files::bring_to_mode(copy, store_.mode_);
  }

  void give_up(std::string why) {
    trouble_ = std::move(why);
    discard();
  }

  void discard() {
    if (file_) unlinkat(store_.drafts_.get(), name_.c_str(), 0);
    file_ = {};
    store_.bytes_ -= std::exchange(reserved_, 0);
  }

  picture_store& store_;
  const std::string name_;
  descriptor file_;
  crypto::sha256_stream digest_;
  std::int64_t reserved_ = 0;
  std::string trouble_;  ///< why there can be no copy; empty if there can
};

std::variant<std::unique_ptr<picture_store>, std::string> picture_store::open(
    const std::string& folder, std::int64_t max_bytes, mode_t mode, tell to_operator) {
  const auto unusable = [&](const std::string& why) {
    return "the folder for copies, " + folder + ", cannot be used: " + why;
  };
  const auto unusable_for = [&](int error) { return unusable(error_text(error)); };
  if (const auto why = files::make_folders(folder, mode); !why.empty()) return unusable(why);
  descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!opened) return unusable_for(errno);
  bool made = false;
  descriptor drafts = own_folder(opened.get(), drafts_folder, files::mode_of_folder(mode), made);
  if (!drafts)
    return unusable(std::string{drafts_folder} +
                    " in it is no folder or a link, or cannot be made: " + error_text(errno));
  if (flock(drafts.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? unusable("another process uses it") : unusable_for(errno);
  }
  for (const auto* each : {&opened, &drafts}) {
    if (faccessat(each->get(), ".", W_OK | X_OK, AT_EACCESS) != 0) return unusable_for(errno);
  }
  const auto former = open_below(opened.get(), former_drafts_folder);
  const bool is_held =
      former && flock(former.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (is_held) return unusable("another process, of an earlier version, uses it");
  std::size_t interrupted = 0;
  if (const int error = clean(drafts.get(), is_draft, interrupted); error != 0)
    return unusable_for(error);
  counted copies;
  if (const int error = count_copies(opened.get(), files::mode_of_folder(mode), copies); error != 0)
    return unusable_for(error);

  if (!to_operator) to_operator = [](const std::string&) {};
  files::opened of_ours{.descriptor = drafts.get()};
  files::bring_to_mode(
      of_ours, files::mode_of_folder(mode));  // also shows whether this file system has modes
  report_modes(to_operator, folder, of_ours, copies);
  // Without a copy of an earlier version, files with numbers as names may belong to others.
  if (former && copies.bytes > 0)
    clean_former_drafts(opened.get(), former.get(), folder, to_operator);
  return std::unique_ptr<picture_store>{
      new picture_store{std::move(opened), std::move(drafts), copies.bytes, max_bytes, mode}};
}

picture_store::picture picture_store::begin() {
  return picture{std::make_unique<picture::draft>(*this)};
}

bool picture_store::reserve(std::int64_t bytes) {
  auto now = bytes_.load();
  do {
    if (bytes > max_bytes_ - now) return false;
  } while (!bytes_.compare_exchange_weak(now, now + bytes));
  return true;
}

picture_store::picture::picture(std::unique_ptr<draft> begun) : draft_(std::move(begun)) {}
picture_store::picture::picture(picture&&) noexcept = default;
picture_store::picture::~picture() = default;
void picture_store::picture::append(std::span<const std::byte> bytes) { draft_->append(bytes); }
std::variant<picture_store::picture::kept, picture_store::picture::not_kept>
picture_store::picture::keep(image_format format) {
  return draft_->keep(format);
}

}  // namespace retail_pulse::fetch
