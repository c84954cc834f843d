#pragma once

#include <asio.hpp>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/limits.hpp"
#include "http/shares/client_address.hpp"
#include "http/shares/client_crowd.hpp"
#include "http/shares/client_shares.hpp"
#include "http/shares/permit.hpp"

namespace retail_pulse::http {

class guarded_socket;

/// The rejection of a request before any handler gets it.
struct early_rejection {
  int status = 400;
  std::string sentence;
  std::string request_id{};  ///< the client's, when all headers were read and it is sane
};

/// What the connections of one server may use together.
struct connection_bounds {
  std::size_t connections = 0;
  std::size_t client_percent =
      100;  ///< the part of what others leave that one client may have: of requests, of bodies
  std::size_t body_bytes = 0;  ///< heads and bodies of all requests without a response
  std::size_t largest_body =
      0;  ///< what a client may send whatever its share, when the total allows it
  std::size_t unread_bytes = limits::unread_answers_bytes;  ///< of responses that are being sent
  std::chrono::milliseconds idle = limits::api_idle;
  std::chrono::milliseconds head = limits::request_head;
};

/// The phase of a connection without a complete request.
enum class connection_phase : std::uint8_t {
  idle,       ///< waits for the first byte of a request
  head,       ///< has part of a head
  body,       ///< has a head, and part of a body
  answering,  ///< it gets a response without a permit to be served
};

/// One connection in the books, which guard everything but `who`.
struct connection_entry {
  using clock = std::chrono::steady_clock;

  client_address who;
  guarded_socket* socket = nullptr;
  int descriptor = -1;  ///< -1 once it may be closed
  connection_phase phase = connection_phase::idle;
  clock::time_point began{};                 ///< of the phase
  clock::time_point moved{};                 ///< when the last byte came or went
  std::size_t body_bytes = 0;                ///< head and body of a request without a response
  std::size_t unread_bytes = 0;              ///< of responses, not yet received by the client
  bool is_served = false;                    ///< counts among the requests that are served
  bool has_left = false;                     ///< nothing is counted for it any more
  std::optional<early_rejection> evicted{};  ///< why it has to close
};
using connection_ptr = std::shared_ptr<connection_entry>;

/// What the connections of one server share; a service of its io_context. Any thread.
///
/// When something is short, the client that has most of it loses some: its connection that has been
/// still for longest is evicted. That holds for connections without a complete request when another
/// client connects, for half received bodies when another client sends one, and for responses that
/// are not read. Complete requests are not evicted, but only a bounded number is served at once, of
/// which each client has a share. Some connections are kept beyond that number, so that everyone
/// can connect, and health checks are always served.
class connection_books : public asio::execution_context::service {
 public:
  using clock = connection_entry::clock;
  static asio::execution_context::id id;
  explicit connection_books(asio::execution_context& context) : service{context} {}

  // To be set before the first connection.
  void use(const connection_bounds& bounds);
  std::function<std::string(const early_rejection&)> as_text;  ///< as HTTP/1.1
  std::function<bool(std::string_view address)>
      trusts;  ///< see client_address::trusted; empty: none
  std::atomic<std::size_t> lingering{0};

  /// A connection that is about to be read from for the first time. May evict another one.
  connection_ptr join(guarded_socket& socket, const asio::ip::address& from, int descriptor);
  /// Its descriptor may be closed after this.
  void close(connection_entry& c);
  /// Gives back everything that is counted for it.
  void leave(connection_entry& c);
  std::size_t open() const;

  /// It waits for the next bytes; or, if it was evicted, why.
  std::optional<early_rejection> waits(connection_entry& c, connection_phase phase,
                                       clock::time_point began);
  /// Bytes have come, and are being parsed.
  void works(connection_entry& c);
  /// The bytes of a head and body so far; returns a rejection when they are too many.
  std::optional<early_rejection> has_body(connection_entry& c, std::size_t bytes);
  /// A request is complete. Returns whether it is to be served; a vital one always is.
  bool begins(connection_entry& c, bool vital);
  /// Counts bytes that are being sent, as long as the permit. May evict other connections.
  permit writes(const connection_ptr& c, std::size_t bytes);
  /// A response begins, or its client has received a part of it: the request's body is not kept any
  /// more.
  void answers(connection_entry& c);
  std::optional<early_rejection> evicted(const connection_entry& c) const;

  /// Evicts connections that have been idle for too long, and those whose head is late.
  void sweep(clock::time_point now);
  /// Closes every connection; half received requests get a 503. Only while no other thread runs the
  /// io_context.
  void hang_up_all();

 private:
  void shutdown() override {}

  void make_room();
  void evict(connection_entry& c, early_rejection why);
  void take_unread(connection_entry& c, std::size_t bytes);
  void give_back_unread(connection_entry& c, std::size_t bytes);
  void set_body(connection_entry& c, std::size_t bytes);
  using amount_of = std::size_t connection_entry::*;
  static std::size_t weight_of(const connection_entry& c, const client_shares& of,
                               amount_of amount);
  template <class Accepts>
  connection_entry* heaviest(const client_shares& of, amount_of amount, Accepts accepts) const;

  mutable std::mutex mutex_;
  connection_bounds bounds_;
  client_shares requests_{{}};
  client_shares bodies_{{}};
  client_shares unread_{{}};
  std::size_t full_from_ = 0;  ///< connections; with more, one is evicted
  std::unordered_map<connection_entry*, connection_ptr> entries_;
  client_crowd<connection_entry*>
      crowd_;  ///< those that are not served and wait for bytes, or for their response to be read
  std::size_t evicted_ = 0;  ///< of the entries
};

}  // namespace retail_pulse::http
