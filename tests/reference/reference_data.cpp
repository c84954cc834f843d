// Prints, as JSON, what the pages of docs/reference say about settings, error codes and limits.
// pages.py makes Markdown of it. Not a part of the product.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <ranges>
#include <string>

#include "config/flags.hpp"
#include "config/values.hpp"
#include "core/error_code.hpp"
#include "core/limits.hpp"

namespace {

using namespace retail_pulse;
using json = nlohmann::ordered_json;
using std::string_view;
namespace l = limits;

json settings_of_serve() {
  json rows = json::array();
  for (const auto& row : config::flags()) {
    rows.push_back({{"topic", row.topic},
                    {"flag", row.name},
                    {"variable", config::variable_of(row.name)},
                    {"other_variable", row.other_variable},
                    {"default", config::default_of(row)},
                    {"is_value", row.unset.empty()},
                    {"meaning", row.help},
                    {"bounds", row.bounds()},
                    {"choices", row.choices},
                    {"notes", row.notes}});
  }
  return rows;
}

struct explained_code {
  error_code code;
  string_view meaning;
};

/// In the order of error_table.
constexpr explained_code explained[] = {
    {error_code::store_not_found, "The store is not in the Store Master. Nothing is fetched."},
    {error_code::invalid_url,
     "Not an absolute http or https URL, or it has user info or a port that browsers block. The "
     "sentence has the reason. Host names may be in Unicode."},
    {error_code::blocked_address,
     "The host resolves to an address that may not be fetched from; see `--allow-address`."},
    {error_code::dns_failed, "The host name has no address, or the name servers did not answer."},
    {error_code::connect_failed, "No connection to any of the first addresses of the host."},
    {error_code::tls_failed, "No trusted TLS connection."},
    {error_code::timed_out, "Not received within `--fetch-deadline`, which the sentence names."},
    {error_code::http_status, "An HTTP error status, which the sentence names."},
    {error_code::too_many_redirects, "More redirects than the [limit](limits.md)."},
    {error_code::protocol_error,
     "The response is not valid HTTP, or exceeds a [limit](limits.md) on headers or framing, which "
     "is not retried. The sentence has the reason."},
    {error_code::too_large,
     "Larger than `--max-image-bytes`: the file, or all responses of an attempt together."},
    {error_code::truncated,
     "The file ended early. Not retried if it is complete as its host has it."},
    {error_code::not_an_image, "The content is not an image. The sentence says what it is."},
    {error_code::unsupported_format,
     "An image or an encoding that is not supported. The sentence names it."},
    {error_code::bad_dimensions, "The image has no size, or one that its format does not allow."},
    {error_code::origin_unavailable,
     "The image was not requested: its host could not be reached for the time of "
     "`--origin-patience`, or too many fetches are in progress at its server. The sentence says "
     "which."},
    {error_code::cancelled, "The job was cancelled before the image was fetched."},
    {error_code::internal, "An error of the service itself. The log has the details."},
};
static_assert(std::ranges::equal(explained, error_table | std::views::drop(1), {},
                                 &explained_code::code, &error_info::code),
              "every error code but none is explained, in the order of error_table");

json error_codes() {
  json rows = json::array();
  for (const auto& row : explained) {
    const auto& code = describe(row.code);
    rows.push_back({{"code", code.name},
                    {"sentence", code.public_sentence},
                    {"retried", code.can_pass},
                    {"meaning", row.meaning}});
  }
  return rows;
}

/// The HTTP statuses of image hosts after which another attempt follows, and the others of 5xx.
json retried_statuses() {
  json retried = json::array(), others = json::array();
  for (int status = 400; status < 600; ++status) {
    const bool again = can_pass(error_code::http_status, status);
    if (status < 500 && again) retried.push_back(status);
    if (status >= 500 && !again) others.push_back(status);
  }
  return {{"client_errors", retried}, {"server_errors_not", others}};
}

// --- limits -------------------------------------------------------------------------------------

std::string with_separators(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string bytes(std::size_t size) {
  auto text = config::values::size_text(static_cast<std::int64_t>(size));
  const auto unit = text.find_first_not_of("0123456789");
  return unit == std::string::npos ? with_separators(size) + " bytes" : text.insert(unit, " ");
}

std::string time(std::chrono::milliseconds time) {
  auto text = config::values::text_of(time);
  const auto unit = text.find_first_not_of("0123456789");
  if (text.ends_with('m')) text += "in";
  return text.insert(unit, " ");
}

std::string number(std::uint64_t of) { return with_separators(of); }

std::string pauses() {
  std::string text;
  for (const auto pause : l::callback_backoff) text += (text.empty() ? "" : ", ") + time(pause);
  return text;
}

std::string percent(std::uint64_t of) { return std::to_string(of) + " %"; }

using group = std::pair<string_view, json>;

/// What is limited, how much it may be, and what happens beyond it.
json row(string_view what, const std::string& limit, string_view beyond) {
  return {{"what", what}, {"limit", limit}, {"beyond", beyond}};
}

group submissions() {
  return {"Submissions",
          {
              row("Nesting of the JSON", number(l::json_depth), "`400`"),
              row("Store id", bytes(l::store_id_bytes), "`400`"),
              row("Any other text, such as a visit time", bytes(l::text_bytes), "`400`"),
              row("URL of an image", bytes(l::url_bytes), "the image fails with `invalid_url`"),
              row("`callback_url`", bytes(l::url_bytes), "`400`"),
              row("`Idempotency-Key`",
                  number(l::idempotency_key_bytes) + " characters of printable ASCII", "`400`"),
              row("Time that an `Idempotency-Key` is remembered", time(l::idempotency_kept),
                  "a new job is stored"),
              row("Bodies of all requests between first byte and response",
                  bytes(l::received_bodies_bytes) + " or 1.25 x `--max-body-bytes`, the larger",
                  "`503`"),
              row("Bodies that wait to be parsed", bytes(l::parser_queue_bytes), "`503`"),
              row("Submissions that wait for storage", bytes(l::storing_bytes), "`503`"),
          }};
}

group requests() {
  return {
      "Requests and connections",
      {
          row("Target of a request (path and query)", bytes(l::request_url_bytes), "`414`"),
          row("Name or value of a header", bytes(l::request_header_bytes), "`431`"),
          row("Headers of a request", number(l::request_headers), "`431`"),
          row("Chunk extensions or trailers of a body", bytes(l::request_framing_bytes), "`400`"),
          row("Time to send the head of a request", time(l::request_head), "`408`"),
          row("Time to send a request", time(l::request_read), "`408`"),
          row("Time to answer a request", time(l::request_handle), "`503`"),
          row("Time that a client may not read its response", time(l::response_write),
              "the connection is closed"),
          row("Responses that clients have not read", bytes(l::unread_answers_bytes),
              "the slowest connection is closed"),
          row("Idle time of a connection", time(l::api_idle), "the connection is closed"),
          row("Connections; fewer when file descriptors are short", number(l::api_connections),
              "`503`"),
          row("Connections without a complete request", number(l::waiting_connections),
              "one of them is closed"),
          row("Time for the supervisor to answer `/readyz`", time(l::readiness_answer), "`503`"),
      }};
}

group reports() {
  return {
      "Status, reports and commands",
      {
          row("Entries of a page, by default", number(l::default_page), ""),
          row("Entries of a page, at most", number(l::max_page), "`400`"),
          row("Texts of a page of images", bytes(l::report_page_bytes), "the page is shorter"),
          row("Stores in a status, a report or an audit", number(l::status_failures),
              "`error_truncated` or `stores_truncated` is set"),
          row("Longest `wait` of a status", time(l::longest_wait), "`400`"),
          row("Clients that follow or wait for jobs; at most 3/4 of the connections",
              number(l::followers), "`503`"),
          row("Pause between two `progress` events of a job", time(l::progress_pause), ""),
          row("Comment in a silent event stream, every", time(l::follower_beat), ""),
          row("Reports streamed at once", number(l::streams), "`503`"),
          row("Queries for reports that wait", number(l::reads), "`503`"),
          row("Audits that wait or run", number(l::audits), "`503`"),
          row("Cancels and redrives that wait for storage", number(l::control_requests), "`503`"),
      }};
}

group fetching() {
  return {
      "Fetching",
      {
          row("Redirects of one attempt", number(l::redirects), "`too_many_redirects`"),
          row("Addresses of a host that are tried", number(l::addresses_tried), "`connect_failed`"),
          row("Time to resolve a host name", time(l::dns_timeout), "`dns_failed`"),
          row("Headers of a response", bytes(l::response_header_bytes), "`protocol_error`"),
          row("Status line, or a header that is used", bytes(l::response_line_bytes),
              "`protocol_error`"),
          row("Size line of a chunk", bytes(l::chunk_line_bytes), "`protocol_error`"),
          row("Framing of chunks beyond the size of the data", bytes(l::chunk_framing_bytes),
              "`protocol_error`"),
          row("Content codings on one body", number(l::content_codings), "`unsupported_format`"),
          row("First pause before a retry; doubles with every attempt", time(l::backoff_base), ""),
          row("Longest pause before a retry", time(l::backoff_cap), ""),
          row("Longest `Retry-After` of an image host that is followed", time(l::retry_after_cap),
              "retried earlier"),
          row("Contacts in a row that fail before a host counts as unavailable",
              number(l::origin_failures), ""),
          row("Pause between two probes of an unavailable host, at least", time(l::probe_pause),
              ""),
          row("Pause between two probes of an unavailable host, at most", time(l::probe_pause_cap),
              ""),
          row("Time that an image waits for a busy server without using an attempt",
              time(l::postponed_for), "`origin_unavailable` counts as an attempt"),
      }};
}

group measuring() {
  return {
      "Measuring",
      {
          row("Properties of an AVIF or HEIC file", number(l::image_properties),
              "`unsupported_format`"),
          row("Associations of an AVIF or HEIC file", number(l::image_associations),
              "`unsupported_format`"),
          row("Directories of a TIFF file", number(l::tiff_directories), "`unsupported_format`"),
      }};
}

group webhooks() {
  return {"Webhooks",
          {
              row("Time of one delivery", time(l::callback_deadline), "the delivery is retried"),
              row("Pauses before retries; the last one repeats", pauses(), ""),
              row("Random part of a pause", "+/- " + percent(l::callback_jitter_percent), ""),
              row("Deliveries at once; fewer when file descriptors are short",
                  number(l::callbacks_at_once), "they wait"),
              row("Deliveries at once per origin", "1", "they wait"),
          }};
}

group files_and_clients() {
  return {"Files and the command-line client",
          {
              row("Configuration file", bytes(l::config_file_bytes), "exit code 2"),
              row("Store Master file", bytes(l::store_master_bytes), "the file is rejected"),
              row("Cells of a row of CSV", number(l::csv_cells), "the file is rejected"),
              row("`--retry-for`, by default", time(l::default_retry_for), ""),
              row("`--retry-for`, at most", time(l::max_retry_for), "exit code 2"),
          }};
}

json limits_of_users() {
  json groups = json::array();
  for (const auto& [topic, rows] : {submissions(), requests(), reports(), fetching(), measuring(),
                                    webhooks(), files_and_clients()}) {
    groups.push_back({{"topic", topic}, {"rows", rows}});
  }
  return groups;
}

}  // namespace

int main() {
  const json all{{"settings", settings_of_serve()},
                 {"errors", error_codes()},
                 {"statuses", retried_statuses()},
                 {"limits", limits_of_users()}};
  std::cout << all.dump(1) << "\n";
}
