#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <variant>

#include "core/image.hpp"
#include "fetch/descriptor.hpp"

namespace retail_pulse::fetch {

/// Copies of measured files in a folder, each named by its own content: `ab/abcd….jpeg` is the file whose SHA-256 is abcd…. No part of a
/// name comes from a stranger, and the same picture is stored once however many URLs lead to it.
///
/// All copies together, with those being written, never exceed the bound; what does not fit is not kept. A copy that was announced as kept
/// survives a power cut. One process per folder. Thread safe; each picture belongs to one thread, and the store outlives them all.
class picture_store {
 public:
  /// Makes the folder where it is missing, removes what an interrupted run left half written, and counts what is there. Otherwise a
  /// sentence that says why the folder cannot be used.
  static std::variant<std::unique_ptr<picture_store>, std::string> open(const std::string& folder, std::int64_t max_bytes);

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
  picture_store(std::filesystem::path folder, descriptor lock, std::int64_t bytes, std::int64_t max_bytes)
      : folder_(std::move(folder)), lock_(std::move(lock)), max_bytes_(max_bytes), bytes_(bytes) {}

  bool reserve(std::int64_t bytes);

  const std::filesystem::path folder_;
  const descriptor lock_;  ///< of the folder for drafts: who holds it may empty it
  const std::int64_t max_bytes_;
  std::atomic<std::int64_t> bytes_;
  std::atomic<std::uint64_t> drafts_ = 0;  ///< begun so far; their names
  std::mutex placing_;
};

}  // namespace retail_pulse::fetch
