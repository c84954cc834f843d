// client: the REST API as its callers see it, for the subcommands that talk to a running service.
// May use: src/core, cpp-httplib, nlohmann/json.
// Never: retries, sleeps, prints, or is pointed at strangers (see src/fetch for those).
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
    bad_url,      ///< the base URL is none: see base_url.hpp
    unreachable,  ///< no connection, or no whole answer in time
    broken_off,   ///< a streamed answer of which only the start came
    refused,      ///< an answer other than the one asked for; `status` is its HTTP status
    nonsense,     ///< an answer that is not of the API
  };
  kind what = kind::unreachable;
  std::string message;  ///< one sentence; the service's own words where it gave any
  int status = 0;
  std::optional<std::chrono::seconds> retry_after = std::nullopt;  ///< of a refusal that named it
  bool may_have_arrived = true;                                    ///< false: the service certainly did nothing of what it was asked
};

/// What became of a store whose images failed, in the words of the service.
struct failed_store {
  std::string store_id;
  std::string error;
  std::int64_t failed_images = 0;
};

/// What the status endpoint told.
struct job_report {
  job_state state = job_state::ongoing;
  image_counts images;  ///< `succeeded` is what is done and has not failed
  std::string submitted_at;
  std::string finished_at;             ///< empty while the job is ongoing
  std::vector<failed_store> failures;  ///< of a failed job
  bool failures_truncated = false;
  std::string answer;  ///< all of it, as one line of JSON
};

/// An accepted submission.
struct receipt {
  job_id job;
  std::string answer;     ///< as one line of JSON
  bool replayed = false;  ///< it was accepted before, under the same key
};

/// An image of a job as the list of its images tells it. What was not told is empty or 0.
struct listed_image {
  std::string store_id;
  std::string visit_time;
  std::string url;
  std::string state;  ///< "pending", "succeeded", "failed"
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::int64_t perimeter = 0;
  std::string format;
  std::string code;   ///< of a failed one
  std::string error;  ///< and its sentence
};

struct image_page {
  std::vector<listed_image> images;
  std::string next;  ///< cursor of the page behind it; empty on the last one
};

enum class results_format : std::uint8_t {
  csv,
  csv_with_mark,  ///< a byte order mark in front, for spreadsheets
  ndjson,
};

/// How a transfer ended that did not fail.
enum class transfer : std::uint8_t {
  whole,
  stopped,  ///< by its receiver
};

/// Takes a part of an answer as it comes; false ends the transfer.
using receiver = std::function<bool(std::string_view part)>;

struct timeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds answer{30'000};                    ///< between two reads or writes
  std::chrono::milliseconds whole{limits::exchange_patience};  ///< of a call; of `results` until the answer begins
};

/// A connection to one service, kept open between calls. Used by one thread at a time. Whatever answers there takes bounded memory and
/// time: what an answer is longer than it can be, or nested deeper, is nonsense. Redirects are refusals.
class rest_client {
 public:
  /// For a service at "http://127.0.0.1:8080" or "https://example.com/pulse". Connects with the first call.
  static std::variant<rest_client, client_error> for_url(std::string_view text, timeouts limits = {});

  rest_client(rest_client&& other) noexcept;
  rest_client& operator=(rest_client&& other) noexcept;
  ~rest_client();

  /// Whether the service takes submissions. An error only where nothing answers.
  std::variant<bool, client_error> ready();
  /// Submits a document of the submit endpoint as it is. With a key (see is_key_text) the same submission may be sent again: it is taken
  /// once.
  std::variant<receipt, client_error> submit(const std::string& document, const std::string& idempotency_key = {});
  /// `wait` is how long the service may hold its answer back until the job ends; keep it below the timeout of an answer.
  std::variant<job_report, client_error> status(job_id job, std::chrono::seconds wait = std::chrono::seconds{0});
  /// The service's answer as one line of JSON, empty where it had none.
  std::variant<std::string, client_error> cancel(job_id job);
  std::variant<std::string, client_error> redrive(job_id job);
  /// One page of at most `limit` images in order of submission, from the start or behind the cursor of another page.
  std::variant<image_page, client_error> images(job_id job, const std::string& cursor, std::size_t limit);
  /// All results, handed on as they come: nothing is kept. An error where the answer broke off, whatever was handed on by then.
  std::variant<transfer, client_error> results(job_id job, results_format format, const receiver& take);

 private:
  class implementation;
  explicit rest_client(std::unique_ptr<implementation> implementation);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::client
