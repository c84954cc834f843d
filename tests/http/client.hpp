#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// A client on a raw socket: sends exactly the bytes a test wants to send, and understands just
/// enough of what comes back.
namespace retail_pulse::tests {

struct answer {
  int status = 0;  ///< 0: the connection ended without an answer
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The value of the first header of that name (as spelt by the server), or nothing.
  std::optional<std::string> header(std::string_view name) const;
};

/// The first line of a request, as far as it can be understood.
struct request_line {
  std::string method;
  std::string target;
};

class client {
 public:
  /// `from`: the address of loopback that it comes from. To the server, each of them is another
  /// client.
  explicit client(std::uint16_t port, const char* from = "127.0.0.1");
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;
  client(client&& other) noexcept
      : descriptor_{std::exchange(other.descriptor_, -1)},
        unread_{std::move(other.unread_)},
        recorded_{std::exchange(other.recorded_, false)},
        sent_{std::move(other.sent_)},
        streamed_{std::exchange(other.streamed_, std::nullopt)} {}

  /// False when the server no longer takes bytes.
  bool send(std::string_view bytes);
  /// The next answer; one to a HEAD has no body. Waits up to 20 s.
  answer read(bool to_head = false);
  /// The head of the next answer, whatever its body; status 0 when the connection ends before it.
  answer read_head() { return read(true); }
  /// The next chunk of a chunked body, empty at its end; nothing when the connection ends before
  /// that. Waits up to 20 s.
  std::optional<std::string> read_chunk();
  /// The rest of a chunked body; nothing when the connection ends before its end.
  std::optional<std::string> read_chunks();
  /// All that comes until the server closes the connection; nothing when it resets it.
  std::optional<std::string> read_until_closed();
  answer ask(std::string_view bytes) {
    send(bytes);
    return read();
  }
  /// Whether the server has closed the connection, or does within 20 s.
  bool closed();
  /// Whether bytes have arrived that were not read yet, without waiting.
  bool has_data();
  void end_of_requests();  ///< closes our direction
  void reset();            ///< closes with a TCP reset

 private:
  /// An answer whose body the test reads piece by piece.
  struct streamed_answer {
    std::optional<request_line> request;
    answer got;
  };

  bool fill();
  void record(const answer& got, bool to_head, bool whole);
  void record_streamed(bool whole);

  int descriptor_;
  std::string unread_;
  bool recorded_;     ///< what is exchanged is written down
  std::string sent_;  ///< and not answered yet; only where it is written down
  std::optional<streamed_answer> streamed_;
  bool failed_ = false;  ///< reset, or nothing came for 20 s
};

/// The first client to which bytes arrive; waits up to 20 s.
client& first_with_data(std::vector<client>& clients);

/// One request on a connection of its own.
answer ask(std::uint16_t port, std::string_view bytes);
answer get(std::uint16_t port, std::string_view target);
/// As `curl -d` sends it.
answer post(std::uint16_t port, std::string_view target, std::string_view body);

std::string get_text(std::string_view target, std::string_view more_headers = "");
std::string post_text(std::string_view target, std::string_view body,
                      std::string_view more_headers = "");
std::string in_chunks(std::string_view body, std::size_t chunk);

}  // namespace retail_pulse::tests
