#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/rest_client.hpp"

/// JSON of the API to values. Nothing where a text is not the answer that it should be; members that are not known are passed over.
namespace retail_pulse::client {

std::optional<receipt> receipt_of(std::string_view body);
std::optional<job_report> report_of(std::string_view body);
std::optional<image_page> image_page_of(std::string_view body);

/// The text as one line of JSON, its members in their order. An empty text stays empty.
std::optional<std::string> one_line(std::string_view body);

/// The sentence of an error answer: `error`, or a problem's `detail`; nothing where it has neither.
std::optional<std::string> sentence_of(std::string_view body);

}  // namespace retail_pulse::client
