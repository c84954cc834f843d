#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "http/request/submission_parser.hpp"

namespace retail_pulse::http {

inline constexpr submission_rules with_webhooks{.sends_webhooks = true};

/// The submission in a text that must be one.
inline submission_ptr accepted(std::string_view text) {
  auto result = parse_submission(text, with_webhooks);
  if (const auto* error = std::get_if<rejection>(&result))
    BOOST_FAIL("refused: " + error->sentence);
  return std::get<submission_ptr>(result);
}

/// Why a text is refused, "accepted" when it is not.
inline std::string refused(std::string_view text) {
  const auto result = parse_submission(text, with_webhooks);
  const auto* error = std::get_if<rejection>(&result);
  return error != nullptr ? error->sentence : "accepted";
}

/// A submission of one visit with these members.
inline std::string with_visit(std::string_view members) {
  return R"({"count":1,"visits":[{)" + std::string{members} + "}]}";
}

/// A submission of one good visit with further members in the root.
inline std::string with_root(std::string_view members) {
  return R"({"count":1,"visits":[{"store_id":"S1","image_url":["http://h/1"],"visit_time":"t"}])" +
         std::string{members} + "}";
}

}  // namespace retail_pulse::http
