#include "fetch/http1/guarded_stream.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace retail_pulse::fetch {

void guarded_stream::fail(fault why) {
  if (!broken_) broken_ = std::move(why);
}

void guarded_stream::fail(io how, const char* doing) {
  lost_ = how == io::ended || how == io::broken;
  switch (how) {
    case io::timed_out:
      return fail({error_code::timed_out, std::string{"no time left while "} + doing});
    case io::gave_way:
      return fail(gave_way_while(doing));
    case io::cancelled:
      return fail({error_code::internal, "the fetch engine is shutting down"});
    default:
      break;
  }
  const auto detail = std::string{"the connection broke while "} + doing;
  if (!head_ && received_)
    return fail({error_code::protocol_error, detail, "the connection broke within its headers"});
  fail({head_ ? error_code::truncated : error_code::connect_failed, detail});
}

bool guarded_stream::send(std::string_view request) {
  while (!request.empty()) {
    const auto written = over_.write(request.data(), request.size(), until_);
    if (written.how != io::ok) {
      fail(written.how, "sending the request");
      return false;
    }
    request.remove_prefix(written.bytes);
  }
  return true;
}

/// Only if nothing is buffered.
bool guarded_stream::fill() {
  const auto got = over_.read(buffer_.data(), buffer_.size(), until_);
  if (got.how == io::ended && head_ && head_->end == response_head::body_end::at_close) {
    closed_ = true;
    return false;
  }
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
    until_.gives_way = nullptr;  // the peer has answered
    body_left_ = head_->length;
    return true;
  }
}

std::string_view guarded_stream::take(std::uint64_t most) {
  if (buffered().empty() && !fill()) return {};
  const auto taken =
      buffered().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(most, buffer_.size())));
  start_ += taken.size();
  return taken;
}

std::string_view guarded_stream::read_body() {
  if (broken_ || is_body_complete()) return {};
  switch (head_->end) {
    case response_head::body_end::at_close:
      return take(buffer_.size());
    case response_head::body_end::at_last_chunk:
      return read_chunked();
    case response_head::body_end::at_length:
      break;
  }
  const auto taken = take(body_left_);
  body_left_ -= taken.size();
  return taken;
}

std::string_view guarded_stream::read_chunked() {
  while (chunks_.expected() == chunk_reader::next::framing) {
    if (buffered().empty() && !fill()) return {};
    chunks_.take(buffer_[start_++]);
  }
  if (chunks_.expected() == chunk_reader::next::failed) fail(chunks_.error());
  if (chunks_.expected() != chunk_reader::next::data) return {};
  const auto taken = take(chunks_.data_left());
  chunks_.skip(taken.size());
  return taken;
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
