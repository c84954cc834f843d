// imaging: width and height from the bytes of a file, and whether the file is whole.
// May use: src/core, stb_image and libwebp (each inside one .cpp).
// Never: decodes pixels, does I/O, reads past what it was given, or takes more than linear time and
// bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse::imaging {

/// Reads one image file that arrives in pieces, front to back, each piece once.
/// Not thread safe; belongs to the one fetch that feeds it. It holds less than 4 KiB whatever the
/// file's size, and less than 40 KiB of an AVIF or HEIC file that gives it all that
/// limits::image_properties and limits::image_associations let it remember; for the moment of the
/// measurement also what stb_image or libwebp take.
class image_reader {
 public:
  enum class state {
    need_more,  ///< no answer yet
    measured,   ///< dimensions are known; later bytes are only watched for the file's end
    failed,     ///< not a measurable image, whatever follows: `finish` has the code, and the caller
                ///< may stop
  };

  image_reader();
  ~image_reader();
  image_reader(image_reader&&) noexcept;
  image_reader& operator=(image_reader&&) noexcept;

  /// The next bytes of the file; pieces of any size give the same answer. Ignored after `failed`.
  state feed(std::span<const std::byte> bytes);

  /// Offset in the file of the next byte that `feed` takes.
  std::uint64_t position() const;
  /// Offset of the next byte that the outcome depends on: `position()`, or later if a length shows
  /// that the bytes before it do not matter. In header mode this is the next range to request.
  std::uint64_t wanted() const;
  /// Goes on as if the bytes up to `offset` had been fed. `offset` is from position() to wanted().
  void skip_to(std::uint64_t offset);

  struct outcome {
    error_code code =
        error_code::none;  ///< none, truncated, not_an_image, unsupported_format or bad_dimensions
    /// Sizes also for `truncated` if they were read; the format if it was recognised. The sizes are
    /// those of the picture as stored: an orientation in EXIF is not applied, but rotations and
    /// crops of an AVIF or HEIC file are, because they belong to its structure.
    measurement measured;
    std::string reason = {};  ///< for the client: see image_result::reason
  };

  /// The outcome after the last byte.
  /// truncated: the file ended before its dimensions (also when it is empty) or without its end:
  ///   JPEG EOI, PNG IEND, GIF trailer, RIFF size, the last pixel of a BMP or PSD (the first, where
  ///   compression hides the last), the last byte that the items of an AVIF or HEIC file, the
  ///   picture of a TIFF or the pictures of an ICO take. Bytes after the end do no harm, and a GIF
  ///   or PNG may end behind any of its parts that follows picture data.
  /// unsupported_format: a format that is only known by name (signatures.cpp); JPEG-LS, and JPEGs
  ///   that are lossless, hierarchical, arithmetic-coded or of 12 bits; AVIF and HEIC without a
  ///   primary picture (sequences among them) or whose `meta` reaches to the end of the file; TIFFs
  ///   that do not tell which of their pictures is the full one; any of them with more than the
  ///   limits allow.
  /// bad_dimensions: a side of 0 or beyond what the format or 32 bits allow, a file that tells
  ///   none, or a JPEG that tells its height only after the first scan.
  outcome finish();

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::imaging
