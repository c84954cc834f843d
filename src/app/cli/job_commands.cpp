#include "app/cli/client_command.hpp"
#include "app/commands.hpp"

namespace retail_pulse::app {
namespace {

using client::client_error;
using client::job_report;

/// `cancel` and `redrive`: asks for something to be done, and perhaps waits for the job to end.
struct order {
  std::variant<std::string, client_error> (client::rest_client::*ask)(job_id job);
  std::string_view done;     ///< what is said then
  std::string_view waiting;  ///< help of --wait
  int of_a_failed_job;       ///< exit code where the job that is waited for ends failed
};

int give(client_line& line, const order& given, const words& arguments) {
  bool wait = false;
  line.add_job();
  line.app().add_flag("--wait", wait, std::string{given.waiting});
  line.add_retry_for();
  if (const auto code = line.parse(arguments)) return *code;

  const auto answer = line.insist<std::string>(request_kind::order, [&] { return (line.api().*given.ask)(line.job()); });
  if (const auto* error = std::get_if<client_error>(&answer)) return line.complain(*error);
  const auto& json = std::get<std::string>(answer);
  const std::string said = "job " + std::to_string(line.job().value) + " " + std::string{given.done} + "\n";
  const int code = line.print(!line.json() ? said : json.empty() ? "" : json + "\n", exit_ok);
  if (!wait || code != exit_ok) return code;
  return line.follow_to_end(line.job(), given.of_a_failed_job);
}

}  // namespace

int status(const words& arguments) {
  client_line line{"Tells how a job stands, and which stores failed. Exits with 1 when the job has failed.", "retail-pulse status"};
  line.add_job();
  if (const auto code = line.parse(arguments)) return *code;
  const auto answer = line.api().status(line.job());
  if (const auto* error = std::get_if<client_error>(&answer)) return line.complain(*error);
  const auto& report = std::get<job_report>(answer);
  return line.print(line.json() ? report.answer + "\n" : standing_of(line.job(), report),
                    report.state == job_state::failed ? exit_failed : exit_ok);
}

int watch(const words& arguments) {
  client_line line{"Follows a job to its end, through restarts of the service, and tells what failed. Exits with 1 when the job failed.",
                   "retail-pulse watch"};
  line.add_job();
  line.add_retry_for();
  if (const auto code = line.parse(arguments)) return *code;
  return line.follow_to_end(line.job());
}

int cancel(const words& arguments) {
  client_line line{"Cancels a job: its images that were not started end as cancelled.", "retail-pulse cancel"};
  return give(line,
              {&client::rest_client::cancel, "is being cancelled", "follows the job to its end; exits with 0 however it ends", exit_ok},
              arguments);
}

int redrive(const words& arguments) {
  client_line line{"Tries the failed images of a job that has ended once more; good results stay.", "retail-pulse redrive"};
  return give(
      line,
      {&client::rest_client::redrive, "is on its way again", "follows the job to its end and exits with 1 when it failed", exit_failed},
      arguments);
}

}  // namespace retail_pulse::app
