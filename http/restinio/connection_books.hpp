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

namespace retail_pulse::http {

class guarded_socket;

/// Why a request is refused before any handler sees it.
struct refusal {
  int status = 400;
  std::string sentence;
  std::string request_id{};  ///< the client's, where all headers had been read and it is sane
};

/// What the connections of one server may take together.
struct connection_bounds {
  std::size_t connections = 0;
  std::size_t client_percent = 100;                         ///< of what others leave a client may have so much: of requests, of bodies
  std::size_t body_bytes = 0;                               ///< of all requests that are received or wait for their answer
  std::size_t largest_body = 0;                             ///< what a client may send in any case, where there is room
  std::size_t unread_bytes = limits::unread_answers_bytes;  ///< of answers that are being written
  std::chrono::milliseconds idle = limits::api_idle;
  std::chrono::milliseconds head = limits::request_head;
};

/// What a connection does that has not got a complete request.
enum class connection_phase : std::uint8_t {
  idle,       ///< waits for the first byte of a request
  head,       ///< has part of a head
  body,       ///< has a head, and part of a body
  answering,  ///< its request is answered without a place
};

/// One connection in the books. All but `who` and `written` is guarded by them.
struct connection_entry {
  using clock = std::chrono::steady_clock;

  client_address who;
  guarded_socket* socket = nullptr;
  int descriptor = -1;  ///< -1 from when it may be closed
  connection_phase phase = connection_phase::idle;
  clock::time_point began{};          ///< of the phase
  clock::time_point moved{};          ///< when last a byte came or went
  std::size_t body_bytes = 0;         ///< received and not yet answered
  std::size_t unread_bytes = 0;       ///< written and not yet taken by the client
  bool has_place = false;             ///< among the requests that are served at once
  bool has_left = false;              ///< nothing is counted for it any more
  std::optional<refusal> told_off{};  ///< why it has to go
};
using connection_ptr = std::shared_ptr<connection_entry>;

/// What the connections of one server share; a service of its io_context. Any thread.
///
/// Where something is short, it is taken from the client that has most of it: from its connection that has been still for longest. So it
/// goes with connections without a complete request when another client comes, with half-received bodies when another client sends one, and
/// with answers that are not read. Complete requests are left alone, but each client has a share of their places, and some connections
/// are kept beyond those places: whoever connects is listened to, and who asks for the service's health needs no place.
class connection_books : public asio::execution_context::service {
 public:
  using clock = connection_entry::clock;
  static asio::execution_context::id id;
  explicit connection_books(asio::execution_context& context) : service{context} {}

  // Set before the first connection.
  void use(const connection_bounds& bounds);
  std::function<std::string(const refusal&)> written;    ///< a refusal as HTTP/1.1
  std::function<bool(std::string_view address)> trusts;  ///< whether a client speaks for many; empty: none does
  std::atomic<std::size_t> lingering{0};

  /// A connection that is about to be read from for the first time. May hang up another one.
  connection_ptr join(guarded_socket& socket, const asio::ip::address& from, int descriptor);
  /// From here on its descriptor may be closed.
  void close(connection_entry& c);
  /// Gives back everything it holds.
  void leave(connection_entry& c);
  std::size_t open() const;

  /// The next bytes are waited for; why it is to be hung up instead, or nothing.
  std::optional<refusal> waits(connection_entry& c, connection_phase phase, clock::time_point began);
  /// Bytes have come, and are being looked at.
  void works(connection_entry& c);
  /// So many bytes of a body are there; why they are too many, or nothing.
  std::optional<refusal> has_body(connection_entry& c, std::size_t bytes);
  /// A request has come whole. Whether it is to be served: one that is vital always is, another where there is a place.
  bool begins(connection_entry& c, bool vital);
  /// Counts what is written until the last copy goes. May hang up connections.
  std::shared_ptr<void> writes(connection_ptr c, std::size_t bytes);
  /// An answer begins, or its client has taken a part of it: the request's body is no more.
  void answers(connection_entry& c);
  std::optional<refusal> told_off(const connection_entry& c) const;

  /// Ends what has been idle for too long, as its client could, and tells heads off that have not come in time.
  void sweep(clock::time_point now);
  /// Ends every connection; what is half received gets a 503. Only while no other thread runs the io_context.
  void hang_up_all();

 private:
  void shutdown() override {}

  void make_room();
  void tell_off(connection_entry& c, refusal why);
  void take_unread(connection_entry& c, std::size_t bytes);
  void give_back_unread(connection_entry& c, std::size_t bytes);
  void set_body(connection_entry& c, std::size_t bytes);
  using amount_of = std::size_t connection_entry::*;
  static std::size_t weight_of(const connection_entry& c, const client_shares& of, amount_of amount);
  template <class Accepts>
  connection_entry* heaviest(const client_shares& of, amount_of amount, Accepts accepts) const;

  mutable std::mutex mutex_;
  connection_bounds bounds_;
  client_shares requests_{{}};
  client_shares bodies_{{}};
  client_shares unread_{{}};
  std::size_t full_from_ = 0;  ///< connections; with more, one is hung up
  std::unordered_map<connection_entry*, connection_ptr> entries_;
  client_crowd<connection_entry*> crowd_;  ///< those without a place that wait for bytes, or for their answer to be read
  std::size_t told_off_ = 0;               ///< of the entries
};

}  // namespace retail_pulse::http
