#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "app/cli/progress.hpp"
#include "app/cli/retry_schedule.hpp"
#include "app/command_line.hpp"
#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// The service that the environment names: RETAIL_PULSE_URL, or the port that `serve` would take on
/// this machine.
std::string default_url();

/// A client for a URL. If the URL is invalid, the error names the variable that it comes from,
/// unless it was `given` on the command line.
std::variant<client::rest_client, client::client_error> client_for(const std::string& url,
                                                                   bool given,
                                                                   client::timeouts limits = {});

/// What the subcommands share that are clients of a running service: flags, the connection, error
/// messages, retries, and following a job. One object per run of a subcommand.
class client_command {
 public:
  /// `name` as in "retail-pulse submit".
  client_command(const std::string& description, std::string name);

  CLI::App& app() { return app_; }
  /// Adds the positional JOB.
  void add_job();
  /// Adds --retry-for.
  void add_retry_for();

  /// Parses the arguments and makes the client. Returns an exit code if the subcommand has to end
  /// here.
  std::optional<int> parse(const words& arguments);

  client::rest_client& api() { return *api_; }
  job_id job() const { return {job_}; }
  bool json() const { return json_; }

  /// Sends a request until it succeeds, fails for good, or --retry-for has passed. Of several
  /// failures in a row, prints the first.
  template <class Value>
  std::variant<Value, client::client_error> with_retries(
      request_kind kind, const std::function<std::variant<Value, client::client_error>()>& ask) {
    for (;;) {
      auto answer = ask();
      const auto* error = std::get_if<client::client_error>(&answer);
      if (error == nullptr) return retries_.reset(), noted_ = false, answer;
      const auto pause = retries_.pause_after(*error, kind, std::chrono::steady_clock::now());
      if (!pause) return answer;
      note_retry(*error, *pause);
      std::this_thread::sleep_for(*pause);
    }
  }

  /// Prints a warning, one sentence, on stderr.
  void warn(const std::string& sentence) const { complain(sentence, exit_ok); }
  /// Prints an error, one sentence, on stderr, and returns the exit code.
  int complain(const std::string& sentence, int exit_code) const;
  int complain(const client::client_error& error) const;

  /// Follows a job until it has ended, with its progress on stderr, and prints its status on
  /// stdout. SIGINT and SIGTERM end the process and print how to continue. The exit code: 0 if the
  /// job completed, `exit_if_failed` if it failed.
  int follow_to_end(job_id job, int exit_if_failed = exit_failed);

  /// Writes to stdout. Returns the given exit code, or 1 with a message if it could not be written.
  int print(const std::string& text, int exit_code) const;

 private:
  void note_retry(const client::client_error& error, std::chrono::milliseconds pause);

  std::string name_;
  CLI::App app_;
  std::string url_ = default_url();
  bool json_ = false;
  std::int64_t job_ = 0;
  retry_schedule retries_{std::chrono::milliseconds{0}};
  bool noted_ = false;  ///< the present row of failures
  progress_display display_;
  std::optional<client::rest_client> api_;
};

/// The status of a job for people: "job 7 failed: 3 of 3 images done, 1 failed", and a line per
/// failed store.
std::string status_text(job_id job, const client::status_response& report);

/// A line about an origin that is away: "cdn.example.com has not answered since 12:04:00 UTC; 9,120
/// images wait, given up at 12:05:30 UTC".
std::string away_text(const client::away_origin& origin);

}  // namespace retail_pulse::app
