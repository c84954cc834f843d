// What a setting can be: how its value is read from text, how it is written, and its bounds.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/parsers.hpp"
#include "config/settings.hpp"
#include "core/text.hpp"
#include "fetch/net/address_guard.hpp"

/// Each type describes one kind of value, for one member of the settings:
/// `read` puts a text into the settings, or returns what is wrong with it, in words that begin with
/// the text; `write` returns what `read` would accept, or nothing where there is no value.
namespace retail_pulse::config::values {

std::string refused(std::string_view text, std::string_view why);

/// "10s", "2m"; "0" for no time.
std::string text_of(std::chrono::milliseconds time);

/// "50MiB", or plain bytes where no unit fits.
std::string size_text(std::int64_t bytes);

struct single {
  static constexpr bool is_list = false;
  static constexpr std::string_view choices = {};  ///< all values, with blanks between them
  static std::string bounds() { return {}; }
};

struct repeated : single {
  static constexpr bool is_list = true;
  static std::string write(const settings&) { return {}; }
};

template <auto Member>
struct text : single {
  static std::string write(const settings& from) { return from.*Member; }
};

/// A whole number in [Low, High].
template <auto Member, auto Low, auto High>
struct count : single {
  static std::string bounds() { return std::to_string(Low) + " to " + std::to_string(High); }
  static std::string write(const settings& from) { return std::to_string(from.*Member); }
  static std::string read(std::string_view text, settings& into) {
    const auto value = parse_count(text);
    if (!value || std::cmp_less(*value, Low) || std::cmp_greater(*value, High)) {
      return refused(text, "is not a whole number from " + bounds());
    }
    into.*Member = static_cast<std::remove_reference_t<decltype(into.*Member)>>(*value);
    return {};
  }
};

/// A size in [Low, High] bytes.
template <auto Member, auto Low, auto High>
struct bytes : single {
  static std::string bounds() { return size_text(Low) + " to " + size_text(High); }
  static std::string write(const settings& from) { return size_text(from.*Member); }
  static std::string read(std::string_view text, settings& into) {
    const auto value = parse_bytes(text);
    if (!value || std::cmp_less(*value, Low) || std::cmp_greater(*value, High)) {
      return refused(text, "is not a size such as 50MiB, from " + bounds());
    }
    into.*Member = static_cast<std::remove_reference_t<decltype(into.*Member)>>(*value);
    return {};
  }
};

/// A time in [Low, High] milliseconds.
template <auto Member, auto Low, auto High>
struct duration : single {
  static constexpr std::chrono::milliseconds low{Low}, high{High};
  static std::string bounds() { return text_of(low) + " to " + text_of(high); }
  static std::string write(const settings& from) { return text_of(from.*Member); }
  static std::string read(std::string_view text, settings& into) {
    const auto value = parse_duration(text);
    if (!value || *value < low || *value > high) {
      return refused(text, "is not a time such as 500ms, 10s or 2m, from " + bounds());
    }
    into.*Member = *value;
    return {};
  }
};

template <auto Member>
struct file_name : text<Member> {
  static std::string read(std::string_view text, settings& into) {
    if (text.empty()) return refused(text, "is not the name of a file");
    into.*Member = text;
    return {};
  }
};

template <auto Member>
struct folder_name : text<Member> {
  static std::string read(std::string_view text, settings& into) {
    if (text.empty()) return refused(text, "is not the name of a folder");
    into.*Member = text;
    return {};
  }
};

template <auto Member>
struct address_ranges : repeated {
  static std::string read(std::string_view text, settings& into) {
    const auto range = fetch::parse_cidr(text);
    if (const auto* why = std::get_if<std::string>(&range)) {
      return refused(text, "is not an address range such as 10.0.0.0/8 or fd00::/8: " + *why);
    }
    (into.*Member).emplace_back(text);
    return {};
  }
};

template <auto Member>
struct host_names : repeated {
  static std::string read(std::string_view text, settings& into) {
    auto host = parse_host(text);
    if (!host) return refused(text, "is not a host name such as example.com");
    (into.*Member).push_back(std::move(*host));
    return {};
  }
};

template <class Value, std::size_t N>
using names_of = std::array<std::pair<std::string_view, Value>, N>;

/// One of the names of an enumeration, in any case.
template <class Value, std::size_t N>
std::string read_choice(std::string_view text, Value& into, const names_of<Value, N>& names) {
  std::string known;
  for (const auto& [name, value] : names) {
    if (same_word(name, text)) {
      into = value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string{name};
  }
  return refused(text, "is not one of " + known);
}

template <class Value, std::size_t N>
std::string write_choice(Value value, const names_of<Value, N>& names) {
  return std::string{
      std::ranges::find(names, value, &std::pair<std::string_view, Value>::second)->first};
}

}  // namespace retail_pulse::config::values
