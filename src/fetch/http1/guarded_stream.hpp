#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/limits.hpp"
#include "fetch/http1/chunk_reader.hpp"
#include "fetch/http1/response_head.hpp"
#include "fetch/net/connection.hpp"

namespace retail_pulse::fetch {

/// One request and its response on one connection, under one deadline. The whole head is checked
/// before any of it is used, and the framing of the body (length or chunks) is handled here:
/// `read_body` returns body bytes only.
class guarded_stream {
 public:
  guarded_stream(connection& over, const io_deadline& until) : over_(over), until_(until) {}

  bool send(std::string_view request);  ///< false: see `broken`
  bool read_head();                     ///< false: see `broken`
  /// The next bytes of the body, valid until the next call. Empty: it is complete, or see `broken`.
  /// Only after `read_head`.
  std::string_view read_body();

  const std::optional<fault>& broken() const { return broken_; }
  const std::optional<response_head>& head() const { return head_; }  ///< once read
  bool received_nothing() const {
    return !received_;
  }  ///< true if the peer closed a pooled connection while it was idle
  bool connection_lost() const { return lost_; }  ///< the peer closed or reset the connection
  bool is_body_complete() const;
  /// Whether the connection can serve another request now.
  bool is_reusable() const {
    return !broken_ && head_ && head_->keep_alive && is_body_complete() && buffered().empty();
  }
  /// Brings the deadline forward.
  void hurry(steady_time deadline) { until_.at = std::min(until_.at, deadline); }

 private:
  std::string_view read_chunked();
  /// At most `most` bytes of the response. Empty: the peer closed the connection, or see `broken`.
  std::string_view take(std::uint64_t most);
  bool fill();
  void fail(fault why);
  void fail(io how, const char* doing);
  std::string_view buffered() const {
    return std::string_view{buffer_.data() + start_, end_ - start_};
  }

  connection& over_;
  io_deadline until_;
  std::optional<fault> broken_;
  bool received_ = false;
  bool lost_ = false;

  head_reader head_reader_;
  std::optional<response_head> head_;

  std::uint64_t body_left_ = 0;  ///< with body_end::at_length
  bool closed_ = false;
  chunk_reader chunks_;

  std::array<char, limits::receive_bytes> buffer_;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
};

}  // namespace retail_pulse::fetch
