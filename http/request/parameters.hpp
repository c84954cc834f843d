#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "http/message.hpp"
#include "http/request/query.hpp"

namespace retail_pulse::http {

/// The job that a path or a parameter names; nullopt for a malformed id.
std::optional<job_id> job_named(std::string_view text);

/// Reads the parameters of a route from a query string. Each read returns nullopt when the
/// parameter is missing or invalid. The first error is kept: a route reads all of its parameters,
/// and then checks `problem`.
class parameters {
 public:
  explicit parameters(std::string_view query_text);

  /// Invalid: given twice, or empty.
  std::optional<std::string> text(std::string_view name);
  /// Also invalid if `read` returns nullopt; the error is then "<name> <must_be>".
  template <class Read>
  auto value(std::string_view name, Read read, std::string_view must_be)
      -> decltype(read(std::string_view{})) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    auto value = read(std::string_view{*given});
    if (!value) fail(std::string{name} + " " + std::string{must_be});
    return value;
  }
  /// "limit": from 1 to limits::max_page; limits::default_page when it is missing.
  std::size_t limit();
  /// "origin": with or without the port of its scheme; returned with it, as in job_origin.
  std::optional<std::string> origin();
  /// "cursor": the `next` of the page before.
  std::optional<std::int64_t> cursor();

  /// The first error, which names the parameter; empty when all are valid. A parameter that was not
  /// read is an error, too: a misspelt filter would otherwise let everything through.
  const std::string& problem();
  /// Whether one was not read.
  bool has_other() const { return query_ && query_->name_not_in(read_); }

 private:
  void fail(std::string sentence);

  std::optional<query> query_;
  std::vector<std::string> read_;  ///< names
  std::string problem_;
};

/// The error of a request with parameters, for a route that has none; nullopt without parameters.
/// For routes where ignoring a parameter would mislead: a client that redrives with
/// `?code=timed_out` does not mean all images.
std::optional<rejection> stray_parameter(const request& r);

}  // namespace retail_pulse::http
