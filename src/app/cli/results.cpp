#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app/cli/client_command.hpp"
#include "app/cli/image_table.hpp"
#include "app/cli/sink.hpp"
#include "app/commands.hpp"
#include "app/output.hpp"
#include "core/limits.hpp"

namespace retail_pulse::app {
namespace {

using client::client_error;
using client::listed_page;
using client::results_format;

struct counts {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;

  void add(const client::listed_image& image) {
    ++(image.state == "succeeded" ? succeeded : image.state == "failed" ? failed : pending);
  }
  std::string text() const {
    return fmt::format("\n{} succeeded, {} failed, {} pending\n", succeeded, failed, pending);
  }
};

/// Page by page, in constant memory.
std::optional<client_error> write_table(client_command& command, sink& to,
                                        std::optional<std::size_t> columns) {
  std::optional<image_table> table;
  counts seen;
  std::string cursor;
  do {
    auto answer = command.api().images(command.job(), cursor, limits::listed_images);
    if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
    auto& page = std::get<listed_page>(answer);
    std::string text;
    if (!table) text = table.emplace(page.images, columns).header();
    for (const auto& image : page.images) {
      seen.add(image);
      text += table->row(image);
    }
    if (page.next.empty()) text += seen.text();
    if (!to.write(text)) return std::nullopt;
    cursor = std::move(page.next);
  } while (!cursor.empty());
  return std::nullopt;
}

std::optional<client_error> write_stream(client_command& command, sink& to, results_format format) {
  const auto answer = command.api().results(
      command.job(), format, [&to](std::string_view part) { return to.write(part); });
  if (const auto* error = std::get_if<client_error>(&answer)) return *error;
  return std::nullopt;
}

/// The format of a stream; nullopt for the table.
std::optional<results_format> stream_format(const std::string& name, bool with_mark) {
  if (name == "csv") return with_mark ? results_format::csv_with_mark : results_format::csv;
  return name == "ndjson" ? std::optional{results_format::ndjson} : std::nullopt;
}

int write_results(client_command& command, sink& to, std::optional<results_format> format,
                  bool to_terminal) {
  const auto columns = to_terminal ? terminal_columns(STDOUT_FILENO) : std::nullopt;
  const auto error =
      format ? write_stream(command, to, *format) : write_table(command, to, columns);
  if (error) return command.complain(*error);
  if (const auto problem = to.finish()) return command.complain(*problem, exit_failed);
  if (!to.not_kept().empty()) command.warn(to.not_kept());
  return exit_ok;
}

}  // namespace

int results(const words& arguments) {
  std::string name;
  std::string file;
  bool with_mark = false;
  client_command command{
      "Prints the result of every image of a job, as a table, as CSV or as JSON lines.",
      "retail-pulse results"};
  command.add_job();
  command.app()
      .add_option("--format", name, "table, csv or ndjson (default: table); --json means ndjson")
      ->transform(CLI::IsMember({"table", "csv", "ndjson"}, CLI::ignore_case));
  command.app()
      .add_option("--output", file,
                  "writes to this file, which appears once it is complete; - is standard output")
      ->type_name("FILE");
  command.app().add_flag("--bom", with_mark,
                         "with --format csv: begins with a byte order mark, without which some "
                         "spreadsheets read CSV as Latin-1");
  if (const auto code = command.parse(arguments)) return *code;
  if (command.json() && !name.empty() && name != "ndjson")
    return command.complain(
        "--json means --format ndjson and cannot be combined with --format " + name, exit_usage);
  if (with_mark && name != "csv") return command.complain("--bom needs --format csv", exit_usage);
  const auto format = stream_format(command.json() ? "ndjson" : name, with_mark);

  if (file.empty()) {
    sink standard;
    return write_results(command, standard, format, true);
  }
  auto opened = sink::to_file(file, "retail-pulse results: " + file + " was not written");
  if (const auto* problem = std::get_if<std::string>(&opened))
    return command.complain(*problem, exit_usage);
  auto& to = std::get<sink>(opened);
  return write_results(command, to, format, false);
}

}  // namespace retail_pulse::app
