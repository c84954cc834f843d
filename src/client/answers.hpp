#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/rest_client.hpp"

/// Values from JSON responses of the API. nullopt for anything but the expected response; unknown
/// members are ignored.
namespace retail_pulse::client {

std::optional<receipt> receipt_of(std::string_view body);
std::optional<status_response> status_of(std::string_view body);
std::optional<listed_page> listed_page_of(std::string_view body);
/// Of a job's report; none of an earlier version's.
std::optional<std::vector<std::string>> origins_away_of(std::string_view body);
/// Of a list of origins: those that are away.
std::optional<std::vector<away_origin>> away_origins_of(std::string_view body);

/// The text as one line of JSON, with the order of its members. An empty text stays empty.
std::optional<std::string> one_line(std::string_view body);

/// The sentence of an error response: `error`, or `detail` of a problem; nullopt if it has neither.
std::optional<std::string> sentence_of(std::string_view body);

}  // namespace retail_pulse::client
