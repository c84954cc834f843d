#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "app/command_line.hpp"
#include "app/cli/retry_schedule.hpp"
#include "app/cli/progress.hpp"
#include "client/rest_client.hpp"

namespace retail_pulse::app {

/// The service of the same environment: RETAIL_PULSE_URL, or what `serve` would listen on, on this machine.
std::string default_url();

/// The client for a URL. Where it is none, the error names the variable that it comes from, unless it was `given` on the command line.
std::variant<client::rest_client, client::client_error> client_for(const std::string& url, bool given, client::timeouts limits = {});

/// What the subcommands share that talk to a running service: flags, the connection, how errors are told and tried again, and following a
/// job. One per run of a subcommand.
class client_line {
 public:
  /// `name` as in "retail-pulse submit".
  client_line(const std::string& description, std::string name);

  CLI::App& app() { return app_; }
  /// Adds the positional JOB.
  void add_job();
  /// Adds --retry-for.
  void add_retry_for();

  /// Parses and makes the client. An exit code where it is to end here.
  std::optional<int> parse(const words& arguments);

  client::rest_client& api() { return *api_; }
  job_id job() const { return {job_}; }
  bool json() const { return json_; }

  /// Makes a request until it is answered, or patience ends; says once in a row of failures why it waits.
  template <class Value>
  std::variant<Value, client::client_error> insist(request_kind kind,
                                                   const std::function<std::variant<Value, client::client_error>()>& ask) {
    for (;;) {
      auto answer = ask();
      const auto* error = std::get_if<client::client_error>(&answer);
      if (error == nullptr) return patience_.rest(), told_ = false, answer;
      const auto pause = patience_.pause_after(*error, kind, std::chrono::steady_clock::now());
      if (!pause) return answer;
      tell(*error, *pause);
      std::this_thread::sleep_for(*pause);
    }
  }

  /// Says in one sentence on stderr what is odd, but no error.
  void warn(const std::string& sentence) const { complain(sentence, exit_ok); }
  /// Says what is wrong, in one sentence on stderr; the exit code that it comes to.
  int complain(const std::string& sentence, int exit_code) const;
  int complain(const client::client_error& error) const;

  /// Follows a job to its end, with its progress on stderr, and reports it on stdout. SIGINT and SIGTERM end the process and say how to go
  /// on. The exit code: 0 when the job completed, `of_a_failed_job` when it failed.
  int follow_to_end(job_id job, int of_a_failed_job = exit_failed);

  /// Writes to stdout. The exit code given, or, when it could not be written, another with a complaint.
  int print(const std::string& text, int exit_code) const;

 private:
  void tell(const client::client_error& error, std::chrono::milliseconds pause);

  std::string name_;
  CLI::App app_;
  std::string url_ = default_url();
  bool json_ = false;
  std::int64_t job_ = 0;
  patience patience_{std::chrono::milliseconds{0}};
  bool told_ = false;
  progress_display display_;
  std::optional<client::rest_client> api_;
};

/// How a job stands, for people: "job 7 failed: 3 of 3 images done, 1 failed", and a line per failed store.
std::string standing_of(job_id job, const client::job_report& report);

}  // namespace retail_pulse::app
