// client: the REST API as a C++ class, for the subcommands that talk to a running service. Start at
// rest_client. May use: src/core, cpp-httplib, nlohmann/json. Never: retries, sleeps or prints.
// Fetches from image hosts are in src/fetch.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/job.hpp"
#include "core/limits.hpp"

namespace retail_pulse::client {

struct client_error {
  enum class kind : std::uint8_t {
    bad_url,      ///< the base URL is invalid: see base_url.hpp
    unreachable,  ///< no connection, or no complete response in time
    broken_off,   ///< a streamed response ended early
    refused,      ///< an error response; `status` is its HTTP status
    nonsense,     ///< a response that is not one of this API
  };
  kind what = kind::unreachable;
  std::string message;  ///< one sentence, from the service if it sent one
  int status = 0;
  std::optional<std::chrono::seconds> retry_after =
      std::nullopt;              ///< the header of an error response
  bool may_have_arrived = true;  ///< false: the service certainly did not act on the request

  /// A response of a service that is full or shutting down, or of the gateway in front of an
  /// unreachable one.
  bool is_unavailable() const { return status == 502 || status == 503 || status == 504; }
};

/// A store with failed images, and its first error as the service words it.
struct failed_store {
  std::string store_id;
  std::string error;
  std::int64_t failed_images = 0;
};

/// The response of the status endpoint.
struct status_response {
  job_state state = job_state::ongoing;
  image_counts images;  ///< `succeeded` is done minus failed
  std::string submitted_at;
  std::string finished_at;             ///< empty while the job is ongoing
  std::vector<failed_store> failures;  ///< of a failed job
  bool failures_truncated = false;
  std::string answer;  ///< the whole response, as one line of JSON
};

/// An accepted submission.
struct receipt {
  job_id job;
  std::string answer;     ///< the response, as one line of JSON
  bool replayed = false;  ///< it had been accepted before, with the same idempotency key
};

/// An image as GET /api/jobs/{id}/images lists it. Absent members are empty or 0.
struct listed_image {
  std::string store_id;
  std::string visit_time;
  std::string url;
  std::string state;  ///< "pending", "succeeded", "failed"
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t perimeter = 0;
  std::string format;
  std::string code;   ///< the error code of a failed one,
  std::string error;  ///< and its sentence
};

struct listed_page {
  std::vector<listed_image> images;
  std::string next;  ///< cursor of the next page; empty on the last one
};

/// An origin that is away, with the images of a job that wait for it.
struct away_origin {
  std::string origin;  ///< "https://cdn.example.com"
  std::int64_t pending = 0;
  std::string since;        ///< times of RFC 3339
  std::string given_up_at;  ///< when these images fail, at the earliest
};

enum class results_format : std::uint8_t {
  csv,
  csv_with_mark,  ///< with a byte order mark, for spreadsheets
  ndjson,
};

/// How a streamed response ended that did not fail.
enum class transfer : std::uint8_t {
  whole,
  stopped,  ///< by its receiver
};

/// Receives the next part of a response; false stops the transfer.
using receiver = std::function<bool(std::string_view part)>;

struct timeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds answer{30'000};  ///< between two reads or writes
  std::chrono::milliseconds whole{
      limits::exchange_patience};  ///< for a call; for `results` until the response begins
};

/// A connection to one service, kept open between calls. For one thread at a time. Memory and time
/// are bounded whatever the server sends: a response that is longer or nested deeper than one of
/// this API can be is `nonsense`. Redirects are errors.
class rest_client {
 public:
  /// For a service at "http://127.0.0.1:8080" or "https://example.com/pulse". Connects with the
  /// first call.
  static std::variant<rest_client, client_error> for_url(std::string_view text,
                                                         timeouts limits = {});

  rest_client(rest_client&& other) noexcept;
  rest_client& operator=(rest_client&& other) noexcept;
  ~rest_client();

  /// Whether the service accepts submissions. An error only if there is no response.
  std::variant<bool, client_error> ready();
  /// Submits a JSON document unchanged. With an idempotency key (see is_key_text) the same
  /// submission may be sent again and is accepted once.
  std::variant<receipt, client_error> submit(const std::string& document,
                                             const std::string& idempotency_key = {});
  /// `wait` is how long the service may delay its response until the job ends; keep it below
  /// `timeouts::answer`.
  std::variant<status_response, client_error> status(
      job_id job, std::chrono::seconds wait = std::chrono::seconds{0});
  /// The origins of a job's report that are away: at most ten, the longest outage first.
  std::variant<std::vector<std::string>, client_error> origins_away(job_id job);
  /// One of them; nullopt: it is back, or no image of the job waits for it.
  std::variant<std::optional<away_origin>, client_error> away_origin_of(job_id job,
                                                                        const std::string& origin);
  /// The response as one line of JSON; empty if it had no body.
  std::variant<std::string, client_error> cancel(job_id job);
  std::variant<std::string, client_error> redrive(job_id job);
  /// A page of at most `limit` images in order of submission, from the start or after the cursor of
  /// another page.
  std::variant<listed_page, client_error> images(job_id job, const std::string& cursor,
                                                 std::size_t limit);
  /// Streams all results to `take`, in constant memory. An error if the response ended early,
  /// whatever `take` got by then.
  std::variant<transfer, client_error> results(job_id job, results_format format,
                                               const receiver& take);

 private:
  class implementation;
  explicit rest_client(std::unique_ptr<implementation> implementation);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::client
