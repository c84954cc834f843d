// Text instead of an image: mostly a page or an error message. It is not measured, nor is an SVG;
// its start gives it a name. HTML is recognised as browsers do (WHATWG, MIME Sniffing, section
// 7.1).
#include <algorithm>
#include <array>
#include <string_view>

#include "core/limits.hpp"
#include "imaging/formats.hpp"

namespace retail_pulse::imaging {
namespace {

constexpr char none = '\0';  ///< no character: the end of the search

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The next character, or `none` at the bound and at a NUL, which is not text.
part<char> next_character(byte_source& file) {
  if (file.position() >= limits::text_looked_at_bytes) co_return none;
  const auto byte = co_await file.take<1>();
  co_return static_cast<char>(byte[0]);
}

part<char> next_visible(byte_source& file) {
  char c = co_await next_character(file);
  while (is_space(c)) c = co_await next_character(file);
  co_return c;
}

/// Skips past the next `mark`, of two or three characters; false if the file ends first.
part<bool> pass(byte_source& file, std::string_view mark) {
  std::array<char, 3> last{};
  for (;;) {
    const char c = co_await next_character(file);
    if (c == none) co_return false;
    last = {last[1], last[2], c};
    if (std::equal(mark.rbegin(), mark.rend(), last.rbegin())) co_return true;
  }
}

/// A name in lower case, without its namespace; cut if it is longer than any that matters.
struct name {
  std::array<char, 8> letters{};
  std::size_t size = 0;

  void add(char c) {
    if (c == ':') {
      size = 0;
    } else if (size < letters.size()) {
      letters[size++] = is_letter(c) ? static_cast<char>(c | 0x20) : c;
    }
  }
  bool is(std::string_view text) const { return std::string_view{letters.data(), size} == text; }
};

part<name> read_name(byte_source& file, char first) {
  name result;
  char c = first;
  while (is_letter(c) || is_digit(c) || c == ':' || c == '-') {
    result.add(c);
    c = co_await next_character(file);
  }
  co_return c == none ? name{} : result;  // a name that the bound cuts does not count
}

/// Pages that leave out their first elements.
bool begins_html(const name& element) {
  constexpr std::string_view elements[] = {"head",   "body",   "title", "script", "style", "meta",
                                           "link",   "iframe", "h1",    "div",    "table", "font",
                                           "center", "p",      "a",     "b",      "br",    "pre"};
  return std::ranges::any_of(elements, [&](std::string_view each) { return element.is(each); });
}

walk_outcome no_image(std::string_view what) { return {error_code::not_an_image, what}; }

/// The name for the root of a document, which is its first element or in its document type.
walk_outcome by_root(const name& root, bool is_xml) {
  if (root.is("svg")) return unsupported("SVG");
  if (root.is("html")) return no_image("it is an HTML page");
  return is_xml ? no_image("it is XML") : no_image("");
}

/// Starts after the first '<'.
part<walk_outcome> read_markup(byte_source& file) {
  bool is_xml = false;
  for (;;) {
    char c = co_await next_character(file);
    if (c == '?') {  // <?xml ...?>
      is_xml = true;
      if (!co_await pass(file, "?>")) co_return no_image("it is XML");
    } else if (c == '!') {
      c = co_await next_character(file);
      if (c != '-') {  // <!DOCTYPE root ...
        const auto keyword = co_await read_name(file, c);
        if (!keyword.is("doctype")) co_return no_image("");
        c = co_await next_visible(file);
        const auto root = co_await read_name(file, c);
        co_return by_root(root, is_xml);
      }
      if (!co_await pass(file, "-->")) co_return no_image("");
    } else {
      const auto element = co_await read_name(file, c);
      co_return !is_xml && begins_html(element) ? no_image("it is an HTML page")
                                                : by_root(element, is_xml);
    }
    c = co_await next_visible(file);
    if (c != '<') co_return no_image("");
  }
}

/// Except true, false and null, because a message in brackets begins with a letter too.
bool begins_json_value(char c) {
  return is_digit(c) || c == '{' || c == '[' || c == ']' || c == '"' || c == '-';
}

}  // namespace

walk read_text(byte_source& file, measurement&) {
  file.ends_as(error_code::not_an_image);
  char c = co_await next_visible(file);
  if (c == '\xEF') {  // the byte order mark, complete by the signature
    co_await file.skip(2);
    c = co_await next_visible(file);
  }
  if (c == '<') {
    const auto answer = co_await read_markup(file);
    co_return answer;
  }
  if (c == '{') {
    c = co_await next_visible(file);
    co_return c == '"' || c == '}' ? no_image("it is JSON") : no_image("");
  }
  if (c == '[') {
    c = co_await next_visible(file);
    co_return begins_json_value(c) ? no_image("it is JSON") : no_image("");
  }
  co_return no_image("");
}

}  // namespace retail_pulse::imaging
