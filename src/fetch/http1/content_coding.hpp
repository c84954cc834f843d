#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "fetch/net/fault.hpp"

namespace retail_pulse::fetch {

/// The codings that can be undone (RFC 9110, section 8.4.1).
enum class content_coding : std::uint8_t {
  gzip,     ///< also named x-gzip
  deflate,  ///< the zlib format, or bare deflate, which some servers send and browsers accept
};

/// The codings that a Content-Encoding names, in the order in which they were applied, without
/// `identity`. unsupported_format for any other coding, and for more than limits::content_codings.
std::variant<std::vector<content_coding>, fault> parse_content_encoding(std::string_view text);

/// Undoes the codings of one body as it arrives. Memory is bounded (45 KiB and a piece per coding),
/// and so is work: no coding may decode to more bytes than the file may have. Not thread safe.
class content_decoder {
 public:
  /// At least one coding. Throws std::bad_alloc.
  content_decoder(std::span<const content_coding> applied, std::uint64_t max_bytes);
  ~content_decoder();
  content_decoder(content_decoder&&) noexcept;
  content_decoder& operator=(content_decoder&&) noexcept;

  /// Receives a piece of the file, at most limits::decoded_piece_bytes. False: no more is wanted.
  using sink = std::function<bool(std::span<const std::byte>)>;

  /// The next bytes of the body. Returns early if the sink wants no more; not to be called again
  /// then. Errors: protocol_error if the body is damaged, too_large beyond the limit. Bytes after
  /// the end of the coding are ignored; several gzip members are one file.
  std::optional<fault> feed(std::span<const std::byte> bytes, const sink& to);

  /// The body is complete: truncated if a coding is not.
  std::optional<fault> end() const;

 private:
  class layer;
  std::optional<fault> feed(std::size_t outermost, std::span<const std::byte> bytes,
                            const sink& to);

  std::vector<std::unique_ptr<layer>> layers_;  ///< in the order in which they are undone
  bool stopped_ = false;
};

}  // namespace retail_pulse::fetch
