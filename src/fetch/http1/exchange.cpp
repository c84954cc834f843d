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

/// A request as it goes over the wire (RFC 9112), a header line at a time.
class request_text {
 public:
  request_text(std::string_view method, const url& of, std::string_view user_agent) {
    text_.reserve(512);
    text_.append(method).append(" ").append(of.target).append(" HTTP/1.1\r\n");
    add("Host", of.authority());
    add("Accept", "*/*");
    add("Accept-Encoding", "identity");
    add("User-Agent", user_agent);
  }

  /// Neither holds a line end: names are ours, and what a server gave us to send back had no control character in it.
  void add(std::string_view name, std::string_view value) { text_.append(name).append(": ").append(value).append("\r\n"); }

  std::string finish(std::string_view body = {}) && {
    text_.append("\r\n").append(body);
    return std::move(text_);
  }

 private:
  std::string text_;
};

std::string get_request(const url& of, std::string_view user_agent, const intake& file, const file_version* known) {
  request_text request{"GET", of, user_agent};
  if (const auto range = file.range_to_ask()) {
    const auto last = range->last ? std::to_string(*range->last) : std::string{};
    request.add("Range", "bytes=" + std::to_string(range->first) + "-" + last);
    if (!file.if_range().empty()) request.add("If-Range", file.if_range());
  }
  if (known != nullptr && file.is_conditional()) {
    if (!known->etag.empty()) request.add("If-None-Match", known->etag);
    if (!known->last_modified.empty()) request.add("If-Modified-Since", known->last_modified);
  }
  return std::move(request).finish();
}

std::string post_request(const url& of, std::string_view user_agent, const post& what) {
  request_text request{"POST", of, user_agent};
  for (const auto& [name, value] : what.headers) request.add(name, value);
  request.add("Content-Length", std::to_string(what.body.size()));
  request.add("Connection", "close");
  return std::move(request).finish(what.body);
}

bool is_redirect(const response_head& head) {
  const bool redirects = (head.status >= 301 && head.status <= 303) || head.status == 307 || head.status == 308;
  return redirects && !head.location.empty();
}

/// Hands a response to the file as it comes, and decides whether a rest that nobody wants is read or cut.
class response_receiver {
 public:
  response_receiver(guarded_stream& stream, intake& file, bool was_kept) : stream_(stream), file_(file), was_kept_(was_kept) {}

  /// True when the body was read to its end, as its framing tells it.
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
    if (is_wanted() && complete) last_ = file_.end();
    exchange result;
    result.head = stream_.head();
    result.bytes = bytes_;
    result.reusable = complete && stream_.is_reusable() && !speaks_of_the_connection();
    result.wants_new_connection = was_kept_ && ((stream_.connection_lost() && stream_.received_nothing()) || speaks_of_the_connection());
    if (redirected_) {
      result.what = exchange::kind::redirected;
    } else if (is_wanted()) {
      result.failed = stream_.broken().value_or(fault{error_code::protocol_error, "the response cannot be read"});
    } else {
      result.what = last_ == intake::step::again ? exchange::kind::again : exchange::kind::settled;
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
    return go_on(file_.begin(head));
  }

  bool on_body(std::string_view piece) {
    bytes_ += static_cast<std::int64_t>(piece.size());
    if (!is_wanted()) {
      drained_ += piece.size();
      return file_.account().drain(piece.size()) && drained_ <= limits::rest_drained_bytes;
    }
    return go_on(file_.add(std::as_bytes(std::span{piece})));
  }

  /// Whether the status is about the connection, and another one may be answered otherwise.
  bool speaks_of_the_connection() const {
    return stream_.head() && describe_status(stream_.head()->status).again == another_attempt::can_help_elsewhere;
  }

  bool is_wanted() const { return !redirected_ && last_ == intake::step::read; }

  bool go_on(intake::step step) {
    last_ = step;
    return step == intake::step::read || begin_to_drain();
  }

  /// Whether the rest is worth reading. Of one whose length is not known, the start is.
  bool begin_to_drain() {
    const auto& head = *stream_.head();
    if (!head.keep_alive || !file_.account().may_drain()) return false;  // nothing to gain, or too much of it by now
    const auto received = static_cast<std::uint64_t>(bytes_);
    if (head.end == response_head::body_end::at_length && head.length - received > limits::rest_drained_bytes) return false;
    stream_.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
    return true;
  }

  guarded_stream& stream_;
  intake& file_;
  const bool was_kept_;
  intake::step last_ = intake::step::read;
  bool redirected_ = false;
  std::int64_t bytes_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace

exchange run_exchange(connection& over, bool was_kept, const url& of, std::string_view user_agent, intake& file, const file_version* known,
                      const patience& limit) {
  guarded_stream stream{over, limit};
  response_receiver receiver{stream, file, was_kept};
  const bool complete = stream.send(get_request(of, user_agent, file, known)) && stream.read_head() && receiver.receive();
  return receiver.finish(complete);
}

std::variant<response_head, fault> run_post(connection& over, const url& of, std::string_view user_agent, const post& what,
                                            const patience& limit) {
  guarded_stream stream{over, limit};
  if (!stream.send(post_request(of, user_agent, what)) || !stream.read_head()) return *stream.broken();
  stream.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
  for (std::size_t read = 0; read <= limits::rest_drained_bytes;) {
    const auto piece = stream.read_body();
    if (piece.empty()) break;
    read += piece.size();
  }
  return *stream.head();  // whatever became of the body
}

}  // namespace retail_pulse::fetch
