#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "fetch/engine/engine.hpp"
#include "fetch/engine/intake.hpp"
#include "fetch/http1/response_head.hpp"
#include "fetch/net/connection.hpp"
#include "fetch/url/url.hpp"
#include "webhooks/poster.hpp"

namespace retail_pulse::fetch {

/// What one request on one connection came to.
struct exchange {
  enum class kind {
    settled,     ///< the file's answer is known: see the intake
    again,       ///< the file needs another request
    redirected,  ///< the head has a Location
    failed,      ///< see `failed`
  };
  kind what = kind::failed;
  std::optional<fault> failed;        ///< why the response could not be read
  std::optional<response_head> head;  ///< as far as it was read
  std::int64_t bytes = 0;             ///< body bytes received
  bool reusable = false;              ///< the connection can serve another request
  /// Of a kept connection: it was closed while it was idle, or the server does not want this request on it (408 and 421 say so). The file
  /// was told nothing, and another connection is to be asked.
  bool wants_new_connection = false;
};

/// Asks for what the file needs next and gives it the answer as it arrives; holds one buffer of it at a time. Rests nobody wants are read
/// when small, to keep the connection, and cut when large. `was_kept`: the connection has served a request before. `known`: the version
/// that a conditional request names; null when there is none.
exchange run_exchange(connection& over, bool was_kept, const url& of, std::string_view user_agent, intake& file, const file_version* known,
                      const patience& limit);

/// Sends a POST and reads the head of the answer; or why there is none. Of the body a little is read, so that the server is not cut off in
/// mid-sentence, and thrown away. The connection is then of no more use.
std::variant<response_head, fault> run_post(connection& over, const url& of, std::string_view user_agent, const post& what,
                                            const patience& limit);

}  // namespace retail_pulse::fetch
