#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>

#include "core/image.hpp"
#include "fetch/net/descriptor.hpp"

namespace retail_pulse::fetch {

/// Pictures: copies of measured files in a folder, each named by its content: `ab/abcd….jpeg` is
/// the file whose SHA-256 is abcd…. No part of a name comes from outside, and the same picture is
/// stored once however many URLs lead to it.
///
/// All pictures together, with those being written, never exceed the limit; a picture that does not
/// fit is not kept. One that was reported as kept survives a power cut. One process per folder.
/// Thread safe; each picture belongs to one thread, and the store outlives them all.
///
/// The folder may hold other files, and may itself be a link. Links in it are not followed but
/// replaced, and only files with names of this store are counted, removed or given a mode.
class picture_store {
 public:
  /// Receives a sentence for the operator: what was changed about existing files, and what could
  /// not be.
  using tell = std::function<void(const std::string&)>;

  /// Makes the folder if it is missing, removes half-written files of an interrupted run, and
  /// counts the pictures. `mode`: of the pictures; an existing one gets it when it is kept again,
  /// the store's folders get the matching mode now. On a file system without modes pictures are
  /// kept as it makes them. Returns an error sentence if the folder cannot be used.
  static std::variant<std::unique_ptr<picture_store>, std::string> open(const std::string& folder,
                                                                        std::int64_t max_bytes,
                                                                        mode_t mode = 0600,
                                                                        tell to_operator = {});

  /// One file that is being stored. If `keep` is not called, nothing of it stays.
  class picture {
   public:
    struct kept {
      std::string sha256;  ///< 64 lower-case hex digits
    };
    struct not_kept {
      std::string why;
    };

    picture(picture&&) noexcept;
    ~picture();

    /// The next bytes of the file. Errors are reported by `keep`.
    void append(std::span<const std::byte> bytes);
    /// The file is complete. To be called at most once, and last.
    std::variant<kept, not_kept> keep(image_format format);

   private:
    friend picture_store;
    class draft;
    explicit picture(std::unique_ptr<draft> begun);
    std::unique_ptr<draft> draft_;
  };
  picture begin();

  std::int64_t bytes() const { return bytes_; }  ///< of all pictures, with those being written

 private:
  picture_store(descriptor folder, descriptor drafts, std::int64_t bytes, std::int64_t max_bytes,
                mode_t mode)
      : folder_(std::move(folder)),
        drafts_(std::move(drafts)),
        mode_(mode),
        max_bytes_(max_bytes),
        bytes_(bytes) {}

  bool reserve(std::int64_t bytes);

  const descriptor folder_;
  const descriptor drafts_;  ///< the folder for drafts; the lock on it gives the right to clean it
  const mode_t mode_;
  const std::int64_t max_bytes_;
  std::atomic<std::int64_t> bytes_;
  std::atomic<std::uint64_t> begun_ = 0;  ///< drafts so far; their names
  std::mutex moving_;
};

}  // namespace retail_pulse::fetch
