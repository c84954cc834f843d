// response_head: the start of an answer as a server sends it; also its text as a Content-Range.
// - Pieces of any size give the same answer, which takes no byte beyond the head.
// - A head that is accepted has a status of 200 to 599, one way to end, and values without
// controls.
// - No more is taken than the bound of all heads allows.
#include "fetch/http1/response_head.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/limits.hpp"
#include "property.hpp"

namespace retail_pulse::fuzz {
namespace {

using namespace fetch;

struct answer {
  head_reader reader;
  head_reader::state state = head_reader::state::need_more;
  std::size_t used = 0;
};

template <class NextSize>
answer read(std::string_view bytes, NextSize next_size) {
  answer result;
  while (result.state == head_reader::state::need_more && result.used < bytes.size()) {
    // A copy of its own, so that a byte behind the piece is a byte behind the heap block.
    const std::string piece{bytes.substr(result.used, next_size(bytes.size() - result.used))};
    std::size_t used = piece.size() + 1;
    result.state = result.reader.feed(piece, used);
    check(used <= piece.size(), "no more is used than was given");
    check(used == piece.size() || result.state != head_reader::state::need_more,
          "a piece is used up while more is needed");
    result.used += used;
  }
  return result;
}

bool same(const std::optional<response_head::part>& a,
          const std::optional<response_head::part>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->first == b->first && a->last == b->last && a->total == b->total;
}

void check_same(const answer& a, const answer& b) {
  check(a.state == b.state && a.used == b.used, "pieces change neither the answer nor its end");
  if (a.state == head_reader::state::failed)
    check(a.reader.error().detail == b.reader.error().detail, "pieces do not change the reason");
  if (a.state != head_reader::state::complete) return;
  const auto &x = a.reader.head(), &y = b.reader.head();
  check(x.status == y.status && x.end == y.end && x.length == y.length &&
            x.keep_alive == y.keep_alive,
        "pieces do not change the framing");
  check(x.location == y.location && x.retry_after == y.retry_after && x.etag == y.etag &&
            x.last_modified == y.last_modified && x.content_encoding == y.content_encoding,
        "pieces do not change the headers");
  check(same(x.file_part, y.file_part), "pieces do not change the part of the file");
}

void check_part(const response_head::part& part) {
  check(part.first <= part.last, "a part is not empty");
  check(!part.total || part.last < *part.total, "a part lies within its file");
  const std::string text = "bytes " + std::to_string(part.first) + "-" + std::to_string(part.last) +
                           "/" + (part.total ? std::to_string(*part.total) : "*");
  check(same(parse_content_range(text), part), "the text of a part is that part");
}

void check_head(const response_head& head) {
  constexpr std::uint64_t most = 1'000'000'000'000'000'000;
  check(head.status >= 200 && head.status <= 599, "a status is 200 to 599");
  check(head.length < most, "a length has at most 18 digits");
  check(head.end == response_head::body_end::at_length || head.length == 0,
        "a length is there only where it counts");
  check(head.end != response_head::body_end::at_close || !head.keep_alive,
        "a connection that ends the body is not kept");
  const bool has_no_body = head.status == 204 || head.status == 304;
  check(!has_no_body || (head.end == response_head::body_end::at_length && head.length == 0),
        "204 and 304 have no body");
  for (const auto* value : {&head.location, &head.retry_after, &head.etag, &head.last_modified,
                            &head.content_encoding}) {
    check(std::all_of(value->begin(), value->end(),
                      [](char c) {
                        return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
                      }),
          "a header value holds no controls");
    check(value->empty() || (value->front() != ' ' && value->back() != ' '),
          "a header value has no blanks around it");
  }
  if (head.file_part) check_part(*head.file_part);
}

void check_any(std::string_view bytes) {
  const auto whole = read(bytes, [](std::size_t left) { return left; });
  check_same(whole, read(bytes, [](std::size_t) { return std::size_t{1}; }));
  dice chance{bytes};
  check_same(whole, read(bytes, [&](std::size_t left) {
               return std::max<std::size_t>(1, chance.piece(left));
             }));

  check(whole.used <= limits::response_header_bytes + 1,
        "no more is taken than all heads may have");
  if (whole.state == head_reader::state::complete) check_head(whole.reader.head());
  if (whole.state == head_reader::state::failed)
    check(!whole.reader.error().detail.empty(), "a head is refused with a reason");
  if (const auto part = parse_content_range(bytes)) check_part(*part);
}

}  // namespace
}  // namespace retail_pulse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  retail_pulse::fuzz::check_any(retail_pulse::fuzz::as_text(data, size));
  return 0;
}
