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

/// Copies of measured files in a folder, each named by its own content: `ab/abcd….jpeg` is the file whose SHA-256 is abcd…. No part of a
/// name comes from a stranger, and the same picture is stored once however many URLs lead to it.
///
/// All copies together, with those being written, never exceed the bound; what does not fit is not kept. A copy that was announced as kept
/// survives a power cut. One process per folder. Thread safe; each picture belongs to one thread, and the store outlives them all.
///
/// The folder may hold other files, and be a link. Nothing in it is followed that is one: a copy is placed in its stead, and only what has
/// a name of ours is counted, cleaned away or given a mode.
class picture_store {
 public:
  /// A sentence for who runs the service: what was done to files that were there, and what could not be.
  using tell = std::function<void(const std::string&)>;

  /// Makes the folder where it is missing, removes what an interrupted run left half written, and counts the copies that are there.
  /// `mode`: of the copies, of one that is there once it is kept again; folders of ours get the one that goes with it, those that are there
  /// now. Where the file system has no modes copies are kept as it makes them. Otherwise a sentence that says why the folder cannot be
  /// used.
  static std::variant<std::unique_ptr<picture_store>, std::string> open(const std::string& folder, std::int64_t max_bytes,
                                                                        mode_t mode = 0600, tell to_operator = {});

  /// One file on its way into the store. Left alone, it leaves nothing behind.
  class picture {
   public:
    struct kept {
      std::string sha256;  ///< 64 lower-case hex digits
    };
    struct refused {
      std::string why;
    };

    picture(picture&&) noexcept;
    ~picture();

    /// The next bytes of the file. What goes wrong is told by `keep`.
    void append(std::span<const std::byte> bytes);
    /// The file is complete. To be called once at most, and last.
    std::variant<kept, refused> keep(image_format format);

   private:
    friend picture_store;
    class draft;
    explicit picture(std::unique_ptr<draft> begun);
    std::unique_ptr<draft> draft_;
  };
  picture begin();

  std::int64_t bytes() const { return bytes_; }  ///< of all copies, with those being written

 private:
  picture_store(descriptor folder, descriptor drafts, std::int64_t bytes, std::int64_t max_bytes, mode_t mode)
      : folder_(std::move(folder)), drafts_(std::move(drafts)), mode_(mode), max_bytes_(max_bytes), bytes_(bytes) {}

  bool reserve(std::int64_t bytes);

  const descriptor folder_;
  const descriptor drafts_;  ///< the folder for drafts, locked: who holds it may clean it
  const mode_t mode_;
  const std::int64_t max_bytes_;
  std::atomic<std::int64_t> bytes_;
  std::atomic<std::uint64_t> begun_ = 0;  ///< drafts so far; their names
  std::mutex placing_;
};

}  // namespace retail_pulse::fetch
