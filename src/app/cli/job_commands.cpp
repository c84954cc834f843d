#include "app/cli/client_command.hpp"
#include "app/commands.hpp"

namespace retail_pulse::app {
namespace {

using client::client_error;
using client::status_response;

/// `cancel` and `redrive`: what they request and print.
struct order {
  std::variant<std::string, client_error> (client::rest_client::*ask)(job_id job);
  std::string_view done;     ///< printed behind "job 7"
  std::string_view waiting;  ///< help of --wait
  int exit_if_failed;        ///< exit code of --wait if the job fails
};

int send(client_command& command, const order& given, const words& arguments) {
  bool wait = false;
  command.add_job();
  command.app().add_flag("--wait", wait, std::string{given.waiting});
  command.add_retry_for();
  if (const auto code = command.parse(arguments)) return *code;

  const auto answer = command.with_retries<std::string>(
      request_kind::order, [&] { return (command.api().*given.ask)(command.job()); });
  if (const auto* error = std::get_if<client_error>(&answer)) return command.complain(*error);
  const auto& json = std::get<std::string>(answer);
  const std::string said =
      "job " + std::to_string(command.job().value) + " " + std::string{given.done} + "\n";
  const int code = command.print(!command.json() ? said : json.empty() ? "" : json + "\n", exit_ok);
  if (!wait || code != exit_ok) return code;
  return command.follow_to_end(command.job(), given.exit_if_failed);
}

/// A line for each origin that is away, with a warning where that cannot be read.
std::string origins_text(client_command& command) {
  const auto origins = command.api().origins_away(command.job());
  const auto warn = [&](const client_error& error) {
    command.warn("the hosts that are away cannot be read: " + error.message);
  };
  std::string text;
  if (const auto* error = std::get_if<client_error>(&origins)) {
    warn(*error);
    return text;
  }
  for (const auto& each : std::get<std::vector<std::string>>(origins)) {
    const auto found = command.api().away_origin_of(command.job(), each);
    if (const auto* error = std::get_if<client_error>(&found)) {
      warn(*error);
      return text;
    }
    const auto& away = std::get<std::optional<client::away_origin>>(found);
    if (away) text += away_text(*away);
  }
  return text;
}

}  // namespace

int status(const words& arguments) {
  client_command command{
      "Prints the status of a job, the stores whose images failed, and the hosts that are away. "
      "Exits with 1 if the job has failed.",
      "retail-pulse status"};
  command.add_job();
  if (const auto code = command.parse(arguments)) return *code;
  const auto answer = command.api().status(command.job());
  if (const auto* error = std::get_if<client_error>(&answer)) return command.complain(*error);
  const auto& report = std::get<status_response>(answer);
  auto text = command.json() ? report.answer + "\n" : status_text(command.job(), report);
  if (!command.json() && report.state == job_state::ongoing) text += origins_text(command);
  return command.print(text, report.state == job_state::failed ? exit_failed : exit_ok);
}

int watch(const words& arguments) {
  client_command command{
      "Follows a job until it has ended, also through restarts of the service. Exits with 1 if the "
      "job failed.",
      "retail-pulse watch"};
  command.add_job();
  command.add_retry_for();
  if (const auto code = command.parse(arguments)) return *code;
  return command.follow_to_end(command.job());
}

int cancel(const words& arguments) {
  client_command command{"Cancels a job: images that have not begun fail as cancelled.",
                         "retail-pulse cancel"};
  return send(command,
              {&client::rest_client::cancel, "is being cancelled",
               "follows the job until it has ended; exits with 0 even if it failed", exit_ok},
              arguments);
}

int redrive(const words& arguments) {
  client_command command{"Tries the failed images of an ended job again; successful results stay.",
                         "retail-pulse redrive"};
  return send(command,
              {&client::rest_client::redrive, "is running again",
               "follows the job until it has ended; exits with 1 if it failed", exit_failed},
              arguments);
}

}  // namespace retail_pulse::app
