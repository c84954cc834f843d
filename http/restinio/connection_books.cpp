#include "http/restinio/connection_books.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "http/restinio/guarded_socket.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {
namespace {

client_address client_at(asio::ip::address address,
                         const std::function<bool(std::string_view)>& trusts) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  client_address who;
  who.v6 = address.is_v6();
  if (who.v6) {
    const auto bytes = address.to_v6().to_bytes();
    for (std::size_t i = 0; i < 8; ++i) who.network = who.network << 8 | bytes[i];
  } else {
    who.network = address.to_v4().to_uint();
  }
  if (who.v6) {  // its text has no zone then
    auto zoneless = address.to_v6();
    zoneless.scope_id(0);
    address = zoneless;
  }
  who.trusted = trusts && trusts(address.to_string());
  return who;
}

}  // namespace

asio::execution_context::id connection_books::id;

void connection_books::use(const connection_bounds& bounds) {
  const std::lock_guard lock{mutex_};
  bounds_ = bounds;
  const auto reserve =
      std::clamp<std::size_t>(bounds.connections / 8, 1, limits::reserved_connections);
  const auto served = bounds.connections > reserve ? bounds.connections - reserve : 1;
  requests_ = client_shares{{.total = served, .percent = bounds.client_percent}};
  bodies_ = client_shares{
      {.total = bounds.body_bytes, .percent = bounds.client_percent, .least = bounds.largest_body}};
  unread_ = client_shares{{.total = bounds.unread_bytes}};
  // The other half is for clients that connect while one is being evicted.
  full_from_ =
      bounds.connections - std::min(bounds.connections, std::max<std::size_t>(1, reserve / 2));
}

connection_ptr connection_books::join(guarded_socket& socket, const asio::ip::address& from,
                                      int descriptor) {
  auto c = std::make_shared<connection_entry>();
  c->who = client_at(from, trusts);
  c->socket = &socket;
  c->descriptor = descriptor;
  c->began = c->moved = clock::now();  // it may be swept before it waits
  const std::lock_guard lock{mutex_};
  entries_.emplace(c.get(), c);
  make_room();
  return c;
}

void connection_books::make_room() {
  while (entries_.size() - evicted_ > full_from_ || crowd_.size() > limits::waiting_connections) {
    const auto victim = crowd_.first_to_go();
    if (!victim) return;  // all others are being served or parsed
    evict(**victim, {503, "too many connections are open"});
  }
}

/// A descriptor that is in its entry is not closed yet. Bytes that have come already are still read
/// and, if they are a whole request, it is served.
void connection_books::evict(connection_entry& c, early_rejection why) {
  crowd_.remove(&c);
  if (!std::exchange(c.evicted, std::move(why))) ++evicted_;
  if (c.descriptor >= 0)
    ::shutdown(c.descriptor, c.phase == connection_phase::answering ? SHUT_RDWR : SHUT_RD);
}

void connection_books::close(connection_entry& c) {
  const std::lock_guard lock{mutex_};
  crowd_.remove(&c);
  c.descriptor = -1;
}

void connection_books::leave(connection_entry& c) {
  const std::lock_guard lock{mutex_};
  if (std::exchange(c.has_left, true)) return;
  crowd_.remove(&c);
  c.descriptor = -1;
  set_body(c, 0);
  give_back_unread(c, c.unread_bytes);
  if (std::exchange(c.is_served, false)) requests_.give_back(c.who, 1);
  if (c.evicted) --evicted_;
  entries_.erase(&c);
}

std::size_t connection_books::open() const {
  const std::lock_guard lock{mutex_};
  return entries_.size();
}

std::optional<early_rejection> connection_books::waits(connection_entry& c, connection_phase phase,
                                                       clock::time_point began) {
  const std::lock_guard lock{mutex_};
  c.phase = phase;
  c.began = began;
  c.moved = clock::now();
  if (std::exchange(c.is_served, false))
    requests_.give_back(c.who, 1);  // nothing is read before the response to the last request
  if (c.evicted) return c.evicted;
  crowd_.add(&c, c.who, c.moved);
  return std::nullopt;
}

void connection_books::works(connection_entry& c) {
  const std::lock_guard lock{mutex_};
  crowd_.remove(&c);
}

bool connection_books::begins(connection_entry& c, bool vital) {
  const std::lock_guard lock{mutex_};
  if (c.is_served) return true;
  crowd_.remove(&c);  // it may be there when a request came together with one that was not served
  c.phase = connection_phase::answering;
  c.moved = clock::now();
  if (vital) {  // without a place: its client may not read the answer, and makes room for another
                // then
    crowd_.add(&c, c.who, c.moved);
    return true;
  }
  if (requests_.allows(c.who, 1)) {
    requests_.take(c.who, 1);
    c.is_served = true;
    if (std::exchange(c.evicted, std::nullopt))
      --evicted_;  // its request is complete all the same: it stays until the response
    return true;
  }
  crowd_.add(&c, c.who, c.moved);
  return false;
}

void connection_books::set_body(connection_entry& c, std::size_t bytes) {
  bodies_.give_back(c.who, c.body_bytes);
  bodies_.take(c.who, bytes);
  c.body_bytes = bytes;
}

/// How much its client has, to compare clients by.
std::size_t connection_books::weight_of(const connection_entry& c, const client_shares& of,
                                        amount_of amount) {
  return c.who.trusted ? c.*amount : of.held_by(c.who);
}

/// Of those that have any and are accepted: of the client that has most, the one that has been
/// still for longest.
template <class Accepts>
connection_entry* connection_books::heaviest(const client_shares& of, amount_of amount,
                                             Accepts accepts) const {
  connection_entry* found = nullptr;
  std::size_t weight = 0;
  for (const auto& [entry, owner] : entries_) {
    if (entry->*amount == 0 || !accepts(*entry)) continue;
    const auto its = weight_of(*entry, of, amount);
    if (its < weight || (its == weight && found != nullptr && found->moved <= entry->moved))
      continue;
    found = entry;
    weight = its;
  }
  return found;
}

std::optional<early_rejection> connection_books::has_body(connection_entry& c, std::size_t bytes) {
  const std::lock_guard lock{mutex_};
  if (bytes <= c.body_bytes) {
    set_body(c, bytes);
    return std::nullopt;
  }
  const auto more = bytes - c.body_bytes;
  const auto weight = weight_of(c, bodies_, &connection_entry::body_bytes) + more;
  const auto is_half_received = [](const connection_entry& other) {
    return !other.is_served && !other.evicted;
  };
  while (!bodies_.has_room(more)) {
    auto* victim = heaviest(bodies_, &connection_entry::body_bytes, is_half_received);
    if (victim == nullptr || victim == &c ||
        weight_of(*victim, bodies_, &connection_entry::body_bytes) <= weight)
      break;
    set_body(*victim, 0);
    evict(*victim, {503, "too many large requests are being received"});
  }
  const auto most = bodies_.greediest();
  const bool takes_most = !most || bodies_.held_by(*most) <= weight;
  if (!bodies_.has_room(more) || (takes_most && !bodies_.allows(c.who, more))) {
    set_body(c, 0);
    return early_rejection{503, "too many large requests are being received"};
  }
  set_body(c, bytes);
  return std::nullopt;
}

permit connection_books::writes(const connection_ptr& c, std::size_t bytes) {
  if (!c || bytes == 0) return {};
  {
    const std::lock_guard lock{mutex_};
    if (c->has_left) return {};
    take_unread(*c, bytes);
  }
  return permit{[this, c, bytes] {
    const std::lock_guard lock{mutex_};
    give_back_unread(*c, std::min(bytes, c->unread_bytes));
  }};
}

void connection_books::take_unread(connection_entry& c, std::size_t bytes) {
  unread_.take(c.who, bytes);
  c.unread_bytes += bytes;
  c.moved = clock::now();
  const auto is_another = [&c](const connection_entry& other) { return &other != &c; };
  while (unread_.held() > unread_.total()) {
    auto* victim = heaviest(unread_, &connection_entry::unread_bytes, is_another);
    const auto own = weight_of(c, unread_, &connection_entry::unread_bytes);
    if (victim == nullptr || weight_of(*victim, unread_, &connection_entry::unread_bytes) < own)
      return;  // this one alone is that large
    give_back_unread(*victim, victim->unread_bytes);
    if (victim->descriptor >= 0) ::shutdown(victim->descriptor, SHUT_RDWR);
    observe::log(observe::level::debug, "a response that is not read is broken off");
  }
}

void connection_books::give_back_unread(connection_entry& c, std::size_t bytes) {
  unread_.give_back(c.who, bytes);
  c.unread_bytes -= bytes;
}

void connection_books::answers(connection_entry& c) {
  const std::lock_guard lock{mutex_};
  c.moved = clock::now();
  set_body(c, 0);
}

std::optional<early_rejection> connection_books::evicted(const connection_entry& c) const {
  const std::lock_guard lock{mutex_};
  return c.evicted;
}

void connection_books::sweep(clock::time_point now) {
  const std::lock_guard lock{mutex_};
  for (const auto& [c, owner] : entries_) {
    if (c->evicted || c->is_served) continue;
    const auto since = now - c->began;
    const bool idle = c->phase == connection_phase::idle && since >= bounds_.idle;
    const bool late = c->phase == connection_phase::head && since >= bounds_.head;
    if (idle || late) evict(*c, {408, "the request did not arrive in time"});
  }
}

void connection_books::hang_up_all() {
  std::vector<connection_ptr> all;  // `hang_up` calls back
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [c, owner] : entries_) all.push_back(owner);
  }
  for (const auto& c : all) c->socket->hang_up();
}

}  // namespace retail_pulse::http
