#include "app/cli/client_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "app/cli/interruption.hpp"
#include "app/cli/sink.hpp"
#include "app/output.hpp"
#include "config/parsers.hpp"
#include "core/limits.hpp"
#include "core/number.hpp"

namespace retail_pulse::app {
namespace {

using namespace std::chrono_literals;
using client::client_error;
using client::rest_client;
using client::status_response;
using std::chrono::steady_clock;

constexpr auto long_poll = 1s;  ///< how long the service may delay its response until the job ends;
                                ///< also the lag of the progress

int exit_code_of(const client_error& error) {
  if (error.what == client_error::kind::bad_url) return exit_usage;
  if (error.what == client_error::kind::unreachable) return exit_unreachable;
  return error.is_unavailable() ? exit_unreachable : exit_failed;
}

struct environment_url {
  std::string url;
  std::string variable;  ///< where it comes from; empty if none is set
};

environment_url url_of_environment() {
  for (const std::string variable : {"RETAIL_PULSE_URL", "RETAIL_PULSE_PORT", "PORT"}) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    if (variable == "RETAIL_PULSE_URL") return {value, variable};
    // Kubernetes sets RETAIL_PULSE_PORT to tcp://... beside a Service of our name; `serve` ignores
    // that too.
    if (std::string_view{value}.find("://") == std::string_view::npos)
      return {"http://127.0.0.1:" + std::string{value}, variable};
  }
  return {"http://127.0.0.1:8080", ""};
}

std::string problem_of_job(const std::string& text) {
  return whole_number<std::int64_t>(text, 1, max_job_id) ? ""
                                                         : "'" + text + "' is not a job number";
}

std::string images_in_words(std::int64_t count) {
  return fmt::format("{} image{}", count, count == 1 ? "" : "s");
}

/// For a service that does not delay its response: the pause before the next request, short at
/// first, for short jobs.
std::chrono::milliseconds pause_between_requests(steady_clock::duration watched) {
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(watched / 10), 100ms,
                    std::chrono::milliseconds{long_poll});
}

}  // namespace

std::string default_url() { return url_of_environment().url; }

std::variant<rest_client, client_error> client_for(const std::string& url, bool given,
                                                   client::timeouts limits) {
  auto made = rest_client::for_url(url, limits);
  auto* error = std::get_if<client_error>(&made);
  const auto from = given ? "" : url_of_environment().variable;
  if (error != nullptr && !from.empty()) error->message = from + ": " + error->message;
  return made;
}

client_command::client_command(const std::string& description, std::string name)
    : name_{std::move(name)},
      app_{description, name_},
      display_{stderr, terminal_columns(STDERR_FILENO)} {
  app_.add_option("--url", url_, url_help);
  app_.add_flag("--json", json_, "prints the responses of the service, as lines of JSON");
  app_.footer(exit_codes_help);
}

void client_command::add_job() {
  app_.add_option("JOB", job_, "the number of the job")
      ->required()
      ->check(CLI::Validator(problem_of_job, ""))
      ->type_name("");
}

void client_command::add_retry_for() {
  retries_ = retry_schedule{limits::default_retry_for};
  const auto read = [this](const std::string& text) {
    const auto time = config::parse_duration(text);
    if (!time || *time > limits::max_retry_for) {
      throw CLI::ValidationError("--retry-for",
                                 "'" + text + "' is not a time up to 24h, such as 30s or 5m");
    }
    retries_ = retry_schedule{*time};
  };
  app_.add_option_function<std::string>(
          "--retry-for", read,
          "how long to retry while the service is full or cannot be reached (default: 30s)")
      ->type_name("TIME");
}

std::optional<int> client_command::parse(const words& arguments) {
  if (const auto code = parse_words(app_, arguments)) return code;
  auto made = client_for(url_, app_.count("--url") > 0);
  if (const auto* error = std::get_if<client_error>(&made)) return complain(*error);
  api_.emplace(std::get<rest_client>(std::move(made)));
  return std::nullopt;
}

int client_command::complain(const std::string& sentence, int exit_code) const {
  say(name_ + ": " + printable(sentence) + "\n");
  return exit_code;
}

int client_command::complain(const client_error& error) const {
  return complain(error.message, exit_code_of(error));
}

void client_command::note_retry(const client_error& error, std::chrono::milliseconds pause) {
  if (std::exchange(noted_, true)) return;
  const auto again =
      error.retry_after
          ? fmt::format("in {} s", std::chrono::ceil<std::chrono::seconds>(pause).count())
          : "soon";
  display_.note(fmt::format("{}: {}; trying again {}", name_, printable(error.message), again));
}

int client_command::print(const std::string& text, int exit_code) const {
  sink to;
  to.write(text);
  const auto problem = to.finish();
  return problem ? complain(*problem, exit_failed) : exit_code;
}

int client_command::follow_to_end(job_id job, int exit_if_failed) {
  const std::string here = url_ == default_url() ? "" : " --url " + url_;
  exit_on_signal(fmt::format("{}: job {} continues; follow it with: retail-pulse watch {}{}", name_,
                             job.value, job.value, here));
  const auto began = steady_clock::now();
  for (;;) {
    const auto asked = steady_clock::now();
    const auto answer = with_retries<status_response>(request_kind::reading,
                                                      [&] { return api_->status(job, long_poll); });
    if (const auto* error = std::get_if<client_error>(&answer))
      return display_.end(), complain(*error);
    const auto& report = std::get<status_response>(answer);
    display_.show(report.images, steady_clock::now());
    if (report.state != job_state::ongoing) {
      exit_silently_on_signal();  // the job does not continue
      display_.end();
      return print(json_ ? report.answer + "\n" : status_text(job, report),
                   report.state == job_state::completed ? exit_ok : exit_if_failed);
    }
    const auto took = steady_clock::now() - asked;
    if (took < long_poll)
      std::this_thread::sleep_for(pause_between_requests(steady_clock::now() - began));
  }
}

namespace {

/// "9,120"
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

/// The time of day of a time of RFC 3339 in UTC, to the second.
std::string time_of_day(const std::string& time) {
  constexpr std::size_t day = 11, seconds = 8;
  if (time.size() < day + seconds) return printable(time);
  return printable(time.substr(day, seconds)) + " UTC";
}

}  // namespace

std::string away_text(const client::away_origin& origin) {
  const auto mark = origin.origin.find("//");
  const auto host = mark == std::string::npos ? origin.origin : origin.origin.substr(mark + 2);
  return fmt::format("  {} has not answered since {}; {} {}, given up at {}\n", printable(host),
                     time_of_day(origin.since), grouped(origin.pending),
                     origin.pending == 1 ? "image waits" : "images wait",
                     time_of_day(origin.given_up_at));
}

std::string status_text(job_id job, const status_response& report) {
  const auto& images = report.images;
  std::string text = fmt::format(
      "job {} {}: {} of {} done", job.value,
      report.state == job_state::ongoing ? "is ongoing" : std::string{name_of(report.state)},
      images.done(), images_in_words(images.total));
  if (images.failed > 0) text += fmt::format(", {} failed", images.failed);
  if (!report.submitted_at.empty()) text += "; submitted " + printable(report.submitted_at);
  if (!report.finished_at.empty()) text += ", finished " + printable(report.finished_at);
  text += "\n";
  for (const auto& store : report.failures) {
    text += fmt::format("  {}  {}: {}\n", printable(store.store_id),
                        images_in_words(store.failed_images), printable(store.error));
  }
  if (report.failures_truncated)
    text +=
        fmt::format("  and more stores; retail-pulse results {} lists every image\n", job.value);
  return text;
}

}  // namespace retail_pulse::app
