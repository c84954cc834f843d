#include "http/restinio/guarded_socket.hpp"

#include <sys/socket.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/limits.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {
namespace {

/// One try, without waiting: there is room for a few hundred bytes, unless the client has not read
/// its earlier responses.
bool send_now(int descriptor, std::string_view text) {
  return ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

/// A rejected client that is still sending would get a reset, and lose the response, if the
/// descriptor were closed at once. This reads and drops bytes until the client closes, or there
/// were limits::refusal_linger_bytes, or after limits::refusal_linger.
class lingering : public std::enable_shared_from_this<lingering> {
 public:
  lingering(asio::ip::tcp::socket socket, std::atomic<std::size_t>& count)
      : socket_{std::move(socket)}, timer_{socket_.get_executor()}, count_{count} {
    ++count_;
  }
  ~lingering() { --count_; }
  lingering(const lingering&) = delete;
  lingering& operator=(const lingering&) = delete;

  void start() {
    timer_.expires_after(limits::refusal_linger);
    timer_.async_wait([self = shared_from_this()](const asio::error_code&) { self->end(); });
    read();
  }

 private:
  void read() {
    socket_.async_read_some(
        asio::buffer(buffer_),
        [self = shared_from_this()](const asio::error_code& error, std::size_t bytes) {
          if (error || bytes >= self->left_) return self->end();
          self->left_ -= bytes;
          self->read();
        });
  }

  void end() {
    asio::error_code ignored;  // the client has gone
    socket_.close(ignored);
    timer_.cancel();
  }

  asio::ip::tcp::socket socket_;
  asio::steady_timer timer_;
  std::atomic<std::size_t>& count_;
  std::size_t left_ = limits::refusal_linger_bytes;
  std::array<char, 16 << 10> buffer_;
};

}  // namespace

parse_note& note_of_this_thread() {
  thread_local parse_note note;
  return note;
}

namespace {

connection_ptr& handled_by_this_thread() {
  thread_local connection_ptr entry;
  return entry;
}

}  // namespace

const connection_ptr& guarded_socket::of_this_thread() { return handled_by_this_thread(); }

guarded_socket::being_handled::being_handled(const guarded_socket& socket) {
  handled_by_this_thread() = socket.entry_;
}
guarded_socket::being_handled::~being_handled() { handled_by_this_thread() = nullptr; }

guarded_socket::~guarded_socket() {
  if (entry_) books_->leave(*entry_);
}

void guarded_socket::before_read() {
  if (!entry_) entry_ = books_->join(*this, remote_endpoint().address(), native_handle());
  const auto note = std::exchange(note_of_this_thread(), {});
  if (note.began) {
    in_request_ = true;
    head_since_ = connection_books::clock::now();
    parser_ = note.parser;
  }
  if (!wrong_.empty()) return reject({400, std::string{wrong_}});
  if (!in_request_ && !idle_since_) idle_since_ = connection_books::clock::now();
  count_framing(note);
  using enum connection_phase;
  const auto evicted = books_->waits(*entry_,
                                     !in_request_ ? idle
                                     : in_body_   ? body
                                                  : head,
                                     in_request_ ? head_since_ : *idle_since_);
  if (evicted && in_request_) return reject(*evicted);
  if (evicted)
    return give_up();  // without a response, which could be taken for that to the next request
  if (note.wants_continue && !send_now(native_handle(), "HTTP/1.1 100 Continue\r\n\r\n")) {
    observe::log(
        observe::level::debug,
        "a 100 Continue could not be sent");  // the client sends its body after a while in any case
  }
  if (framing_ > limits::request_framing_bytes)
    return reject({400, "the extensions of a chunk, or the trailers, are too long"});
  if (in_request_ && !in_body_) head_bytes_ += last_read_;
  body_bytes_ = std::max(body_bytes_, note.body_bytes);
  const auto received = head_bytes_ + body_bytes_;
  if (received <= received_bytes_) return;
  received_bytes_ = received;
  if (const auto too_many = books_->has_body(*entry_, received)) reject(*too_many);
}

/// The parser skips chunk extensions, however long they are.
void guarded_socket::count_framing(const parse_note& note) {
  if (note.began) {
    in_body_ = false;
    head_bytes_ = body_bytes_ = received_bytes_ = 0;
  }
  in_body_ |= note.in_body;
  framing_ = in_request_ && in_body_ && note.body_bytes <= body_bytes_ ? framing_ + last_read_ : 0;
}

void guarded_socket::after_read(std::size_t bytes) {
  last_read_ = bytes;
  books_->works(*entry_);
  note_of_this_thread() = {};
  if (in_request_) note_of_this_thread().parser = parser_;
}

std::size_t guarded_socket::sound_part(std::string_view bytes) {
  const auto seen = check_.take(bytes);
  wrong_ = seen.wrong;
  if (!wrong_.empty() && seen.sound == 0) reject({400, std::string{wrong_}});
  return seen.sound;
}

void guarded_socket::before_write() {
  in_request_ = false;
  idle_since_.reset();
  head_bytes_ = body_bytes_ = received_bytes_ = 0;
  books_->answers(*entry_);
}

std::optional<early_rejection> guarded_socket::reason_to_close() {
  auto note = std::exchange(note_of_this_thread(), {});
  if (!is_open()) return std::nullopt;
  if (note.rejected) return std::move(note.rejected);
  if (!in_request_) return std::nullopt;
  if (auto evicted = books_->evicted(*entry_)) return evicted;
  char next = 0;
  const bool ended = ::recv(native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  if (ended) return early_rejection{400, "the request ended early"};
  return early_rejection{408, "the request did not arrive in time"};
}

void guarded_socket::shutdown(shutdown_type what, asio::error_code& error) {
  if (entry_) books_->close(*entry_);  // RESTinio closes the descriptor next
  if (note_of_this_thread().reset) {
    note_of_this_thread() = {};
    set_option(asio::socket_base::linger{true, 0}, error);
  } else if (const auto why = reason_to_close()) {
    reject(*why);
  } else {
    base::shutdown(what, error);
  }
}

void guarded_socket::give_up() {
  if (entry_) books_->close(*entry_);
  ::shutdown(native_handle(), SHUT_RDWR);
  asio::error_code ignored;  // it is closed in any case
  base::close(ignored);
}

void guarded_socket::hang_up() {
  if (!is_open()) return;
  if (in_request_) return reject({503, "the service is stopping"});
  ::shutdown(native_handle(), SHUT_RDWR);
}

void guarded_socket::reject(const early_rejection& why) {
  in_request_ = false;
  if (entry_) books_->close(*entry_);
  const bool sent = send_now(native_handle(), books_->as_text(why));
  ::shutdown(native_handle(), SHUT_WR);
  asio::error_code failed;
  const auto protocol = local_endpoint(failed).protocol();
  if (failed || !sent || books_->lingering >= limits::refusals_lingering) return give_up();
  const int descriptor = release(failed);
  if (failed) return give_up();
  asio::ip::tcp::socket rest{asio::make_strand(get_executor())};
  rest.assign(protocol, descriptor, failed);
  if (failed) {
    ::close(descriptor);
    return;
  }
  std::make_shared<lingering>(std::move(rest), books_->lingering)->start();
}

}  // namespace retail_pulse::http
