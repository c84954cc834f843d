#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "app/cli/client_command.hpp"
#include "app/commands.hpp"
#include "app/cli/image_table.hpp"
#include "app/output.hpp"
#include "core/limits.hpp"

namespace retail_pulse::app {
namespace {

using client::client_error;
using client::image_page;
using client::results_format;

struct counts {
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t pending = 0;

  void add(const client::listed_image& image) { ++(image.state == "succeeded" ? succeeded : image.state == "failed" ? failed : pending); }
  std::string text() const { return fmt::format("\n{} succeeded, {} failed, {} pending\n", succeeded, failed, pending); }
};

/// Page by page, so that a job of any size takes the same memory.
std::optional<client_error> write_table(client_line& line, output& to, std::optional<std::size_t> columns) {
  std::optional<image_table> table;
  counts seen;
  std::string cursor;
  do {
    auto answer = line.api().images(line.job(), cursor, limits::listed_images);
    if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
    auto& page = std::get<image_page>(answer);
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

std::optional<client_error> write_stream(client_line& line, output& to, results_format format) {
  const auto answer = line.api().results(line.job(), format, [&to](std::string_view part) { return to.write(part); });
  if (const auto* error = std::get_if<client_error>(&answer)) return *error;
  return std::nullopt;
}

/// Of a stream; nothing for a table.
std::optional<results_format> stream_format(const std::string& name, bool with_mark) {
  if (name == "csv") return with_mark ? results_format::csv_with_mark : results_format::csv;
  return name == "ndjson" ? std::optional{results_format::ndjson} : std::nullopt;
}

int write_results(client_line& line, output& to, std::optional<results_format> format, bool to_terminal) {
  const auto columns = to_terminal ? terminal_columns(STDOUT_FILENO) : std::nullopt;
  const auto error = format ? write_stream(line, to, *format) : write_table(line, to, columns);
  if (error) return line.complain(*error);
  if (const auto problem = to.finish()) return line.complain(*problem, exit_failed);
  if (!to.not_kept().empty()) line.warn(to.not_kept());
  return exit_ok;
}

}  // namespace

int results(const words& arguments) {
  std::string name;
  std::string file;
  bool with_mark = false;
  client_line line{"Prints what came of every image of a job: as a table, or its whole report as CSV or as JSON lines, as it comes.",
                   "retail-pulse results"};
  line.add_job();
  line.app()
      .add_option("--format", name, "table (default), csv or ndjson; --json is ndjson")
      ->transform(CLI::IsMember({"table", "csv", "ndjson"}, CLI::ignore_case));
  line.app()
      .add_option("--output", file, "writes to this file, which appears only when it is whole; - is standard output")
      ->type_name("FILE");
  line.app().add_flag("--bom", with_mark, "with --format csv: a byte order mark in front, for spreadsheets that take CSV for Latin-1 else");
  if (const auto code = line.parse(arguments)) return *code;
  if (line.json() && !name.empty() && name != "ndjson") return line.complain("--json is --format ndjson, not " + name, exit_usage);
  if (with_mark && name != "csv") return line.complain("--bom goes with --format csv alone", exit_usage);
  const auto format = stream_format(line.json() ? "ndjson" : name, with_mark);

  if (file.empty()) {
    output standard;
    return write_results(line, standard, format, true);
  }
  auto opened = output::to_file(file, "retail-pulse results: " + file + " is not written");
  if (const auto* problem = std::get_if<std::string>(&opened)) return line.complain(*problem, exit_usage);
  auto& to = std::get<output>(opened);
  return write_results(line, to, format, false);
}

}  // namespace retail_pulse::app
