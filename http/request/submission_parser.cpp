#include "http/request/submission_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/encoding.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "fetch/url/origin_numbers.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::http {
namespace {

constexpr std::string_view invalid_submission = "invalid_submission";

enum class member : std::uint8_t {
  other,
  count,
  visits,
  callback_url,
  store_id,
  image_url,
  visit_time
};

constexpr std::string_view name_of(member m) {
  constexpr std::string_view names[] = {"",         "count",     "visits",    "callback_url",
                                        "store_id", "image_url", "visit_time"};
  return names[static_cast<std::size_t>(m)];
}

/// The kind of a value. Objects and arrays are distinguished because only they can be valid for
/// `visits` and `image_url`.
enum class kind : std::uint8_t { text, integer, other_scalar, object, array };

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// Whether this byte is inside a UTF-8 character, not at its start.
bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// A URL, or as much of it as shows that it is too long: cut shorter it would be another URL,
/// perhaps a valid one.
std::string_view kept_of(std::string_view url) {
  if (url.size() <= limits::url_bytes) return url;
  auto end = limits::url_bytes + 1;
  while (end < url.size() && continues(url[end])) ++end;
  return url.substr(0, end);
}

/// A member name for an error sentence: at most 64 bytes, cut between characters.
std::string shown(std::string_view name) {
  constexpr std::size_t longest = 64;
  if (name.size() <= longest) return std::string{name};
  auto end = longest;
  while (end > 0 && continues(name[end])) --end;
  return std::string{name.substr(0, end)} + "...";
}

/// "line 3, column 7" of the last of `read` bytes. Columns count characters, so UTF-8 continuation
/// bytes do not count.
std::string line_and_column(std::string_view text, std::size_t read) {
  const auto before = text.substr(0, std::min(text.size(), read == 0 ? 0 : read - 1));
  const auto line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  auto start = line_start;
  if (start == 0 && before.starts_with(byte_order_mark))
    start = byte_order_mark.size();  // it takes no column
  const auto line = 1 + std::ranges::count(before, '\n');
  const auto column =
      1 + std::ranges::count_if(before.substr(start), [](char c) { return !continues(c); });
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// The receiver of nlohmann's SAX events. Every event returns whether to go on; `why` has a
/// sentence when not.
class submission_reader {
 public:
  submission_reader(std::string_view document, const submission_rules& rules)
      : document_{document}, rules_{rules} {}

  rejection why{400, invalid_submission, {}};
  std::shared_ptr<submission> result = std::make_shared<submission>();

  bool null() { return value(kind::other_scalar); }
  bool boolean(bool) { return value(kind::other_scalar); }
  bool number_integer(std::int64_t n) { return integer(std::to_string(n)); }
  bool number_unsigned(std::uint64_t n) { return integer(std::to_string(n)); }
  bool number_float(double, const std::string& literal) {
    // An integer beyond 64 bits arrives here, too.
    const bool whole = literal.find_first_not_of("-0123456789") == std::string::npos;
    return whole ? integer(literal) : value(kind::other_scalar);
  }
  bool binary(nlohmann::json::binary_t&) {
    return value(kind::other_scalar);
  }  // JSON text has none
  bool string(std::string& text);
  bool key(std::string& name);
  bool start_object(std::size_t) { return value(kind::object); }
  bool start_array(std::size_t) { return value(kind::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  bool parse_error(std::size_t read, const std::string& token,
                   const nlohmann::detail::exception& error);

 private:
  enum class level : std::uint8_t { document, root, visits, visit, urls, ignored };

  struct open_visit {
    std::optional<std::string> store_id;
    std::optional<std::string> visit_time;
    bool has_urls = false;
    std::size_t first_image = 0;
  };

  bool fail(std::string sentence) {
    why.sentence = std::move(sentence);
    return false;
  }
  bool fail_callback(std::string sentence) {
    why.code = "invalid_callback_url";
    return fail(std::move(sentence));
  }
  bool value(kind what);
  bool value_in_root(kind what);
  bool value_in_visit(kind what);
  bool integer(std::string literal);
  bool enter(level where);
  bool leave();
  bool finish_visit();
  bool finish_root();
  bool begin_member(member m, bool seen);
  bool image_url(std::string_view text);
  bool callback_url(std::string& text);
  std::string visit_path() const { return "visits[" + std::to_string(result->visit_count()) + "]"; }
  std::string path() const;

  std::string_view document_;
  const submission_rules rules_;
  level at_ = level::document;
  int depth_ = 0;
  int ignored_from_ = 0;  ///< depth of the outermost ignored container
  level before_ignored_ = level::document;
  member member_ = member::other;     ///< the last key, in the root or in a visit
  std::string other_name_;            ///< and its name when it is unknown
  std::optional<std::string> count_;  ///< the integer in its shortest form
  bool has_visits_ = false;
  bool has_callback_url_ = false;
  open_visit visit_;
  fetch::origin_numbers origins_;
};

/// The current position as a path: "visits[1].store_id".
std::string submission_reader::path() const {
  const auto known = at_ == level::ignored ? before_ignored_ : at_;
  std::string name = member_ == member::other ? shown(other_name_) : std::string{name_of(member_)};
  switch (known) {
    case level::root:
      return name;
    case level::visits:
      return visit_path();
    case level::visit:
      return visit_path() + "." + name;
    case level::urls:
      return visit_path() + ".image_url[" +
             std::to_string(result->image_count() - visit_.first_image) + "]";
    case level::document:
    case level::ignored:
      break;
  }
  return "the body";
}

bool submission_reader::enter(level where) {
  if (++depth_ > limits::json_depth)
    return fail("the nesting of " + path() + " is deeper than " +
                std::to_string(limits::json_depth));
  if (where == level::ignored && at_ != level::ignored) {
    ignored_from_ = depth_;
    before_ignored_ = at_;
  }
  at_ = where;
  return true;
}

bool submission_reader::leave() {
  const auto left = at_;
  --depth_;
  switch (left) {
    case level::ignored:
      if (depth_ < ignored_from_) at_ = before_ignored_;
      return true;
    case level::urls:
      at_ = level::visit;
      return result->image_count() > visit_.first_image ||
             fail(visit_path() + ".image_url is empty");
    case level::visit:
      at_ = level::visits;
      return finish_visit();
    case level::visits:
      at_ = level::root;
      return true;
    case level::root:
      at_ = level::document;
      return finish_root();
    case level::document:
      break;
  }
  return fail("the body is not a JSON object");
}

bool submission_reader::value(kind what) {
  switch (at_) {
    case level::document:
      return what == kind::object ? enter(level::root) : fail("the body is not a JSON object");
    case level::root:
      return value_in_root(what);
    case level::visits:
      if (what != kind::object) return fail(visit_path() + " is not an object");
      visit_ = {.store_id = {},
                .visit_time = {},
                .has_urls = false,
                .first_image = result->image_count()};
      return enter(level::visit);
    case level::visit:
      return value_in_visit(what);
    case level::urls:
      return what == kind::text || fail(path() + " is not a string");
    case level::ignored:
      break;
  }
  return what == kind::object || what == kind::array ? enter(level::ignored) : true;
}

bool submission_reader::value_in_root(kind what) {
  if (member_ == member::count) return what == kind::integer || fail("count is not an integer");
  if (member_ == member::visits)
    return what == kind::array ? enter(level::visits) : fail("visits is not an array");
  if (member_ == member::callback_url)
    return what == kind::text || fail("callback_url is not a string");
  return what == kind::object || what == kind::array ? enter(level::ignored) : true;
}

bool submission_reader::value_in_visit(kind what) {
  switch (member_) {
    case member::store_id:
    case member::visit_time:
      return what == kind::text || fail(path() + " is not a string");
    case member::image_url:
      return what == kind::array ? enter(level::urls) : fail(path() + " is not an array");
    default:
      return what == kind::object || what == kind::array ? enter(level::ignored) : true;
  }
}

bool submission_reader::integer(std::string literal) {
  if (!value(kind::integer)) return false;
  if (at_ == level::root && member_ == member::count) count_ = std::move(literal);
  return true;
}

bool submission_reader::string(std::string& text) {
  if (!value(kind::text)) return false;
  if (has_nul(text)) return fail(path() + " contains a NUL character");
  if (at_ == level::urls) return image_url(text);
  if (at_ == level::root && member_ == member::callback_url) return callback_url(text);
  if (at_ != level::visit || member_ == member::other) return true;
  const auto bound = member_ == member::store_id ? limits::store_id_bytes : limits::text_bytes;
  if (text.size() > bound)
    return fail(path() + " is longer than " + std::to_string(bound) + " bytes");
  if (member_ == member::store_id) {
    if (text.empty()) return fail(path() + " is empty");
    visit_.store_id = std::move(text);
  } else {
    visit_.visit_time = std::move(text);
  }
  return true;
}

/// An invalid URL fails as an image later. A blank one is rejected here: it comes from an empty
/// cell or variable.
bool submission_reader::image_url(std::string_view text) {
  const auto kept = kept_of(text);
  if (without_blanks_around(kept).empty()) return fail(path() + " is empty");
  if (result->image_count() == rules_.max_images) {
    why.status = 413;
    return fail("the job has more than " + std::to_string(rules_.max_images) +
                " images, which are as many as --max-job-images allows");
  }
  result->add_url(kept, origins_.number_of(kept));
  return true;
}

bool submission_reader::callback_url(std::string& text) {
  if (text.empty()) return fail("callback_url is empty");
  if (text.size() > limits::url_bytes)
    return fail("callback_url is longer than " + std::to_string(limits::url_bytes) + " bytes");
  if (!rules_.sends_webhooks)
    return fail_callback("callback_url needs a service with --callback-secret");
  const auto url = fetch::parse_url(text);
  if (const auto* error = std::get_if<fetch::url_error>(&url))
    return fail_callback("callback_url is not a valid http or https URL: " + error->reason);
  result->set_callback_url(std::move(text));
  return true;
}

bool submission_reader::begin_member(member m, bool seen) {
  member_ = m;
  return !seen || fail(path() + " is given twice");
}

bool submission_reader::key(std::string& name) {
  if (has_nul(name)) {
    const std::string where = at_ == level::visit     ? " in " + visit_path()
                              : at_ == level::ignored ? " in " + path()
                                                      : "";
    return fail("a member name" + where + " contains a NUL character");
  }
  if (at_ == level::ignored) return true;
  if (at_ == level::root) {
    if (name == "count") return begin_member(member::count, count_.has_value());
    if (name == "visits") {
      const bool seen = std::exchange(has_visits_, true);
      return begin_member(member::visits, seen);
    }
    if (name == "callback_url")
      return begin_member(member::callback_url, std::exchange(has_callback_url_, true));
  } else {
    if (name == "store_id") return begin_member(member::store_id, visit_.store_id.has_value());
    if (name == "visit_time")
      return begin_member(member::visit_time, visit_.visit_time.has_value());
    if (name == "image_url") {
      const bool seen = std::exchange(visit_.has_urls, true);
      return begin_member(member::image_url, seen);
    }
  }
  member_ = member::other;
  other_name_ = std::move(name);
  return true;
}

bool submission_reader::finish_visit() {
  if (!visit_.store_id) return fail(visit_path() + ".store_id is missing");
  if (!visit_.has_urls) return fail(visit_path() + ".image_url is missing");
  if (!visit_.visit_time) return fail(visit_path() + ".visit_time is missing");
  result->add_visit(*visit_.store_id, *visit_.visit_time);
  return true;
}

bool submission_reader::finish_root() {
  if (!count_) return fail("count is missing");
  if (!has_visits_) return fail("visits is missing");
  const auto visits = result->visit_count();
  if (visits == 0) return fail("visits is empty");
  result->set_origins(origins_.origins());
  if (*count_ == std::to_string(visits)) return true;
  return fail("count is " + shown(*count_) + " but there " +
              (visits == 1 ? "is 1 visit" : "are " + std::to_string(visits) + " visits"));
}

/// The library's own text is not used: it quotes the input at length.
bool submission_reader::parse_error(std::size_t read, const std::string&,
                                    const nlohmann::detail::exception& error) {
  constexpr int out_of_range =
      406;  // the library's id of "number overflow": valid JSON, but too large for a double
  const std::string_view reason{error.what()};
  const std::string where = " at " + line_and_column(document_, read);
  if (error.id == out_of_range) return fail(path() + " is a number out of range" + where);
  if (reason.find("ill-formed UTF-8") != std::string_view::npos)
    return fail("invalid UTF-8" + where);
  if (read > document_.size()) return fail("malformed JSON" + where + ": the text ends too early");
  return fail("malformed JSON" + where);
}

}  // namespace

std::variant<submission_ptr, rejection> parse_submission(std::string_view text,
                                                         const submission_rules& rules) {
  const auto malformed = [](std::string sentence) {
    return rejection{400, invalid_submission, std::move(sentence)};
  };
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return malformed("the body is empty");
  if (const auto how = encoding_of(text).what; how != encoding::kind::utf8) {
    return malformed(std::string{"the body is "} +
                     (how == encoding::kind::utf16 ? "UTF-16" : "UTF-32") +
                     "; JSON is sent in UTF-8");
  }
  // The library takes a NUL byte for the end of the text and would ignore the rest.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return malformed("malformed JSON at " + line_and_column(text, nul + 1) + ": a NUL byte");
  }
  submission_reader reader{text, rules};
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return std::move(reader.why);
  return submission_ptr{std::move(reader.result)};
}

}  // namespace retail_pulse::http
