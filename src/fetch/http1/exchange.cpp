#include "fetch/http1/exchange.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/http_status.hpp"
#include "core/limits.hpp"
#include "fetch/http1/guarded_stream.hpp"

namespace retail_pulse::fetch {
namespace {

bool is_redirect(const response_head& head) {
  const bool redirects =
      (head.status >= 301 && head.status <= 303) || head.status == 307 || head.status == 308;
  return redirects && !head.location.empty();
}

/// Passes a response to its receiver, and decides whether an unwanted rest is read or cut.
class response_transfer {
 public:
  response_transfer(guarded_stream& stream, response_receiver& to, bool was_kept)
      : stream_(stream), receiver_(to), was_kept_(was_kept) {}

  /// True if the body was read to its end, by its framing.
  bool receive() {
    bool goes_on = on_head();
    while (goes_on) {
      const auto piece = stream_.read_body();
      if (piece.empty()) break;
      goes_on = on_body(piece);
    }
    return goes_on && stream_.is_body_complete();
  }

  /// The response ended; `complete` when its framing says so.
  exchange finish(bool complete) {
    if (is_wanted() && complete) last_ = receiver_.end();
    exchange result;
    result.head = stream_.head();
    result.bytes = bytes_;
    result.reusable = complete && stream_.is_reusable() && !speaks_of_the_connection();
    result.wants_new_connection =
        was_kept_ &&
        ((stream_.connection_lost() && stream_.received_nothing()) || speaks_of_the_connection());
    if (redirected_) {
      result.what = exchange::kind::redirected;
    } else if (is_wanted()) {
      result.failed = stream_.broken().value_or(
          fault{error_code::protocol_error, "the response cannot be read"});
    } else {
      result.what =
          last_ == response_receiver::step::again ? exchange::kind::again : exchange::kind::settled;
    }
    return result;
  }

 private:
  bool on_head() {
    const auto& head = *stream_.head();
    if (was_kept_ && speaks_of_the_connection()) return false;
    if (is_redirect(head)) {
      redirected_ = true;
      return begin_to_drain();
    }
    return go_on(receiver_.begin(head));
  }

  bool on_body(std::string_view piece) {
    bytes_ += static_cast<std::int64_t>(piece.size());
    if (!is_wanted()) {
      drained_ += piece.size();
      return receiver_.account().drain(piece.size()) && drained_ <= limits::rest_drained_bytes;
    }
    return go_on(receiver_.add(std::as_bytes(std::span{piece})));
  }

  /// Whether the status is about the connection, and another one may be answered otherwise.
  bool speaks_of_the_connection() const {
    return stream_.head() &&
           describe_status(stream_.head()->status).again == another_attempt::can_help_elsewhere;
  }

  bool is_wanted() const { return !redirected_ && last_ == response_receiver::step::read; }

  bool go_on(response_receiver::step step) {
    last_ = step;
    return step == response_receiver::step::read || begin_to_drain();
  }

  /// Whether the rest is worth reading. Of one whose length is not known, the start is.
  bool begin_to_drain() {
    const auto& head = *stream_.head();
    if (!head.keep_alive || !receiver_.account().may_drain())
      return false;  // nothing to gain, or too much of it by now
    const auto received = static_cast<std::uint64_t>(bytes_);
    if (head.end == response_head::body_end::at_length &&
        head.length - received > limits::rest_drained_bytes)
      return false;
    stream_.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
    return true;
  }

  guarded_stream& stream_;
  response_receiver& receiver_;
  const bool was_kept_;
  response_receiver::step last_ = response_receiver::step::read;
  bool redirected_ = false;
  std::int64_t bytes_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace

request_text::request_text(std::string_view method, const url& of, std::string_view user_agent) {
  text_.reserve(512);
  text_.append(method).append(" ").append(of.target).append(" HTTP/1.1\r\n");
  add("Host", of.authority());
  add("Accept", "*/*");
  add("Accept-Encoding", "identity");
  add("User-Agent", user_agent);
}

void request_text::add(std::string_view name, std::string_view value) {
  text_.append(name).append(": ").append(value).append("\r\n");
}

std::string request_text::finish(std::string_view body) && {
  text_.append("\r\n").append(body);
  return std::move(text_);
}

exchange run_exchange(connection& over, bool was_kept, std::string_view request,
                      response_receiver& to, const io_deadline& until) {
  guarded_stream stream{over, until};
  response_transfer transfer{stream, to, was_kept};
  const bool complete = stream.send(request) && stream.read_head() && transfer.receive();
  return transfer.finish(complete);
}

std::variant<response_head, fault> exchange_for_head(connection& over, std::string_view request,
                                                     const io_deadline& until) {
  guarded_stream stream{over, until};
  if (!stream.send(request) || !stream.read_head()) return *stream.broken();
  stream.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
  for (std::size_t read = 0; read <= limits::rest_drained_bytes;) {
    const auto piece = stream.read_body();
    if (piece.empty()) break;
    read += piece.size();
  }
  return *stream.head();  // also if the body broke off
}

}  // namespace retail_pulse::fetch
