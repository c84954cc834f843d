#include "fetch/exchange.hpp"

#include <httplib.h>

#include <span>
#include <string>
#include <utility>

#include "core/limits.hpp"
#include "fetch/guarded_stream.hpp"
#include "imaging/image_reader.hpp"

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

httplib::Request request_for(const url& of) {
  httplib::Request request;
  request.method = "GET";
  request.path = of.target;
  request.headers = {{"Host", of.authority()}, {"Accept", "*/*"}, {"Accept-Encoding", "identity"}, {"User-Agent", "retail-pulse"}};
  return request;
}

bool is_file(const response_head& head) { return head.status == 200 || head.status == 203; }

bool is_redirect(const response_head& head) {
  const bool redirects = (head.status >= 301 && head.status <= 303) || head.status == 307 || head.status == 308;
  return redirects && !head.location.empty();
}

/// Decides, as the response comes, what it means and whether to go on reading.
class image_receiver {
 public:
  image_receiver(guarded_stream& stream, std::int64_t max_bytes) : stream_(stream), max_bytes_(max_bytes) {}

  bool on_head() {
    const auto& head = *stream_.head();
    if (is_file(head)) {
      return head.length <= static_cast<std::uint64_t>(max_bytes_) || settle(too_large());
    }
    settled_ = true;
    if (head.status == 206) {
      failed_ = fault{error_code::protocol_error, "a part of the file that was not asked for"};
    } else if (!is_redirect(head)) {
      failed_ = fault{error_code::http_status, "status " + std::to_string(head.status)};
    }
    return is_rest_small() && begin_to_drain();
  }

  bool on_body(const char* data, std::size_t size) {
    bytes_ += static_cast<std::int64_t>(size);
    if (settled_) {
      drained_ += size;
      return drained_ <= limits::rest_drained_bytes;
    }
    if (bytes_ > max_bytes_) return settle(too_large());
    if (reader_.feed(std::as_bytes(std::span{data, size})) != imaging::image_reader::state::failed) return true;
    conclude();
    return is_rest_small() && begin_to_drain();
  }

  /// The response ended; `complete` when its framing says so.
  exchange finish(bool complete) {
    if (!settled_ && complete) conclude();
    if (!settled_) failed_ = stream_.broken().value_or(fault{error_code::protocol_error, "the response cannot be read"});
    return {std::move(failed_), measured_, stream_.head(), bytes_, complete && stream_.is_reusable(), is_lost_unanswered()};
  }

 private:
  fault too_large() const { return {error_code::too_large, "more than " + std::to_string(max_bytes_) + " bytes"}; }

  bool settle(fault why) {
    settled_ = true;
    failed_ = std::move(why);
    return false;
  }

  void conclude() {
    settled_ = true;
    const auto answer = reader_.finish();
    measured_ = answer.measured;
    if (answer.code != error_code::none) failed_ = fault{answer.code, "after " + std::to_string(bytes_) + " bytes"};
  }

  bool is_rest_small() const {
    const auto& head = *stream_.head();
    if (!head.keep_alive) return false;  // nothing to gain
    return head.end != response_head::body_end::at_length || head.length - static_cast<std::uint64_t>(bytes_) <= limits::rest_drained_bytes;
  }

  bool begin_to_drain() {
    stream_.hurry(std::chrono::steady_clock::now() + limits::rest_drained_for);
    return true;
  }

  bool is_lost_unanswered() const { return stream_.connection_lost() && stream_.received_nothing(); }

  guarded_stream& stream_;
  const std::int64_t max_bytes_;
  imaging::image_reader reader_;
  std::int64_t bytes_ = 0;
  std::size_t drained_ = 0;
  bool settled_ = false;  ///< the answer is known; what still comes is not looked at
  std::optional<fault> failed_;
  measurement measured_;
};

}  // namespace

exchange run_exchange(connection& over, const url& of, std::int64_t max_bytes, const patience& limit) {
  guarded_stream stream{over, limit};
  image_receiver receiver{stream, max_bytes};
  auto request = request_for(of);
  request.response_handler = [&](const httplib::Response&) { return receiver.on_head(); };
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) { return receiver.on_body(data, size); };
  http_client client{of};
  bool complete = client.run(stream, request);
  if (complete && stream.head()->status == 204) receiver.on_head();  // cpp-httplib asks nobody about a 204
  complete = complete && stream.is_body_complete();
  return receiver.finish(complete);
}

}  // namespace retail_pulse::fetch
