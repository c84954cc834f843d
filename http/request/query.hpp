// request: what a client sends: headers, parameters, submissions.
// May use: src/core, src/fetch/url, src/observe, nlohmann/json, OpenSSL (in digest.cpp), shares/.
// Never: a response, a route, an actor, RESTinio.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace retail_pulse::http {

/// A segment of a path, decoded: %XX stands for a byte. nullopt when a percent sign is not followed
/// by two hexadecimal digits, or for a decoded NUL.
std::optional<std::string> decoded_segment(std::string_view segment);

/// A decoded query string. A parameter `_` is ignored, whatever its value: clients add it to get
/// past caches.
class query {
 public:
  /// Or an error sentence, which names the parameter where its name can be read: a percent sign is
  /// not followed by two hexadecimal digits, or there is a decoded NUL.
  static std::variant<query, std::string> parse(std::string_view text);

  /// How often a parameter is given; names are compared exactly.
  std::size_t count(std::string_view name) const;
  /// The first value of that name, or nullptr. A parameter without `=` has an empty value.
  const std::string* find(std::string_view name) const;
  /// Removes the parameters of that name whose value is empty.
  void drop_empty(std::string_view name);
  /// The first name that is not among these.
  std::optional<std::string> name_not_in(std::span<const std::string> names) const;

 private:
  struct parameter {
    std::string name;
    std::string value;
  };
  std::vector<parameter> parameters_;
};

}  // namespace retail_pulse::http
