#include <array>
#include <random>

#include "app/cli/client_command.hpp"
#include "app/cli/job_input.hpp"
#include "app/commands.hpp"
#include "core/limits.hpp"
#include "core/submission_key.hpp"
#include "core/text.hpp"

namespace retail_pulse::app {
namespace {

using client::client_error;
using client::receipt;

struct submit_options {
  std::string file;
  std::string input;
  std::string key;
  bool wait = false;
};

/// A random UUID (RFC 9562, version 4).
std::string random_uuid() {
  std::random_device chance;
  std::array<unsigned char, 16> bytes{};
  for (auto& byte : bytes) byte = static_cast<unsigned char>(chance());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  auto text = hex(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, "-");
  return text;
}

std::string problem_of_key(const std::string& key) {
  return is_key_text(key) ? ""
                          : "a key is 1 to " + std::to_string(limits::idempotency_key_bytes) +
                                " characters of printable ASCII";
}

/// The document to send. Warnings about the file are printed at once.
std::variant<std::string, input_error> document_of(const submit_options& options,
                                                   const client_command& command) {
  auto text = read_input(options.file);
  if (std::holds_alternative<input_error>(text)) return text;
  const auto& content = std::get<std::string>(text);
  const auto kind = options.input.empty()     ? kind_of(content)
                    : options.input == "json" ? input_kind::json
                                              : input_kind::csv;
  if (kind == input_kind::json) return text;
  auto read = document_of_csv(content, options.file == "-" ? "standard input" : options.file);
  if (auto* error = std::get_if<input_error>(&read)) return std::move(*error);
  auto& job = std::get<csv_job>(read);
  if (!job.warning.empty()) command.warn(job.warning);
  return std::move(job.document);
}

}  // namespace

int submit(const words& arguments) {
  submit_options options;
  client_command command{
      "Submits a job.\n\n"
      "FILE is the JSON document of the API, or CSV with the columns store_id, image_url and "
      "visit_time and one image\n"
      "per row; rows with the same store and time become one visit. Every submission carries an "
      "Idempotency-Key, so\n"
      "that a retry after a lost connection is not accepted twice.",
      "retail-pulse submit"};
  auto& app = command.app();
  app.add_option("FILE", options.file, "the job; - reads standard input")
      ->required()
      ->type_name("");
  app.add_option("--input", options.input,
                 "format of FILE (default: json if it starts with {, otherwise csv)")
      ->transform(CLI::IsMember({"json", "csv"}, CLI::ignore_case));
  app.add_flag("--wait", options.wait,
               "follows the job until it has ended; exits with 1 if it failed");
  app.add_option("--idempotency-key", options.key,
                 "identifies the submission: one that was accepted before with this key is not "
                 "accepted again (default: random)")
      ->check(CLI::Validator(problem_of_key, ""))
      ->type_name("KEY");
  command.add_retry_for();
  if (const auto code = command.parse(arguments)) return *code;

  const auto document = document_of(options, command);
  if (const auto* error = std::get_if<input_error>(&document))
    return command.complain(error->message, exit_usage);
  const bool own_key = !options.key.empty();
  if (!own_key) options.key = random_uuid();

  const auto accepted = command.with_retries<receipt>(request_kind::submission, [&] {
    return command.api().submit(std::get<std::string>(document), options.key);
  });
  if (const auto* error = std::get_if<client_error>(&accepted)) return command.complain(*error);
  const auto& taken = std::get<receipt>(accepted);
  // With a random key, the earlier submission is one that this run has sent itself.
  const std::string said =
      taken.replayed && own_key ? " was submitted before with this key\n" : " submitted\n";
  const int code = command.print(
      command.json() ? taken.answer + "\n" : "job " + std::to_string(taken.job.value) + said,
      exit_ok);
  return options.wait && code == exit_ok ? command.follow_to_end(taken.job) : code;
}

}  // namespace retail_pulse::app
