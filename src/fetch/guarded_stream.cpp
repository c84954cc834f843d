#include "fetch/guarded_stream.hpp"

#include <algorithm>
#include <cstring>

namespace retail_pulse::fetch {

ssize_t guarded_stream::fail(fault why) {
  if (!broken_) broken_ = std::move(why);
  return -1;
}

ssize_t guarded_stream::fail(io how, const char* doing) {
  lost_ = how == io::ended || how == io::broken;
  switch (how) {
    case io::timed_out:
      return fail({error_code::timed_out, std::string{"no time left while "} + doing});
    case io::cancelled:
      return fail({error_code::internal, "the fetch engine is shutting down"});
    default:
      break;
  }
  const auto code = head_ ? error_code::truncated : received_ ? error_code::protocol_error : error_code::connect_failed;
  return fail({code, std::string{"the connection broke while "} + doing});
}

ssize_t guarded_stream::write(const char* data, std::size_t size) {
  const auto written = over_.write(data, size, limit_);
  return written.how == io::ok ? static_cast<ssize_t>(written.bytes) : fail(written.how, "sending the request");
}

bool guarded_stream::fill() {
  const auto got = over_.read(buffer_.data(), buffer_.size(), limit_);
  if (got.how != io::ok) {
    fail(got.how, head_ ? "reading the body" : "waiting for the response");
    return false;
  }
  received_ = true;
  start_ = 0;
  end_ = got.bytes;
  return true;
}

bool guarded_stream::read_head() {
  for (;;) {
    if (buffered().empty() && !fill()) return false;
    std::size_t used = 0;
    const auto state = head_reader_.feed(buffered(), used);
    start_ += used;
    if (state == head_reader::state::need_more) continue;
    if (state == head_reader::state::failed) {
      fail(head_reader_.error());
      return false;
    }
    head_ = head_reader_.head();
    body_left_ = head_->length;
    // 204 keeps cpp-httplib from waiting for a body; any other number makes it read until `read` says the end.
    given_head_ = head_->status == 204 ? "HTTP/1.1 204\r\n\r\n" : "HTTP/1.1 200\r\n\r\n";
    return true;
  }
}

ssize_t guarded_stream::read(char* data, std::size_t size) {
  if (broken_) return -1;
  if (!head_ && !read_head()) return -1;
  if (given_head_.empty()) return read_body(data, size);
  const auto given = std::min(size, given_head_.size());
  std::memcpy(data, given_head_.data(), given);
  given_head_.remove_prefix(given);
  return static_cast<ssize_t>(given);
}

ssize_t guarded_stream::read_raw(char* data, std::size_t size) {
  if (const auto have = buffered(); !have.empty()) {
    const auto taken = std::min(size, have.size());
    std::memcpy(data, have.data(), taken);
    start_ += taken;
    return static_cast<ssize_t>(taken);
  }
  const auto got = over_.read(data, size, limit_);
  if (got.how == io::ok) return static_cast<ssize_t>(got.bytes);
  if (got.how == io::ended && head_->end == response_head::body_end::at_close) {
    closed_ = true;
    return 0;
  }
  return fail(got.how, "reading the body");
}

ssize_t guarded_stream::read_body(char* data, std::size_t size) {
  switch (head_->end) {
    case response_head::body_end::at_close:
      return closed_ ? 0 : read_raw(data, size);
    case response_head::body_end::at_last_chunk:
      return read_chunked(data, size);
    case response_head::body_end::at_length:
      break;
  }
  if (body_left_ == 0) return 0;
  const auto got = read_raw(data, static_cast<std::size_t>(std::min<std::uint64_t>(size, body_left_)));
  if (got > 0) body_left_ -= static_cast<std::uint64_t>(got);
  return got;
}

ssize_t guarded_stream::read_chunked(char* data, std::size_t size) {
  while (chunks_.expected() == chunk_reader::next::framing) {
    if (buffered().empty() && !fill()) return -1;
    chunks_.take(buffer_[start_++]);
  }
  if (chunks_.expected() == chunk_reader::next::failed) return fail(chunks_.error());
  if (chunks_.expected() == chunk_reader::next::done) return 0;
  const auto got = read_raw(data, static_cast<std::size_t>(std::min<std::uint64_t>(size, chunks_.data_left())));
  if (got > 0) chunks_.skip(static_cast<std::uint64_t>(got));
  return got;
}

bool guarded_stream::is_body_complete() const {
  if (!head_) return false;
  switch (head_->end) {
    case response_head::body_end::at_close:
      return closed_;
    case response_head::body_end::at_last_chunk:
      return chunks_.expected() == chunk_reader::next::done;
    case response_head::body_end::at_length:
      break;
  }
  return body_left_ == 0;
}

}  // namespace retail_pulse::fetch
