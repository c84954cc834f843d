#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/http/client.hpp"

/// Records the requests and responses of the raw client for tests/contract: one JSON object a line,
/// into the file that the variable RECORDED_EXCHANGES names. Without the variable nothing is
/// recorded. May be called from any thread.
namespace retail_pulse::tests::recorder {

/// A server of the whole API listens at this port, from now on (`api_at`) or no longer
/// (`no_api_at`). Responses of other servers of these tests are not recorded.
void api_at(std::uint16_t port);
void no_api_at(std::uint16_t port);
bool records(std::uint16_t port);

/// Removes the first request from the bytes that a client has sent, with the part of its body that
/// is there. Nothing where the bytes are no request; then all are removed.
std::optional<request_line> take_request(std::string& sent);

/// `whole` is false when the body was not read to its end.
void write(const std::optional<request_line>& request, const answer& got, bool whole);

}  // namespace retail_pulse::tests::recorder
