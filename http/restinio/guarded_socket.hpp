#pragma once

#include <asio.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/restinio/connection_books.hpp"
#include "http/restinio/framing.hpp"

struct http_parser;

/// A TCP socket for RESTinio that sends a response where RESTinio itself closes the connection
/// without one.
///
/// RESTinio calls its parser and its socket in turn, on one thread: the parser's callbacks and the
/// logger leave a note for the thread, and the socket reads it in its next call. A connection has
/// one request at a time, so no response is pending while one is parsed.
namespace retail_pulse::http {

/// What the parser on this thread has just found, and what a response demands. Taken by the socket
/// that is called next.
struct parse_note {
  bool began = false;           ///< the first byte of a request
  bool wants_continue = false;  ///< complete headers that ask for 100-continue
  bool in_body = false;         ///< complete headers
  std::size_t body_bytes = 0;   ///< of the body, so far
  std::optional<early_rejection> rejected;
  bool reset =
      false;  ///< the connection that is closed next is to be reset: its response has no end
  const http_parser* parser =
      nullptr;  ///< of the request that is being read; lives as long as its connection
};
parse_note& note_of_this_thread();

/// Not virtual: these members hide those of the socket, and RESTinio, which takes the socket's type
/// as a parameter, calls them.
class guarded_socket : public asio::ip::tcp::socket {
 public:
  using base = asio::ip::tcp::socket;

  explicit guarded_socket(asio::io_context& context)
      : base{context}, books_{&asio::use_service<connection_books>(context)} {}
  /// RESTinio moves sockets only before their first read.
  guarded_socket(guarded_socket&& other) noexcept : base{std::move(other)}, books_{other.books_} {}
  guarded_socket& operator=(guarded_socket&&) = delete;
  ~guarded_socket();

  guarded_socket& lowest_layer() { return *this; }
  const guarded_socket& lowest_layer() const { return *this; }

  /// Never throws. RESTinio calls it before it counts the connection: had the client gone by then,
  /// an exception would make the connection count for ever.
  endpoint_type remote_endpoint() const {
    asio::error_code gone;
    return base::remote_endpoint(gone);
  }

  /// Called for the next bytes of a request, right after the parser has seen the last ones.
  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    before_read();
    auto executor = asio::get_associated_executor(handler, get_executor());
    // The handler keeps the connection, and so this socket, alive.
    const asio::mutable_buffer into{
        *asio::buffer_sequence_begin(buffers)};  // RESTinio has one buffer
    auto then = [this, into, handler = std::forward<Handler>(handler)](
                    const asio::error_code& error, std::size_t bytes) mutable {
      after_read(bytes);
      const auto sound = sound_part({static_cast<const char*>(into.data()), bytes});
      if (bytes > 0 && sound == 0)
        return handler(asio::error::bad_descriptor, 0);  // it has been rejected
      const being_handled mark{*this};
      handler(error, sound);
    };
    return base::async_read_some(buffers, asio::bind_executor(executor, std::move(then)));
  }

  /// Called for each part of a response.
  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    before_write();
    auto executor = asio::get_associated_executor(handler, get_executor());
    auto then = [this, handler = std::forward<Handler>(handler)](const asio::error_code& error,
                                                                 std::size_t bytes) mutable {
      const being_handled mark{*this};
      handler(error, bytes);
    };
    return base::async_write_some(buffers, asio::bind_executor(executor, std::move(then)));
  }

  /// Called when RESTinio gives the connection up, for any reason: here the rejection is sent.
  void shutdown(shutdown_type what, asio::error_code& error);

  /// Closes the connection because the server stops. Only while no other thread runs the
  /// io_context.
  void hang_up();

  /// The connection whose bytes this thread is handling, which includes the calls of handlers;
  /// nullptr at other times.
  static const connection_ptr& of_this_thread();

 private:
  /// While bytes that have come, or gone, are handled on this thread. Handling may destroy the
  /// socket.
  class being_handled {
   public:
    explicit being_handled(const guarded_socket& socket);
    ~being_handled();
    being_handled(const being_handled&) = delete;
    being_handled& operator=(const being_handled&) = delete;
  };

  void before_read();
  void after_read(std::size_t bytes);
  /// How many of the bytes the parser may get. The rest is rejected when the parser reads again,
  /// after the responses to what came before; or at once, when it gets none.
  std::size_t sound_part(std::string_view bytes);
  void before_write();
  void count_framing(const parse_note& note);
  std::optional<early_rejection> reason_to_close();
  /// Sends the rejection; the parser gets nothing more of this connection.
  void reject(const early_rejection& why);
  /// Closes the connection without a response. Shut down only, bytes that had come would still be
  /// read, and their request served.
  void give_up();

  connection_books* books_;
  connection_ptr entry_;     ///< from the first read on
  bool in_request_ = false;  ///< bytes of a request have come, and no response has begun
  std::optional<connection_books::clock::time_point>
      idle_since_;  ///< when waiting for the next request began; blank lines do not count
  connection_books::clock::time_point head_since_{};  ///< when the request began
  bool in_body_ = false;        ///< the headers of the request that has begun are complete
  std::size_t head_bytes_ = 0;  ///< of the request that has begun, while its head was incomplete
  std::size_t body_bytes_ = 0;  ///< of the request that has begun
  std::size_t received_bytes_ = 0;  ///< both, as they were counted last
  framing_check check_{};
  std::string_view wrong_{};             ///< with the byte behind those that the parser got
  std::size_t last_read_ = 0;            ///< bytes
  std::size_t framing_ = 0;              ///< bytes behind the headers since the body last grew
  const http_parser* parser_ = nullptr;  ///< of the request that has begun
};

}  // namespace retail_pulse::http
