#pragma once

#include <httplib.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace retail_pulse::client {

/// The bounds of one HTTP exchange. cpp-httplib alone accepts headers, status lines and bodies of
/// any size, matches a status line by recursion, and restarts its timeouts with every byte.
struct exchange_bounds {
  using time_point = std::chrono::steady_clock::time_point;

  std::chrono::milliseconds pause{30'000};  ///< longest wait for the next byte in either direction
  time_point deadline = time_point::max();  ///< of a whole document, or of the head of a stream
  std::size_t body_bytes = 0;               ///< largest body of a document; a stream has no limit
  bool is_stream = false;

  std::string
      exceeded{};  ///< the bound that was, as in "has more than 64 KiB of headers"; empty if none
};

/// A connection that cpp-httplib reads and writes within bounds. It reads lines (status, headers,
/// chunk sizes) byte by byte and content in larger pieces, which distinguishes them here.
class bounded_stream final : public httplib::Stream {
 public:
  /// `tls` is null for plain HTTP. Makes the descriptor non-blocking. Both outlive this.
  bounded_stream(socket_t socket, SSL* tls, exchange_bounds& bounds);

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* to, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  bool wait_for(short events) const;
  int fill();
  bool take_byte_of_line(char c);
  bool take_content(std::size_t bytes);
  bool refuse(const std::string& what);

  socket_t socket_;
  SSL* tls_;
  exchange_bounds& bounds_;
  std::array<char, 16384> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::string line_start_;         ///< the first bytes of the current line,
  std::size_t line_bytes_ = 0;     ///< and its length so far
  std::uint64_t lines_bytes_ = 0;  ///< of all lines
  std::uint64_t content_bytes_ = 0;
};

}  // namespace retail_pulse::client
