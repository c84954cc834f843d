#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "http/message.hpp"

/// How every JSON text of a response is made.
namespace retail_pulse::http {

using json = nlohmann::ordered_json;  // members in the order in which they are written

/// Text that is not UTF-8 gets a replacement character; it cannot get this far, and if it did, that
/// is better than no response.
inline std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

inline response json_response(int status, const json& body,
                              std::string_view type = "application/json") {
  return {.status = status,
          .body = text_of(body),
          .headers = {{"Content-Type", std::string{type}}, {"Cache-Control", "no-store"}}};
}

}  // namespace retail_pulse::http
