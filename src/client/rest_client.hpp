// client: the REST API as its callers see it, for the subcommands that talk to a running service.
// May use: src/core, cpp-httplib, nlohmann/json.
// Never: retries, waits for a job, prints, or is pointed at strangers (cpp-httplib alone trusts its server; see src/fetch for those).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/job.hpp"

namespace retail_pulse::client {

struct client_error {
  enum class kind : std::uint8_t {
    bad_url,      ///< the base URL is none: see base_url.hpp
    unreachable,  ///< no connection, or no whole answer in time
    refused,      ///< an answer other than the one asked for; `status` is its HTTP status
    nonsense,     ///< an answer that is not of the API
  };
  kind what = kind::unreachable;
  std::string message;  ///< one sentence
  int status = 0;
};

/// What the status endpoint told.
struct job_report {
  job_state state = job_state::ongoing;
  image_counts images;  ///< `succeeded` is what is done and has not failed
};

struct timeouts {
  std::chrono::milliseconds connect{2000};
  std::chrono::milliseconds answer{30'000};  ///< between two reads or writes
};

/// A connection to one service, kept open between calls. Used by one thread at a time.
class rest_client {
 public:
  /// For a service at "http://127.0.0.1:8080" or "https://example.com/pulse". Connects with the first call.
  static std::variant<rest_client, client_error> for_url(std::string_view text, timeouts limits = {});

  rest_client(rest_client&& other) noexcept;
  rest_client& operator=(rest_client&& other) noexcept;
  ~rest_client();

  /// Whether the service takes submissions. An error only where nothing answers.
  std::variant<bool, client_error> ready();
  /// Submits a document of the submit endpoint as it is.
  std::variant<job_id, client_error> submit(const std::string& document);
  std::variant<job_report, client_error> status(job_id job);

 private:
  class implementation;
  explicit rest_client(std::unique_ptr<implementation> implementation);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::client
