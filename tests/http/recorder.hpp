#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/http/client.hpp"

/// What the raw client exchanges with the API, written down for tests/contract: one JSON object a
/// line, into the file that the variable RECORDED_EXCHANGES names; without it nothing is. From any
/// thread.
namespace retail_pulse::tests::recorder {

/// A server of the whole API listens at this port, from now on or no longer. What other servers of
/// these tests answer is not written down.
void api_at(std::uint16_t port);
void no_api_at(std::uint16_t port);
bool records(std::uint16_t port);

/// Takes the request off the front of what a client has sent, with its body as far as it is there.
/// Nothing where no request can be seen; then all of it is taken.
std::optional<request_line> take_request(std::string& sent);

/// `whole` is false when the body was not read to its end.
void write(const std::optional<request_line>& request, const answer& got, bool whole);

}  // namespace retail_pulse::tests::recorder
