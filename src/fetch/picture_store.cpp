#include "fetch/picture_store.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

namespace fs = std::filesystem;

constexpr const char* drafts_folder = "incoming";

std::string error_text(int number) { return std::generic_category().message(number); }

/// Makes a new name in the folder survive a power cut. 0 or the error.
int sync_folder(const fs::path& folder) {
  const descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return opened && fsync(opened.get()) == 0 ? 0 : errno;
}

}  // namespace

/// A file in the folder for drafts, and its digest so far. Its bytes are reserved in the store until it is kept or goes.
class picture_store::picture::draft {
 public:
  explicit draft(picture_store& in) : store_(in), path_(in.folder_ / drafts_folder / std::to_string(in.drafts_++)) {
    if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) trouble_ = "no SHA-256";
  }

  draft(const draft&) = delete;
  draft& operator=(const draft&) = delete;

  ~draft() { discard(); }

  void append(std::span<const std::byte> bytes) {
    if (!trouble_.empty() || bytes.empty()) return;
    // The file is made with its first byte: many a fetch ends without one.
    if (!file_) file_ = descriptor{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
    if (!file_) return give_up("the copy cannot be made: " + error_text(errno));
    if (!store_.reserve(static_cast<std::int64_t>(bytes.size()))) return give_up("the folder for copies is full");
    reserved_ += static_cast<std::int64_t>(bytes.size());
    EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
    while (!bytes.empty()) {
      const auto written = write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return give_up("the copy cannot be written: " + error_text(errno));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  std::variant<kept, refused> keep(image_format format) {
    if (trouble_.empty() && !file_) trouble_ = "the file has no bytes";
    if (!trouble_.empty()) return refused{trouble_};
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(digest_.get(), sum, &size) != 1) return refused{"no SHA-256"};
    auto name = hex({sum, size});
    const auto folder = store_.folder_ / name.substr(0, 2);
    if (const int error = move_to(folder, folder / (name + '.' + std::string{name_of(format)})); error != 0) {
      return refused{"the copy cannot be kept: " + error_text(error)};
    }
    return kept{std::move(name)};
  }

 private:
  /// 0 or the error.
  int move_to(const fs::path& folder, const fs::path& place) {
    if (fdatasync(file_.get()) != 0) return errno;
    const bool is_new_folder = mkdir(folder.c_str(), 0755) == 0;
    if (!is_new_folder && errno != EEXIST) return errno;
    {
      const std::lock_guard lock{store_.placing_};  // else two drafts of one picture would both be counted
      struct stat found {};
      const bool is_there = lstat(place.c_str(), &found) == 0;
      if (!is_there || found.st_size != reserved_) {  // one of another size is what a damaged disk has left, and is replaced
        if (::rename(path_.c_str(), place.c_str()) != 0) return errno;
        file_ = {};
        reserved_ = is_there ? found.st_size : 0;  // what goes with this draft is the one before
      }
    }
    if (const int error = sync_folder(folder); error != 0) return error;
    return is_new_folder ? sync_folder(store_.folder_) : 0;
  }

  void give_up(std::string why) {
    trouble_ = std::move(why);
    discard();
  }

  void discard() {
    if (file_) ::unlink(path_.c_str());
    file_ = {};
    store_.bytes_ -= std::exchange(reserved_, 0);
  }

  struct free_digest {
    void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
  };

  picture_store& store_;
  const fs::path path_;
  descriptor file_;
  std::unique_ptr<EVP_MD_CTX, free_digest> digest_{EVP_MD_CTX_new()};
  std::int64_t reserved_ = 0;
  std::string trouble_;  ///< why there can be no copy; empty as long as there can
};

std::variant<std::unique_ptr<picture_store>, std::string> picture_store::open(const std::string& folder, std::int64_t max_bytes) {
  const auto refusal = [&](const std::string& why) { return "the folder for copies, " + folder + ", cannot be used: " + why; };
  try {
    const auto drafts = fs::path{folder} / drafts_folder;
    fs::create_directories(drafts);
    descriptor lock{::open(drafts.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!lock) return refusal(error_text(errno));
    if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
      return refusal(errno == EWOULDBLOCK ? "another process uses it" : error_text(errno));
    }
    if (access(drafts.c_str(), W_OK | X_OK) != 0 || access(folder.c_str(), W_OK | X_OK) != 0) return refusal(error_text(errno));
    for (const auto& left : fs::directory_iterator{drafts}) fs::remove(left);
    std::int64_t bytes = 0;
    for (const auto& found : fs::recursive_directory_iterator{folder}) {
      if (found.is_regular_file() && !found.is_symlink()) bytes += static_cast<std::int64_t>(found.file_size());
    }
    return std::unique_ptr<picture_store>{new picture_store{folder, std::move(lock), bytes, max_bytes}};
  } catch (const fs::filesystem_error& error) {
    return refusal(error.code().message());
  }
}

picture_store::picture picture_store::begin() { return picture{std::make_unique<picture::draft>(*this)}; }

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
std::variant<picture_store::picture::kept, picture_store::picture::refused> picture_store::picture::keep(image_format format) {
  return draft_->keep(format);
}

}  // namespace retail_pulse::fetch
