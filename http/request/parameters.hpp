#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request/query.hpp"

namespace retail_pulse::http {

/// Reads the parameters that a route knows out of a query string. Each read says nothing when the parameter is not there or is wrong, and
/// the first sentence about what is wrong is kept: a route reads them all, and then asks for it.
class parameters {
 public:
  explicit parameters(std::string_view query_text);

  /// Wrong: given twice, or empty.
  std::optional<std::string> text(std::string_view name);
  /// Also wrong: what `read` makes nothing of. `must_be` goes on after the name: "is no date".
  template <class Read>
  auto value(std::string_view name, Read read, std::string_view must_be) -> decltype(read(std::string_view{})) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    auto value = read(std::string_view{*given});
    if (!value) wrong(std::string{name} + " " + std::string{must_be});
    return value;
  }
  /// "limit": from 1 to limits::max_page, limits::default_page where it is not given.
  std::size_t limit();
  /// "cursor": a number that this service has given out before.
  std::optional<std::int64_t> cursor();

  /// What is wrong, naming the parameter; empty when nothing is. A parameter that was not read is wrong, too: a filter that is misspelt
  /// would let everything through.
  const std::string& what_is_wrong();
  /// Whether one was not read.
  bool names_another() const { return query_ && query_->name_not_in(read_); }

 private:
  void wrong(std::string sentence);

  std::optional<query> query_;
  std::vector<std::string> read_;  ///< names
  std::string wrong_;
};

}  // namespace retail_pulse::http
