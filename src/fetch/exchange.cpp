#include "fetch/exchange.hpp"

#include <httplib.h>

#include <span>
#include <string>
#include <utility>

#include "core/limits.hpp"
#include "fetch/guarded_stream.hpp"

namespace retail_pulse::fetch {
namespace {

/// cpp-httplib's client without its connections: only the part that writes a request and reads a response over a stream.
class http_client final : private httplib::ClientImpl {
 public:
  explicit http_client(const url& to) : ClientImpl(to.host, to.port) {
    set_url_encode(false);  // the target is encoded already
    set_decompress(false);
    set_keep_alive(true);
  }

  bool run(httplib::Stream& over, httplib::Request& request) {
    httplib::Response response;
    auto error = httplib::Error::Success;
    return process_request(over, request, response, false, error);
  }
};

httplib::Request request_for(const char* method, const url& of) {
  httplib::Request request;
  request.method = method;
  request.path = of.target;
  request.headers = {{"Host", of.authority()}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}, {"User-Agent", "retail-pulse"}};
  return request;
}

httplib::Request request_for(const url& of, const intake& file, const file_version* known) {
  auto request = request_for("GET", of);
  if (const auto range = file.range_to_ask()) {
    const auto last = range->last ? std::to_string(*range->last) : std::string{};
    request.headers.emplace("Range", "bytes=" + std::to_string(range->first) + "-" + last);
    if (!file.if_range().empty()) request.headers.emplace("If-Range", file.if_range());
  }
  if (known != nullptr && file.is_conditional()) {
    if (!known->etag.empty()) request.headers.emplace("If-None-Match", known->etag);
    if (!known->last_modified.empty()) request.headers.emplace("If-Modified-Since", known->last_modified);
  }
  return request;
}

bool is_redirect(const response_head& head) {
  const bool redirects = (head.status >= 301 && head.status <= 303) || head.status == 307 || head.status == 308;
  return redirects && !head.location.empty();
}

/// Hands a response to the file as it comes, and decides whether a rest that nobody wants is read or cut.
class response_receiver {
 public:
  response_receiver(guarded_stream& stream, intake& file) : stream_(stream), file_(file) {}

  bool on_head() {
    const auto& head = *stream_.head();
    if (is_redirect(head)) {
      redirected_ = true;
      return begin_to_drain();
    }
    return go_on(file_.begin(head));
  }

  bool on_body(const char* data, std::size_t size) {
    bytes_ += static_cast<std::int64_t>(size);
    if (!is_wanted()) {
      drained_ += size;
      return drained_ <= limits::rest_drained_bytes;
    }
    return go_on(file_.add(std::as_bytes(std::span{data, size})));
  }

  /// The response ended; `complete` when its framing says so.
  exchange finish(bool complete) {
    if (is_wanted() && complete) last_ = file_.end();
    exchange result;
    result.head = stream_.head();
    result.bytes = bytes_;
    result.reusable = complete && stream_.is_reusable();
    result.died_unanswered = stream_.connection_lost() && stream_.received_nothing();
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
  bool is_wanted() const { return !redirected_ && last_ == intake::step::read; }

  bool go_on(intake::step step) {
    last_ = step;
    return step == intake::step::read || begin_to_drain();
  }

  /// Whether the rest is worth reading. Of one whose length is not known, the start is.
  bool begin_to_drain() {
    const auto& head = *stream_.head();
    if (!head.keep_alive) return false;  // nothing to gain
    const auto received = static_cast<std::uint64_t>(bytes_);
    if (head.end == response_head::body_end::at_length && head.length - received > limits::rest_drained_bytes) return false;
    stream_.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
    return true;
  }

  guarded_stream& stream_;
  intake& file_;
  intake::step last_ = intake::step::read;
  bool redirected_ = false;
  std::int64_t bytes_ = 0;
  std::size_t drained_ = 0;
};

}  // namespace

exchange run_exchange(connection& over, const url& of, intake& file, const file_version* known, const patience& limit) {
  guarded_stream stream{over, limit};
  response_receiver receiver{stream, file};
  auto request = request_for(of, file, known);
  request.response_handler = [&](const httplib::Response&) { return receiver.on_head(); };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) { return receiver.on_body(data, size); };
  http_client client{of};
  bool complete = client.run(stream, request);
  if (complete && stream.head()->status == 204) receiver.on_head();  // cpp-httplib asks nobody about a 204
  complete = complete && stream.is_body_complete();
  return receiver.finish(complete);
}

std::variant<response_head, fault> run_post(connection& over, const url& of, const post& what, const patience& limit) {
  guarded_stream stream{over, limit};
  auto request = request_for("POST", of);
  for (const auto& [name, value] : what.headers) request.headers.emplace(name, value);
  request.headers.emplace("Connection", "close");
  request.body = what.body;
  request.response_handler = [&](const httplib::Response&) {
    stream.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
    return true;
  };
  std::size_t read = 0;
  request.content_receiver = [&](const char*, std::size_t size, std::uint64_t, std::uint64_t) {
    read += size;
    return read <= limits::rest_drained_bytes;
  };
  http_client client{of};
  client.run(stream, request);
  if (stream.head()) return *stream.head();  // whatever became of the body
  return stream.broken().value_or(fault{error_code::protocol_error, "the response cannot be read"});
}

}  // namespace retail_pulse::fetch
