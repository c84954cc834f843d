#include "app/cli/client_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "app/output.hpp"
#include "app/serve/signals.hpp"
#include "config/parsers.hpp"
#include "core/limits.hpp"

namespace retail_pulse::app {
namespace {

using namespace std::chrono_literals;
using client::client_error;
using client::job_report;
using client::rest_client;
using std::chrono::steady_clock;

constexpr auto held_back = 1s;  ///< how long the service may wait for the end of a job before it answers: what the progress may lag behind

int exit_code_of(const client_error& error) {
  if (error.what == client_error::kind::bad_url) return exit_usage;
  if (error.what == client_error::kind::unreachable) return exit_unreachable;
  return error.status == 502 || error.status == 503 || error.status == 504 ? exit_unreachable : exit_failed;
}

struct environment_url {
  std::string url;
  std::string variable;  ///< that it comes from; empty where none is set
};

environment_url url_of_environment() {
  for (const std::string variable : {"RETAIL_PULSE_URL", "RETAIL_PULSE_PORT", "PORT"}) {
    const char* value = std::getenv(variable.c_str());
    if (value == nullptr || *value == '\0') continue;
    if (variable == "RETAIL_PULSE_URL") return {value, variable};
    // Kubernetes sets RETAIL_PULSE_PORT to tcp://... beside a Service of our name; `serve` ignores that too.
    if (std::string_view{value}.find("://") == std::string_view::npos) return {"http://127.0.0.1:" + std::string{value}, variable};
  }
  return {"http://127.0.0.1:8080", ""};
}

std::string fault_of_job(const std::string& text) {
  std::int64_t job = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), job);
  const bool is_one = error == std::errc{} && end == text.data() + text.size() && job >= 1 && job <= max_job_id;
  return is_one ? "" : "'" + text + "' is no number of a job";
}

std::string images_in_words(std::int64_t count) { return fmt::format("{} image{}", count, count == 1 ? "" : "s"); }

/// Where a service does not hold its answer back, the pause before the next look: short at first, for short jobs.
std::chrono::milliseconds pause_between_looks(steady_clock::duration watched) {
  return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(watched / 10), 100ms, std::chrono::milliseconds{held_back});
}

}  // namespace

std::string default_url() { return url_of_environment().url; }

std::variant<rest_client, client_error> client_for(const std::string& url, bool given, client::timeouts limits) {
  auto made = rest_client::for_url(url, limits);
  auto* error = std::get_if<client_error>(&made);
  const auto from = given ? "" : url_of_environment().variable;
  if (error != nullptr && !from.empty()) error->message = from + ": " + error->message;
  return made;
}

client_line::client_line(const std::string& description, std::string name)
    : name_{std::move(name)}, app_{description, name_}, display_{stderr, terminal_columns(STDERR_FILENO)} {
  app_.add_option("--url", url_, url_help);
  app_.add_flag("--json", json_, "prints what the service answers, as lines of JSON");
  app_.footer(exit_codes_help);
}

void client_line::add_job() {
  app_.add_option("JOB", job_, "number of the job")->required()->check(CLI::Validator(fault_of_job, ""))->type_name("");
}

void client_line::add_retry_for() {
  patience_ = patience{limits::default_retry_for};
  const auto read = [this](const std::string& text) {
    const auto time = config::parse_duration(text);
    if (!time || *time > limits::max_retry_for) {
      throw CLI::ValidationError("--retry-for", "'" + text + "' is not a time up to 24h, such as 30s or 5m");
    }
    patience_ = patience{*time};
  };
  app_.add_option_function<std::string>("--retry-for", read, "how long to try again when the service is full or cannot be reached (30s)")
      ->type_name("TIME");
}

std::optional<int> client_line::parse(const words& arguments) {
  if (const auto code = parse_words(app_, arguments)) return code;
  auto made = client_for(url_, app_.count("--url") > 0);
  if (const auto* error = std::get_if<client_error>(&made)) return complain(*error);
  api_.emplace(std::get<rest_client>(std::move(made)));
  return std::nullopt;
}

int client_line::complain(const std::string& sentence, int exit_code) const {
  say(name_ + ": " + printable(sentence) + "\n");
  return exit_code;
}

int client_line::complain(const client_error& error) const { return complain(error.message, exit_code_of(error)); }

void client_line::tell(const client_error& error, std::chrono::milliseconds pause) {
  if (std::exchange(told_, true)) return;
  const auto again = error.retry_after ? fmt::format("in {} s", std::chrono::ceil<std::chrono::seconds>(pause).count()) : "soon";
  display_.note(fmt::format("{}: {}; trying again {}", name_, printable(error.message), again));
}

int client_line::print(const std::string& text, int exit_code) const {
  output to;
  to.write(text);
  const auto problem = to.finish();
  return problem ? complain(*problem, exit_failed) : exit_code;
}

int client_line::follow_to_end(job_id job, int of_a_failed_job) {
  const std::string here = url_ == default_url() ? "" : " --url " + url_;
  end_on_signal(fmt::format("{}: job {} goes on; retail-pulse watch {}{} follows it", name_, job.value, job.value, here));
  const auto began = steady_clock::now();
  for (;;) {
    const auto asked = steady_clock::now();
    const auto answer = insist<job_report>(request_kind::reading, [&] { return api_->status(job, held_back); });
    if (const auto* error = std::get_if<client_error>(&answer)) return display_.end(), complain(*error);
    const auto& report = std::get<job_report>(answer);
    display_.show(report.images, steady_clock::now());
    if (report.state != job_state::ongoing) {
      end_without_a_word();  // no job goes on
      display_.end();
      return print(json_ ? report.answer + "\n" : standing_of(job, report),
                   report.state == job_state::completed ? exit_ok : of_a_failed_job);
    }
    const auto took = steady_clock::now() - asked;
    if (took < held_back) std::this_thread::sleep_for(pause_between_looks(steady_clock::now() - began));
  }
}

std::string standing_of(job_id job, const job_report& report) {
  const auto& images = report.images;
  std::string text = fmt::format("job {} {}: {} of {} done", job.value,
                                 report.state == job_state::ongoing ? "is ongoing" : std::string{name_of(report.state)}, images.done(),
                                 images_in_words(images.total));
  if (images.failed > 0) text += fmt::format(", {} failed", images.failed);
  if (!report.submitted_at.empty()) text += "; submitted " + printable(report.submitted_at);
  if (!report.finished_at.empty()) text += ", finished " + printable(report.finished_at);
  text += "\n";
  for (const auto& store : report.failures) {
    text += fmt::format("  {}  {}: {}\n", printable(store.store_id), images_in_words(store.failed_images), printable(store.error));
  }
  if (report.failures_truncated) text += fmt::format("  and more stores; retail-pulse results {} tells every image\n", job.value);
  return text;
}

}  // namespace retail_pulse::app
