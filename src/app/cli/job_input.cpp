#include "app/cli/job_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/job_document.hpp"
#include "core/encoding.hpp"
#include "core/limits.hpp"
#include "csv/table.hpp"

namespace retail_pulse::app {
namespace {

using client::submitted_visit;

enum column_index : std::size_t { store_id, image_url, visit_time };
// A URL that is too long fails as an image in the service, and does not make the job invalid.
constexpr std::array<csv::column, 3> columns{
    {{.name = "store_id", .max_bytes = limits::store_id_bytes},
     {.name = "image_url", .max_bytes = limits::text_bytes},
     {.name = "visit_time", .max_bytes = limits::text_bytes}}};

/// Rows of one store and time, in order of first appearance.
class visit_list {
 public:
  void add(std::vector<std::string>& row) {
    // No text contains a NUL, so it separates store and time without ambiguity.
    auto key = row[store_id] + '\0' + row[visit_time];
    const auto [entry, fresh] = visit_of_.try_emplace(std::move(key), visits_.size());
    if (fresh) visits_.push_back({std::move(row[store_id]), std::move(row[visit_time]), {}});
    visits_[entry->second].urls.push_back(std::move(row[image_url]));
  }
  const std::vector<submitted_visit>& visits() const { return visits_; }

 private:
  std::vector<submitted_visit> visits_;
  std::unordered_map<std::string, std::size_t> visit_of_;
};

constexpr std::size_t blanks_before_json =
    1024;  ///< bytes of UTF-16 that are searched for the first character

/// The beginning of a text behind its byte order mark: enough for its first character.
std::string beginning_of(std::string_view text) {
  const auto how = encoding_of(text);
  text = text.substr(how.mark);
  if (how.what == encoding::kind::utf16)
    return utf8_of_utf16(text.substr(0, blanks_before_json), how.big_endian).text;
  const auto first = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return std::string{text.substr(first, 1)};
}

}  // namespace

input_kind kind_of(std::string_view text) {
  const auto beginning = beginning_of(text);
  const auto first = beginning.find_first_not_of(" \t\r\n");
  return first != std::string::npos && beginning[first] == '{' ? input_kind::json : input_kind::csv;
}

std::variant<std::string, input_error> read_input(const std::string& file) {
  const bool standard = file == "-";
  const std::string name = standard ? "standard input" : file;
  const auto failed = [&name](int error) {
    return input_error{name + " cannot be read: " + std::generic_category().message(error)};
  };
  const int descriptor = standard ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(errno);
  std::variant<std::string, input_error> result;
  auto& text = std::get<std::string>(result);
  std::array<char, 65536> part;
  for (;;) {
    const auto count = read(descriptor, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      result = failed(errno);
    } else if (count > 0) {
      text.append(part.data(), static_cast<std::size_t>(count));
      if (text.size() <= limits::max_body_bytes) continue;
      result = input_error{name + " is too large: a submission has at most " +
                           std::to_string(limits::max_body_bytes) + " bytes"};
    }
    break;
  }
  if (!standard) close(descriptor);
  return result;
}

std::variant<csv_job, input_error> document_of_csv(std::string_view text, std::string_view name) {
  csv::table rows{text, columns};
  visit_list list;
  std::vector<std::string> row;
  while (rows.next(row)) list.add(row);
  if (rows.wrong()) return input_error{rows.wrong()->message(name)};
  if (list.visits().empty())
    return input_error{std::string{name} + ": there are no rows below the header"};
  auto warning = rows.trimmed_in(store_id, "store id", "store ids");
  if (!warning.empty()) warning.insert(0, std::string{name} + ": ");
  return csv_job{client::job_document(list.visits()), std::move(warning)};
}

}  // namespace retail_pulse::app
