#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace retail_pulse::http {

/// The text of a segment of a path: %XX stands for a byte. Nothing when a percent sign is not followed by two hexadecimal digits, or a
/// decoded NUL appears.
std::optional<std::string> decoded_segment(std::string_view segment);

/// A decoded query string. A parameter `_` is left out, whatever its value: it is there to trick caches.
class query {
 public:
  /// Or what is wrong, naming the parameter where its name can be read: a percent sign is not followed by two hexadecimal digits, or a
  /// decoded NUL appears.
  static std::variant<query, std::string> parse(std::string_view text);

  /// How often a parameter is given; names are compared exactly.
  std::size_t count(std::string_view name) const;
  /// The first value of that name, or nullptr. A parameter without `=` has an empty value.
  const std::string* find(std::string_view name) const;
  /// Leaves out the parameters of that name whose value is empty.
  void drop_empty(std::string_view name);
  /// The first name that is none of these.
  std::optional<std::string> name_not_in(std::span<const std::string> names) const;

 private:
  struct parameter {
    std::string name;
    std::string value;
  };
  std::vector<parameter> parameters_;
};

}  // namespace retail_pulse::http
