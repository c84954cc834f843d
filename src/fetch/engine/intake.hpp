#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/image.hpp"
#include "fetch/engine/mode.hpp"
#include "fetch/engine/picture_store.hpp"
#include "fetch/http1/byte_account.hpp"
#include "fetch/http1/content_coding.hpp"
#include "fetch/http1/response_head.hpp"
#include "fetch/net/fault.hpp"
#include "imaging/image_reader.hpp"

namespace retail_pulse::fetch {

/// One file on its way in: what to ask its server for, what the answers mean, and the answer of ours. In full mode that is one response;
/// in header mode a few ranges of the file, each where the next byte that matters lies.
///
/// A server's word is believed only as far as it cannot mislead: a range that does not begin where the one asked for does, ranges of two
/// versions, an end of file that only a Content-Range tells, or too many ranges lead to a request for the whole file, of which only the
/// start is read. A body that names a Content-Encoding is decoded from its first byte on, whole or as a first range; where more is needed
/// the whole is asked for, because ranges are those of the coded bytes. Where it begins as an image all the same, it was not coded. Not
/// thread safe; belongs to one attempt.
class intake {
 public:
  /// `keep`: where to keep a copy, in full mode; may be null. `conditional`: the first request asks for a newer version only.
  /// `deadline`: looked at while a body is decoded, whose few bytes can be many. `so_far`: what the attempt has cost before; its bound is
  /// that of the file, too.
  intake(mode how, byte_account so_far, picture_store* keep, bool conditional, steady_time deadline = steady_time::max());

  /// First and last byte of a file; without a last one, everything from the first on.
  struct range {
    std::uint64_t first = 0;
    std::optional<std::uint64_t> last;
  };
  /// What to ask for next; nothing: the whole file.
  std::optional<range> range_to_ask() const;
  /// Whether to ask for a newer version than the known one only.
  bool is_conditional() const { return conditional_; }
  /// The validator of the version that was begun, for If-Range; empty when there is none.
  std::string_view if_range() const;

  enum class step {
    read,     ///< more of this response is wanted
    again,    ///< this response is of no more use, and another request is needed
    settled,  ///< the answer is known
  };
  /// The head of an answer, which is no redirect.
  step begin(const response_head& head);
  /// The next bytes of its body, after `begin` or `add` said `read`.
  step add(std::span<const std::byte> bytes);
  /// The body is complete, after `begin` or `add` said `read`. Never `read`.
  step end();

  /// What the attempt has cost, with everything that was added here.
  byte_account& account() { return account_; }
  const byte_account& account() const { return account_; }

  /// Settled with this: none means that `measured` holds sizes or that the server has the known version.
  const std::optional<fault>& failed() const { return failed_; }
  const measurement& measured() const { return measured_; }
  bool not_modified() const { return not_modified_; }
  const std::string& kept() const { return kept_; }          ///< SHA-256 of the copy; empty when there is none
  const std::string& not_kept() const { return not_kept_; }  ///< why there is no copy although there should be one
  const std::string& etag() const { return etag_; }
  const std::string& last_modified() const { return last_modified_; }

 private:
  step begin_body(const response_head& head, std::uint64_t first, std::optional<std::uint64_t> total);
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
  bool whole_;  ///< ranges are not, or no longer, asked for

  imaging::image_reader reader_;
  std::optional<picture_store::picture> copy_;
  bool begun_ = false;  ///< the reader has seen bytes of the version below
  std::string etag_;
  std::string last_modified_;
  std::optional<std::uint64_t> total_;

  bool tells_end_ = false;                 ///< this response, by its length or its last chunk
  std::uint64_t offset_ = 0;               ///< in the file, of the next byte of this response
  std::optional<std::uint64_t> part_end_;  ///< behind the last byte of this response, when it is a part

  std::optional<std::variant<std::vector<content_coding>, fault>> codings_;  ///< of this response; nothing: it is not coded
  std::string coded_start_;                                                  ///< of it, until it is known whether it really is,
  std::optional<content_decoder> decoder_;                                   ///< and from then on

  std::optional<fault> failed_;
  measurement measured_;
  bool not_modified_ = false;
  std::string kept_;
  std::string not_kept_;
};

}  // namespace retail_pulse::fetch
