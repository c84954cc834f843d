#include "fetch/http1/content_coding.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <utility>

#include "core/limits.hpp"
#include "core/require.hpp"
#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

std::optional<content_coding> coding_named(std::string_view name) {
  if (same_word(name, "gzip") || same_word(name, "x-gzip")) return content_coding::gzip;
  if (same_word(name, "deflate")) return content_coding::deflate;
  return std::nullopt;
}

const char* name_of(content_coding coding) {
  return coding == content_coding::gzip ? "gzip" : "deflate";
}

fault unsupported(const std::string& why) { return {error_code::unsupported_format, why, why}; }

/// The name comes from the server, and is quoted only if it is a token.
fault unknown_coding(std::string_view name) {
  const bool quotable = is_token(name) && name.size() <= limits::coding_name_bytes;
  return unsupported(quotable ? "it is packed with " + lower(name)
                              : "it is packed in a way that has no name");
}

// Window bits of inflateInit2: the largest window, and which format it is in.
constexpr int gzip_format = MAX_WBITS + 16;
constexpr int zlib_format = MAX_WBITS;
constexpr int bare_format = -MAX_WBITS;

/// RFC 1950, section 2.2: method 8, a window of at most 32 KiB, and a checksum of both bytes. Bare
/// deflate begins like this only if it pads its first block with ones.
bool begins_as_zlib(unsigned first, unsigned second) {
  return (first & 15) == 8 && first >> 4 <= 7 && (first * 256 + second) % 31 == 0;
}

}  // namespace

std::variant<std::vector<content_coding>, fault> parse_content_encoding(std::string_view text) {
  std::vector<content_coding> found;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const auto name = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (name.empty() || same_word(name, "identity")) continue;
    const auto coding = coding_named(name);
    if (!coding) return unknown_coding(name);
    if (found.size() == limits::content_codings) {
      return unsupported("it is packed more than " + std::to_string(limits::content_codings) +
                         " times");
    }
    found.push_back(*coding);
  }
  return found;
}

/// One coding being undone.
class content_decoder::layer {
 public:
  layer(content_coding coding, std::uint64_t max_bytes) : coding_(coding), max_bytes_(max_bytes) {
    if (coding == content_coding::gzip) start(gzip_format);
  }
  ~layer() {
    if (is_started_) inflateEnd(&stream_);
  }
  layer(const layer&) = delete;
  layer& operator=(const layer&) = delete;

  /// Passes the decoded bytes on. False if `to` wants no more, or with `broken`.
  bool feed(std::span<const std::byte> bytes, const sink& to) {
    if (!is_started_) {
      const bool decided = choose_format(bytes);
      if (!decided) return true;
      const std::array<std::byte, 2> start = start_;
      if (!run(start, to)) return false;
    }
    return run(bytes, to);
  }

  const std::optional<fault>& broken() const { return broken_; }

  std::optional<fault> end() const {
    if (is_over_ || (has_ended_ && member_bytes_ == 0)) return std::nullopt;
    return fault{error_code::truncated,
                 std::string{"the "} + name_of(coding_) + " coding is not complete",
                 std::string{"its "} + name_of(coding_) + " coding is not complete"};
  }

 private:
  void start(int format) {
    if (inflateInit2(&stream_, format) != Z_OK) throw std::bad_alloc{};
    is_started_ = true;
  }

  /// Distinguishes zlib from bare deflate by the first two bytes. False: they have not both
  /// arrived.
  bool choose_format(std::span<const std::byte>& bytes) {
    while (start_bytes_ < start_.size() && !bytes.empty()) {
      start_[start_bytes_++] = bytes.front();
      bytes = bytes.subspan(1);
    }
    if (start_bytes_ < start_.size()) return false;
    const bool is_zlib =
        begins_as_zlib(std::to_integer<unsigned>(start_[0]), std::to_integer<unsigned>(start_[1]));
    start(is_zlib ? zlib_format : bare_format);
    return true;
  }

  bool run(std::span<const std::byte> bytes, const sink& to) {
    stream_.next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib only reads there
    stream_.avail_in = static_cast<uInt>(bytes.size());
    while (!is_over_) {
      if (is_between_members_ && !begin_member()) return true;
      stream_.next_out = piece_.data();
      stream_.avail_out = static_cast<uInt>(piece_.size());
      const int how = inflate(&stream_, Z_NO_FLUSH);
      const auto made = piece_.size() - stream_.avail_out;
      if (made > max_bytes_ - bytes_)
        return fail(bound_exceeded(error_code::too_large, "more than " + size_text(max_bytes_)));
      bytes_ += made;
      member_bytes_ += made;
      if (made > 0 && !to(std::as_bytes(std::span{piece_}.first(made)))) return false;
      switch (how) {
        case Z_OK:
          break;
        case Z_BUF_ERROR:  // it needs more bytes
          return true;
        case Z_STREAM_END:
          end_member();
          break;
        case Z_MEM_ERROR:
          throw std::bad_alloc{};
        default:
          if (has_ended_ &&
              member_bytes_ == 0) {  // garbage after the end that happens to begin like a member
            is_over_ = true;
            return true;
          }
          return fail({error_code::protocol_error,
                       std::string{"the "} + name_of(coding_) + " coding is damaged",
                       std::string{"its "} + name_of(coding_) + " coding is damaged"});
      }
    }
    return true;
  }

  void end_member() {
    has_ended_ = true;
    member_bytes_ = 0;
    is_between_members_ = coding_ == content_coding::gzip;
    is_over_ = !is_between_members_;
  }

  /// Whether there is another member (RFC 1952, section 2.2). Anything else is garbage, which
  /// clients ignore.
  bool begin_member() {
    constexpr Bytef first_of_gzip = 0x1f;
    if (stream_.avail_in == 0) return false;
    is_between_members_ = false;
    is_over_ = *stream_.next_in != first_of_gzip;
    if (!is_over_) inflateReset(&stream_);
    return !is_over_;
  }

  bool fail(fault why) {
    broken_ = std::move(why);
    return false;
  }

  const content_coding coding_;
  const std::uint64_t max_bytes_;
  z_stream stream_{};
  bool is_started_ = false;
  std::array<std::byte, 2> start_{};  ///< of deflate, until its format is known
  std::size_t start_bytes_ = 0;

  std::uint64_t bytes_ = 0;          ///< decoded
  std::uint64_t member_bytes_ = 0;   ///< of the current member
  bool has_ended_ = false;           ///< at least one member is complete
  bool is_between_members_ = false;  ///< it is not yet known whether another one follows
  bool is_over_ = false;             ///< further bytes are ignored
  std::optional<fault> broken_;
  std::array<Bytef, limits::decoded_piece_bytes> piece_;
};

content_decoder::content_decoder(std::span<const content_coding> applied, std::uint64_t max_bytes) {
  require(!applied.empty(), "a content decoder has a coding to undo");
  for (auto coding = applied.rbegin(); coding != applied.rend(); ++coding)
    layers_.push_back(std::make_unique<layer>(*coding, max_bytes));
}

content_decoder::~content_decoder() = default;
content_decoder::content_decoder(content_decoder&&) noexcept = default;
content_decoder& content_decoder::operator=(content_decoder&&) noexcept = default;

std::optional<fault> content_decoder::feed(std::span<const std::byte> bytes, const sink& to) {
  return feed(0, bytes, to);
}

std::optional<fault> content_decoder::feed(std::size_t outermost, std::span<const std::byte> bytes,
                                           const sink& to) {
  if (outermost == layers_.size()) {
    stopped_ = stopped_ || !to(bytes);
    return std::nullopt;
  }
  std::optional<fault> further_in;
  layers_[outermost]->feed(bytes, [&](std::span<const std::byte> decoded) {
    further_in = feed(outermost + 1, decoded, to);
    return !further_in && !stopped_;
  });
  return further_in ? further_in : layers_[outermost]->broken();
}

std::optional<fault> content_decoder::end() const {
  for (const auto& each : layers_) {
    if (auto why = each->end()) return why;
  }
  return std::nullopt;
}

}  // namespace retail_pulse::fetch
