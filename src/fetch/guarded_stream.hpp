#pragma once

#include <httplib.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "fetch/chunk_reader.hpp"
#include "fetch/connection.hpp"
#include "fetch/response_head.hpp"

namespace retail_pulse::fetch {

/// What cpp-httplib reads and writes through: one request and one response on one connection, under one deadline.
///
/// cpp-httplib never sees a hostile byte of framing. The head is read whole and checked here first, and cpp-httplib gets a bare status line
/// of ours in its place, because it runs std::regex over the status line (40 KB of it overflow the stack), decodes percent signs in header
/// values, and takes any 1xx but 100 for the answer. The body's length or chunks are followed here too, because cpp-httplib takes a broken
/// chunk for the end of the body: it reads a plain body that ends, or breaks, where it really does.
class guarded_stream final : public httplib::Stream {
 public:
  guarded_stream(connection& over, const patience& limit) : over_(over), limit_(limit) {}

  ssize_t read(char* data, std::size_t size) override;  ///< 0: the body is complete; -1: see `broken`
  ssize_t write(const char* data, std::size_t size) override;

  const std::optional<fault>& broken() const { return broken_; }
  const std::optional<response_head>& head() const { return head_; }  ///< once read
  bool received_nothing() const { return !received_; }                ///< a kept connection that died in its sleep looks like this
  bool connection_lost() const { return lost_; }                      ///< the peer hung up or reset, as opposed to time or rules
  bool is_body_complete() const;
  /// Whether the connection can serve another request now.
  bool is_reusable() const { return !broken_ && head_ && head_->keep_alive && is_body_complete() && buffered().empty(); }
  /// From now on wait no longer than this.
  void hurry(steady_time deadline) { limit_.deadline = std::min(limit_.deadline, deadline); }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  bool read_head();
  ssize_t read_body(char* data, std::size_t size);
  ssize_t read_chunked(char* data, std::size_t size);
  /// Bytes of the response, from the buffer first. 0: the peer closed.
  ssize_t read_raw(char* data, std::size_t size);
  bool fill();
  ssize_t fail(fault why);
  ssize_t fail(io how, const char* doing);
  std::string_view buffered() const { return std::string_view{buffer_.data() + start_, end_ - start_}; }

  connection& over_;
  patience limit_;
  std::optional<fault> broken_;
  bool received_ = false;
  bool lost_ = false;

  head_reader head_reader_;
  std::optional<response_head> head_;
  std::string_view given_head_;  ///< what is left of the head that cpp-httplib gets

  std::uint64_t body_left_ = 0;
  bool closed_ = false;
  chunk_reader chunks_;

  std::array<char, 4096> buffer_;  ///< head and chunk framing are read through this; body bytes mostly bypass it
  std::size_t start_ = 0;
  std::size_t end_ = 0;
};

}  // namespace retail_pulse::fetch
