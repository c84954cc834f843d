#include <array>
#include <random>

#include "app/cli/client_command.hpp"
#include "app/commands.hpp"
#include "app/cli/job_input.hpp"
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

std::string fault_of_key(const std::string& key) {
  return is_key_text(key) ? "" : "a key is 1 to " + std::to_string(limits::idempotency_key_bytes) + " characters of printable ASCII";
}

/// The document to send; what is odd about its file is said at once.
std::variant<std::string, input_error> document_of(const submit_options& options, const client_line& line) {
  auto text = read_input(options.file);
  if (std::holds_alternative<input_error>(text)) return text;
  const auto& content = std::get<std::string>(text);
  const auto kind = options.input.empty() ? kind_of(content) : options.input == "json" ? input_kind::json : input_kind::csv;
  if (kind == input_kind::json) return text;
  auto read = document_of_csv(content, options.file == "-" ? "standard input" : options.file);
  if (auto* error = std::get_if<input_error>(&read)) return std::move(*error);
  auto& job = std::get<csv_job>(read);
  if (!job.warning.empty()) line.warn(job.warning);
  return std::move(job.document);
}

}  // namespace

int submit(const words& arguments) {
  submit_options options;
  client_line line{
      "Submits a job: the JSON document of the API, or CSV with the columns store_id, image_url and visit_time and an image per row, "
      "whose rows of the same store and time are one visit. It may be sent again after a lost connection without being taken twice: "
      "every submission carries an Idempotency-Key.",
      "retail-pulse submit"};
  auto& app = line.app();
  app.add_option("FILE", options.file, "the job; - is standard input")->required()->type_name("");
  app.add_option("--input", options.input, "what the file is; else its first byte tells: { is JSON")
      ->transform(CLI::IsMember({"json", "csv"}, CLI::ignore_case));
  app.add_flag("--wait", options.wait, "follows the job to its end and exits with 1 when it failed");
  app.add_option("--idempotency-key", options.key,
                 "of an earlier submission of the same job, which is then not taken again (default: a random one)")
      ->check(CLI::Validator(fault_of_key, ""))
      ->type_name("KEY");
  line.add_retry_for();
  if (const auto code = line.parse(arguments)) return *code;

  const auto document = document_of(options, line);
  if (const auto* error = std::get_if<input_error>(&document)) return line.complain(error->message, exit_usage);
  const bool own_key = !options.key.empty();
  if (!own_key) options.key = random_uuid();

  const auto accepted =
      line.insist<receipt>(request_kind::submission, [&] { return line.api().submit(std::get<std::string>(document), options.key); });
  if (const auto* error = std::get_if<client_error>(&accepted)) return line.complain(*error);
  const auto& taken = std::get<receipt>(accepted);
  // Under a key of this run, what was taken before is what this run sent before.
  const std::string said = taken.replayed && own_key ? " was submitted before with this key\n" : " submitted\n";
  const int code = line.print(line.json() ? taken.answer + "\n" : "job " + std::to_string(taken.job.value) + said, exit_ok);
  return options.wait && code == exit_ok ? line.follow_to_end(taken.job) : code;
}

}  // namespace retail_pulse::app
