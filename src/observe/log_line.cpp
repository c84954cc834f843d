#include "observe/log_line.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/terminal_text.hpp"
#include "core/text.hpp"

namespace retail_pulse::observe {
namespace {

constexpr std::string_view url_field = "url";  // a URL in this field is logged without its query

std::string_view name_of(level at) {
  constexpr std::string_view names[] = {"debug", "info", "warning", "error", "off"};
  return names[static_cast<std::size_t>(at)];
}

std::string_view text_of(const field& f, std::string_view text) {
  return f.name == url_field ? without_query(text) : text;
}

void append_hex(std::string& to, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
}

void append_escaped(std::string& to, std::string_view text, bool in_quotes) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence(text);
    const auto sequence = text.substr(0, std::max<std::size_t>(length, 1));
    const char c = sequence.front();
    text.remove_prefix(sequence.size());
    if (c == '\n') {
      to += "\\n";
    } else if (c == '\r') {
      to += "\\r";
    } else if (c == '\t') {
      to += "\\t";
    } else if (c == '\\' || (in_quotes && c == '"')) {
      to += {'\\', c};
    } else if (length == 0 || misleads_terminal(sequence)) {
      append_hex(to, sequence);
    } else {
      to += sequence;
    }
  }
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

}  // namespace

std::string as_text(const log_line& line) {
  constexpr std::size_t level_width = 8;
  std::string result = to_rfc3339(line.time) + ' ';
  const std::size_t level_start = result.size();
  result += name_of(line.at);
  result.resize(level_start + level_width, ' ');
  append_escaped(result, line.message, false);
  for (const auto& f : line.fields) {
    result += ' ';
    result += f.name;
    result += '=';
    if (const auto* number = std::get_if<std::int64_t>(&f.value)) {
      result += std::to_string(*number);
      continue;
    }
    const auto text = text_of(f, std::get<std::string_view>(f.value));
    if (is_plain(text)) {
      result += text;
    } else {
      result += '"';
      append_escaped(result, text, true);
      result += '"';
    }
  }
  return result;
}

std::string as_json(const log_line& line) {
  nlohmann::ordered_json object;
  object["time"] = to_rfc3339(line.time);
  object["level"] = name_of(line.at);
  object["message"] = line.message;
  for (const auto& f : line.fields) {
    auto& value = object[std::string{f.name}];
    if (const auto* number = std::get_if<std::int64_t>(&f.value)) {
      value = *number;
    } else {
      value = text_of(f, std::get<std::string_view>(f.value));
    }
  }
  constexpr bool ascii_only = true;
  return object.dump(-1, ' ', ascii_only, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace retail_pulse::observe
