#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/image.hpp"
#include "fetch/engine/engine.hpp"
#include "fetch/engine/picture_store.hpp"
#include "fetch/http1/byte_account.hpp"
#include "fetch/http1/content_coding.hpp"
#include "fetch/http1/exchange.hpp"
#include "fetch/http1/response_head.hpp"
#include "fetch/net/fault.hpp"
#include "imaging/image_reader.hpp"

namespace retail_pulse::fetch {

/// Receives one file: decides what to request, interprets the responses, and measures the bytes. In
/// full mode that is one response; in header mode a few ranges of the file, each where the next
/// byte lies that the reader needs.
///
/// Headers are trusted only as far as they cannot mislead. A range that begins elsewhere than
/// requested, ranges of two versions, an end of file known from a Content-Range only, or too many
/// ranges lead to a request for the whole file, of which only the start is read. A body with a
/// Content-Encoding is decoded from its first byte on, whole or as a first range; if more is needed
/// the whole is requested, because ranges count coded bytes. If such a body begins like an image,
/// it is taken as not coded. Not thread safe; belongs to one attempt.
class intake final : public response_receiver {
 public:
  /// `keep`: where to keep the picture, in full mode; may be null. `conditional`: the first request
  /// asks for a newer version only. `deadline`: checked while a body is decoded, because few bytes
  /// can decode to many. `so_far`: the bytes of the attempt before; its limit is that of the file,
  /// too.
  intake(mode how, byte_account so_far, picture_store* keep, bool conditional,
         steady_time deadline = steady_time::max());

  /// First and last byte of a file; without a last one, everything from the first on.
  struct range {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last;
  };
  /// The range to request next; nothing: the whole file.
  std::optional<range> range_to_ask() const;
  /// Whether to request a newer version than the known one only.
  bool is_conditional() const { return conditional_; }
  /// The validator of the version that was begun, for If-Range; empty without a strong one.
  std::string_view if_range() const;

  step begin(const response_head& head) override;
  step add(std::span<const std::byte> bytes) override;
  step end() override;

  /// The bytes of the attempt, with everything that was added here.
  byte_account& account() override { return account_; }
  const byte_account& account() const { return account_; }

  /// The fault, once settled. Without one, `measured` holds sizes or the server has the known
  /// version.
  const std::optional<fault>& failed() const { return failed_; }
  const measurement& measured() const { return measured_; }
  bool not_modified() const { return not_modified_; }
  const std::string& kept() const {
    return kept_;
  }  ///< SHA-256 of the picture; empty if it was not kept
  const std::string& not_kept() const {
    return not_kept_;
  }  ///< why the picture was not kept although it should be
  const std::string& etag() const { return etag_; }
  const std::string& last_modified() const { return last_modified_; }

 private:
  step begin_body(const response_head& head, std::uint64_t first,
                  std::optional<std::uint64_t> total);
  void start_over();
  step take(std::span<const std::byte> bytes);
  step take_coded(std::span<const std::byte> bytes, bool is_all);
  step decode(std::span<const std::byte> bytes);
  step end_coded();
  bool is_another_version(const response_head& head, std::optional<std::uint64_t> total) const;
  imaging::image_reader::state feed(std::span<const std::byte> bytes);
  step ask_whole();
  fault too_large(std::string_view where = {}) const;
  step fail(fault why);
  step fail_at_end(fault why);
  step fail(error_code code, std::string why, std::string reason = {});
  step conclude();

  const mode how_;
  byte_account account_;
  const steady_time deadline_;
  bool conditional_;
  bool whole_;  ///< ranges are not, or no longer, requested

  imaging::image_reader reader_;
  std::optional<picture_store::picture> picture_;
  bool begun_ = false;  ///< the reader has bytes of the version below
  std::string etag_;
  std::string last_modified_;
  std::optional<std::uint64_t> total_;

  bool has_known_end_ = false;  ///< of this response: it has a length or a last chunk
  std::uint64_t offset_ = 0;    ///< in the file, of the next byte of this response
  std::optional<std::uint64_t>
      part_end_;  ///< offset after the last byte of this response, if it is a part

  std::optional<std::variant<std::vector<content_coding>, fault>>
      codings_;              ///< of this response; nothing: not coded
  std::string coded_start_;  ///< its first bytes, until it is known whether it really is coded,
  std::optional<content_decoder> decoder_;  ///< and from then on

  std::optional<fault> failed_;
  measurement measured_;
  bool not_modified_ = false;
  std::string kept_;
  std::string not_kept_;
};

}  // namespace retail_pulse::fetch
