#include "fetch/engine/intake.hpp"

#include <algorithm>
#include <utility>

#include "core/limits.hpp"
#include "core/text.hpp"

namespace retail_pulse::fetch {
namespace {

bool names_none(const std::variant<std::vector<content_coding>, fault>& codings) {
  const auto* known = std::get_if<std::vector<content_coding>>(&codings);
  return known != nullptr && known->empty();
}

}  // namespace

intake::intake(mode how, byte_account so_far, picture_store* keep, bool conditional,
               steady_time deadline)
    : how_{how},
      account_{so_far},
      deadline_{deadline},
      conditional_{conditional},
      whole_{how == mode::full} {
  if (keep != nullptr && how == mode::full) picture_.emplace(keep->begin());
}

std::optional<intake::range> intake::range_to_ask() const {
  if (whole_) return std::nullopt;
  const auto first = reader_.wanted();
  if (account_.requests() >= limits::ranges) return range{first, std::nullopt};
  const auto last = first + limits::range_bytes - 1;
  return range{first, total_ ? std::min(last, *total_ - 1) : last};
}

std::string_view intake::if_range() const {
  const bool strong = begun_ && !etag_.starts_with("W/");
  return strong ? std::string_view{etag_} : std::string_view{};
}

intake::step intake::begin(const response_head& head) {
  const auto asked = range_to_ask();
  account_.count_request();
  if (head.status == 304 && conditional_) {
    not_modified_ = true;
    return step::settled;
  }
  conditional_ = false;
  if (head.status == 200 || head.status == 203) {
    part_end_.reset();
    const bool has_length = head.end == response_head::body_end::at_length;
    return begin_body(head, 0, has_length ? std::optional{head.length} : std::nullopt);
  }
  if (head.status == 206 && asked && head.file_part && head.file_part->first == asked->first) {
    part_end_ = head.file_part->last + 1;
    const bool lies = head.end == response_head::body_end::at_length &&
                      head.length != *part_end_ - head.file_part->first;
    return lies ? ask_whole() : begin_body(head, head.file_part->first, head.file_part->total);
  }
  if (asked && (head.status == 206 || head.status == 416)) return ask_whole();
  if (head.status == 206)
    return fail(error_code::protocol_error, "a part of the file that was not asked for",
                "it is a part of the file that was not asked for");
  return fail(error_code::http_status, "status " + std::to_string(head.status));
}

bool intake::is_another_version(const response_head& head,
                                std::optional<std::uint64_t> total) const {
  // A response to If-Range may omit validators (RFC 9110, section 15.3.7).
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  return begun_ && (differ(head.etag, etag_) || differ(head.last_modified, last_modified_) ||
                    (total && total_ && *total != *total_));
}

intake::step intake::begin_body(const response_head& head, std::uint64_t first,
                                std::optional<std::uint64_t> total) {
  if (total && *total > account_.most()) return fail(too_large());
  const bool was_coded = codings_.has_value();
  codings_.reset();
  if (auto codings = parse_content_encoding(head.content_encoding); !names_none(codings))
    codings_ = std::move(codings);
  if (was_coded || codings_ || is_another_version(head, total)) {
    start_over();
    if (first > 0) return ask_whole();
  }
  if (!begun_ || !head.etag.empty()) etag_ = head.etag;
  if (!begun_ || !head.last_modified.empty()) last_modified_ = head.last_modified;
  if (total) total_ = total;
  has_known_end_ = head.end != response_head::body_end::at_close;
  offset_ = first;
  return step::read;
}

intake::step intake::add(std::span<const std::byte> bytes) {
  const auto most = account_.most();
  if (bytes.size() > most - std::min(most, offset_)) return fail(too_large());
  if (!account_.receive(bytes.size())) return fail(too_large("in all its responses"));
  if (part_end_ && offset_ + bytes.size() > *part_end_) return ask_whole();
  const auto from = std::exchange(offset_, offset_ + bytes.size());
  if (codings_) return take_coded(bytes, false);
  // The whole file, requested after some parts, begins before the wanted byte.
  if (offset_ <= reader_.position()) return step::read;
  if (from < reader_.position())
    bytes = bytes.subspan(static_cast<std::size_t>(reader_.position() - from));
  if (from > reader_.position()) reader_.skip_to(from);
  return take(bytes);
}

/// The next bytes of the file for its reader.
intake::step intake::take(std::span<const std::byte> bytes) {
  if (picture_) picture_->append(bytes);
  begun_ = true;
  const auto state = feed(bytes);
  const bool enough = how_ == mode::header && state == imaging::image_reader::state::measured;
  return enough || state == imaging::image_reader::state::failed ? conclude() : step::read;
}

/// Hosts that name a coding often have not applied it. A body that begins like an image is taken as
/// one: no image begins like gzip or zlib, and the output of bare deflate or another coding hardly
/// ever happens to hold a whole signature.
intake::step intake::take_coded(std::span<const std::byte> bytes, bool is_all) {
  if (decoder_) return decode(bytes);
  coded_start_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto start = std::as_bytes(std::span{coded_start_});
  imaging::image_reader as_it_is;
  const auto state = as_it_is.feed(start.first(std::min(start.size(), limits::coded_start_bytes)));
  const bool may_be_image = state != imaging::image_reader::state::failed;
  if (may_be_image && start.size() < limits::coded_start_bytes && !is_all) return step::read;
  const auto held = std::exchange(coded_start_, {});
  const auto body = std::as_bytes(std::span{held});
  const auto codings = *codings_;
  if (may_be_image) {
    codings_.reset();
    return take(body);
  }
  if (const auto* error = std::get_if<fault>(&codings)) return fail(*error);
  decoder_.emplace(std::get<std::vector<content_coding>>(codings), account_.most());
  return decode(body);
}

intake::step intake::decode(std::span<const std::byte> bytes) {
  auto next = step::read;
  const auto broken = decoder_->feed(bytes, [&](std::span<const std::byte> decoded) {
    if (std::chrono::steady_clock::now() >= deadline_) {
      next = fail(error_code::timed_out, "no time left while decoding the body");
    } else {
      next =
          account_.decode(decoded.size()) ? take(decoded) : fail(too_large("in all its responses"));
    }
    return next == step::read;
  });
  if (next != step::read) return next;
  return broken ? fail(*broken) : step::read;
}

/// The reader searches all it is given for the file's end, so in header mode it is given little at
/// a time.
imaging::image_reader::state intake::feed(std::span<const std::byte> bytes) {
  using enum imaging::image_reader::state;
  if (how_ == mode::full) return reader_.feed(bytes);
  auto state = need_more;
  while (state == need_more && !bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), limits::header_piece_bytes));
    state = reader_.feed(piece);
    bytes = bytes.subspan(piece.size());
  }
  return state;
}

intake::step intake::end() {
  if (codings_) return end_coded();
  if (!part_end_) return conclude();
  const bool at_end = reader_.wanted() >= total_.value_or(account_.most());
  // An early end, or a file beyond the limit, is believed only of a request for the whole file.
  return at_end || account_.requests() > limits::ranges ? ask_whole() : step::again;
}

intake::step intake::end_coded() {
  if (part_end_) return ask_whole();
  if (!decoder_) {
    if (const auto next = take_coded({}, true); next != step::read) return next;
  }
  if (decoder_) {
    if (auto unfinished = decoder_->end()) return fail_at_end(std::move(*unfinished));
  }
  return conclude();
}

void intake::start_over() {
  reader_ = imaging::image_reader{};
  begun_ = false;
  total_.reset();
  decoder_.reset();
  coded_start_.clear();
}

intake::step intake::ask_whole() {
  whole_ = true;
  return step::again;
}

fault intake::too_large(std::string_view where) const {
  auto what = "more than " + size_text(account_.most());
  if (!where.empty()) what.append(" ").append(where);
  return bound_exceeded(error_code::too_large, std::move(what));
}

intake::step intake::fail(error_code code, std::string why, std::string reason) {
  return fail({code, std::move(why), std::move(reason)});
}

intake::step intake::fail(fault why) {
  failed_ = std::move(why);
  return step::settled;
}

/// If the response is complete by its framing, a file that ends early is final: the host has no
/// more of it. Not so an empty body, which is more likely a temporary fault of the host, and one
/// whose end only the end of the connection marks, which may have been cut.
intake::step intake::fail_at_end(fault why) {
  why.lasts = why.code == error_code::truncated && has_known_end_ && offset_ > 0;
  return fail(std::move(why));
}

intake::step intake::conclude() {
  const auto answer = reader_.finish();
  measured_ = answer.measured;
  const bool enough =
      how_ == mode::header && answer.code == error_code::truncated && answer.measured.width != 0;
  if (answer.code != error_code::none && !enough) {
    return fail_at_end({answer.code, "after " + std::to_string(offset_) + " bytes", answer.reason});
  }
  if (picture_) {
    auto kept = picture_->keep(measured_.format);
    if (auto* copy = std::get_if<picture_store::picture::kept>(&kept))
      kept_ = std::move(copy->sha256);
    if (auto* problem = std::get_if<picture_store::picture::not_kept>(&kept))
      not_kept_ = std::move(problem->why);
  }
  return step::settled;
}

}  // namespace retail_pulse::fetch
