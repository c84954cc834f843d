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

/// One request and its response on one connection, under one deadline. The head is read whole and checked before anything of it is believed,
/// and the body's length or chunks are followed here, so whoever reads the body sees nothing but its bytes.
class guarded_stream {
 public:
  guarded_stream(connection& over, const patience& limit) : over_(over), limit_(limit) {}

  bool send(std::string_view request);  ///< false: see `broken`
  bool read_head();                     ///< false: see `broken`
  /// The next bytes of the body, which last until the next call. None: it is complete, or see `broken`. Behind `read_head` only.
  std::string_view read_body();

  const std::optional<fault>& broken() const { return broken_; }
  const std::optional<response_head>& head() const { return head_; }  ///< once read
  bool received_nothing() const { return !received_; }                ///< a kept connection that died in its sleep looks like this
  bool connection_lost() const { return lost_; }                      ///< the peer hung up or reset, as opposed to time or rules
  bool is_body_complete() const;
  /// Whether the connection can serve another request now.
  bool is_reusable() const { return !broken_ && head_ && head_->keep_alive && is_body_complete() && buffered().empty(); }
  /// From now on wait no longer than this.
  void hurry(steady_time deadline) { limit_.deadline = std::min(limit_.deadline, deadline); }

 private:
  std::string_view read_chunked();
  /// At most `most` bytes of the response. None: the peer closed, or it is broken.
  std::string_view take(std::uint64_t most);
  bool fill();
  void fail(fault why);
  void fail(io how, const char* doing);
  std::string_view buffered() const { return std::string_view{buffer_.data() + start_, end_ - start_}; }

  connection& over_;
  patience limit_;
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
