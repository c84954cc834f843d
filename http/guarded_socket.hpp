#pragma once

#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "http/framing.hpp"
#include "http/message.hpp"

struct http_parser;

/// A TCP socket for RESTinio that answers where RESTinio itself hangs up without a word.
///
/// RESTinio calls its parser and its socket in turn, on one thread: the parser's callbacks and the logger leave a note for the thread,
/// and the socket finds it in the call that comes next. A connection handles one request at a time, so no answer is pending while
/// one is parsed.
namespace retail_pulse::http {

/// Why a request is refused before any handler sees it.
struct refusal {
  int status = 400;
  std::string sentence;
  std::string request_id{};  ///< the client's, where all headers had been read and it is sane
};

/// What the parser of this thread has just seen, or its answer demands. Taken by the socket that is concerned.
struct parse_note {
  bool began = false;           ///< the first byte of a request
  bool wants_continue = false;  ///< complete headers that ask for 100-continue
  bool in_body = false;         ///< complete headers
  std::size_t body_bytes = 0;   ///< of the body, so far
  std::optional<refusal> refused;
  bool reset = false;                   ///< the connection that is closed next is to be reset: its answer has no end
  const http_parser* parser = nullptr;  ///< of the request that is being read; lives as long as its connection
};
parse_note& note_of_this_thread();

class guarded_socket;

/// What the connections of one server share; a service of its io_context.
class connection_books : public asio::execution_context::service {
 public:
  using clock = std::chrono::steady_clock;
  static asio::execution_context::id id;
  explicit connection_books(asio::execution_context& context) : service{context} {}

  std::size_t body_budget = 0;                         ///< bytes; set before the first connection
  std::function<std::string(const refusal&)> written;  ///< a refusal as HTTP/1.1; set before the first connection
  std::atomic<std::size_t> body_bytes{0};
  std::atomic<std::size_t> lingering{0};

  void add(guarded_socket& socket);
  void remove(guarded_socket& socket);
  std::size_t open() const;
  /// From here until `not_idle` or `remove`, which must come before the descriptor is closed, the connection waits for a request.
  void idle(guarded_socket& socket, clock::time_point since);
  void not_idle(guarded_socket& socket);
  /// Ends every connection that has been idle since then or longer, as its client could. From any thread.
  void hang_up_idle(clock::time_point since);
  /// Ends every connection; what is half received gets a 503. Only while no other thread runs the io_context.
  void hang_up_all();

 private:
  struct waiting {
    int descriptor;
    clock::time_point since;
  };

  void shutdown() override {}

  mutable std::mutex mutex_;
  std::unordered_set<guarded_socket*> sockets_;
  std::unordered_map<guarded_socket*, waiting> idle_;
};

/// Not virtual: these members hide those of the socket, and RESTinio, which takes the socket's type as a parameter, calls them.
class guarded_socket : public asio::ip::tcp::socket {
 public:
  using base = asio::ip::tcp::socket;

  explicit guarded_socket(asio::io_context& context) : base{context}, books_{&asio::use_service<connection_books>(context)} {}
  /// RESTinio moves sockets only before their first read.
  guarded_socket(guarded_socket&& other) noexcept : base{std::move(other)}, books_{other.books_} {}
  guarded_socket& operator=(guarded_socket&&) = delete;
  ~guarded_socket();

  guarded_socket& lowest_layer() { return *this; }
  const guarded_socket& lowest_layer() const { return *this; }

  /// Never throws. RESTinio asks before it counts the connection: had the client gone by then, an exception would cost one of the
  /// places for connections for ever.
  endpoint_type remote_endpoint() const {
    asio::error_code gone;
    return base::remote_endpoint(gone);
  }

  /// Called for the next bytes of a request, right after the parser has seen the last ones.
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    before_read();
    auto executor = asio::get_associated_executor(handler, get_executor());
    // The handler holds the connection, and so this socket.
    const asio::mutable_buffer into{*asio::buffer_sequence_begin(buffers)};  // RESTinio has no other
    auto with_news = [this, into, handler = std::forward<Handler>(handler)](const asio::error_code& error, std::size_t bytes) mutable {
      after_read(bytes);
      const auto sound = sound_part({static_cast<const char*>(into.data()), bytes});
      if (bytes > 0 && sound == 0) return handler(asio::error::bad_descriptor, 0);  // it has been refused
      handler(error, sound);
    };
    return base::async_read_some(buffers, asio::bind_executor(executor, std::move(with_news)));
  }

  /// Called for an answer.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    in_request_ = false;
    idle_since_.reset();
    charge(0);
    return base::async_write_some(buffers, std::forward<Handler>(handler));
  }

  /// Called when RESTinio gives the connection up, for whatever reason: the place to say why.
  void shutdown(shutdown_type what, asio::error_code& error);

  /// Ends the connection because the server stops. Only while no other thread runs the io_context.
  void hang_up();

 private:
  void before_read();
  void after_read(std::size_t bytes);
  /// How many of the bytes that were read the parser may have. The rest is refused when it asks for more, behind the answers to what came
  /// before; or at once, where there is no part.
  std::size_t sound_part(std::string_view bytes);
  void count_framing(const parse_note& note);
  void charge(std::size_t body_bytes);
  std::optional<refusal> last_words();
  void refuse(const refusal& why);

  connection_books* books_;
  std::size_t charged_ = 0;
  bool registered_ = false;
  bool in_request_ = false;                                        ///< bytes of a request have come, and no answer has been begun
  std::optional<connection_books::clock::time_point> idle_since_;  ///< when the next request was first waited for; blank lines are none
  bool in_body_ = false;                                           ///< the headers of the request that has begun are complete
  framing_check check_{};
  std::string_view wrong_{};             ///< with the byte behind those that the parser has
  std::size_t last_read_ = 0;            ///< bytes
  std::size_t framing_ = 0;              ///< bytes behind the headers since the body last grew
  const http_parser* parser_ = nullptr;  ///< of the request that has begun
};

}  // namespace retail_pulse::http
