#pragma once

#include <asio.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.hpp"
#include "http/restinio/connection_books.hpp"
#include "http/restinio/framing.hpp"

struct http_parser;

/// A TCP socket for RESTinio that answers where RESTinio itself hangs up without a word.
///
/// RESTinio calls its parser and its socket in turn, on one thread: the parser's callbacks and the logger leave a note for the thread,
/// and the socket finds it in the call that comes next. A connection handles one request at a time, so no answer is pending while
/// one is parsed.
namespace retail_pulse::http {

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
      const being_handled mark{*this};
      handler(error, sound);
    };
    return base::async_read_some(buffers, asio::bind_executor(executor, std::move(with_news)));
  }

  /// Called for each part of an answer.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    before_write();
    auto executor = asio::get_associated_executor(handler, get_executor());
    auto with_news = [this, handler = std::forward<Handler>(handler)](const asio::error_code& error, std::size_t bytes) mutable {
      const being_handled mark{*this};
      handler(error, bytes);
    };
    return base::async_write_some(buffers, asio::bind_executor(executor, std::move(with_news)));
  }

  /// Called when RESTinio gives the connection up, for whatever reason: the place to say why.
  void shutdown(shutdown_type what, asio::error_code& error);

  /// Ends the connection because the server stops. Only while no other thread runs the io_context.
  void hang_up();

  /// The connection whose bytes this thread is handling; nullptr where there is none. A handler of requests is called then.
  static const connection_ptr& of_this_thread();

 private:
  /// While bytes that have come, or gone, are handled on this thread. What is handled may be the end of the socket.
  class being_handled {
   public:
    explicit being_handled(const guarded_socket& socket);
    ~being_handled();
    being_handled(const being_handled&) = delete;
    being_handled& operator=(const being_handled&) = delete;
  };

  void before_read();
  void after_read(std::size_t bytes);
  /// How many of the bytes that were read the parser may have. The rest is refused when it asks for more, behind the answers to what came
  /// before; or at once, where there is no part.
  std::size_t sound_part(std::string_view bytes);
  void before_write();
  void count_framing(const parse_note& note);
  std::optional<refusal> last_words();
  /// Says why, and reads nothing more of the connection for the parser.
  void refuse(const refusal& why);
  /// Ends the connection without a word. Closed, not only shut down: what had come would still be read, and carried out.
  void give_up();

  connection_books* books_;
  connection_ptr entry_;                                           ///< from the first read on
  bool in_request_ = false;                                        ///< bytes of a request have come, and no answer has been begun
  std::optional<connection_books::clock::time_point> idle_since_;  ///< when the next request was first waited for; blank lines are none
  connection_books::clock::time_point head_since_{};               ///< when the request began
  bool in_body_ = false;                                           ///< the headers of the request that has begun are complete
  std::size_t body_bytes_ = 0;                                     ///< of the request that has begun
  framing_check check_{};
  std::string_view wrong_{};             ///< with the byte behind those that the parser has
  std::size_t last_read_ = 0;            ///< bytes
  std::size_t framing_ = 0;              ///< bytes behind the headers since the body last grew
  const http_parser* parser_ = nullptr;  ///< of the request that has begun
};

}  // namespace retail_pulse::http
