#include "app/job_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/job_document.hpp"
#include "core/limits.hpp"
#include "core/text.hpp"
#include "stores/csv.hpp"

namespace retail_pulse::app {
namespace {

using client::submitted_visit;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

enum column : std::size_t { store_id, image_url, visit_time, column_count };
constexpr std::array<std::string_view, column_count> column_names{"store_id", "image_url", "visit_time"};
// A URL that is too long fails as an image, not as a job; that bound is the service's.
constexpr std::array<std::size_t, column_count> column_bytes{limits::store_id_bytes, limits::text_bytes, limits::text_bytes};

/// Reads the rows of one CSV text into visits.
class csv_job {
 public:
  csv_job(std::string_view text, std::string_view name) : rows_{without_mark(text)}, name_{name} {}

  std::variant<std::string, input_error> document() {
    std::vector<std::string> row;
    if (!rows_.next(row)) return rows_.error().empty() ? input_error{name_ + " is empty"} : broken(row);
    header_ = row;
    if (auto fault = find_columns()) return *std::move(fault);
    while (rows_.next(row)) {
      if (auto fault = fault_of(row)) return *std::move(fault);
      add(row);
    }
    if (!rows_.error().empty()) return broken(row);
    if (visits_.empty()) return input_error{name_ + ": there is no row behind the header"};
    return client::job_document(visits_);
  }

 private:
  input_error at_line(const std::string& what) const { return {name_ + ", line " + std::to_string(rows_.line()) + ": " + what}; }
  input_error in_column(std::string_view column, const std::string& what) const {
    return at_line("column " + std::string{column} + ": " + what);
  }

  /// The reader stopped in the last of the fields that it began, which has a number where it has no name: in the header itself, and behind
  /// it.
  input_error broken(const std::vector<std::string>& row) const {
    const bool named = row.size() <= header_.size();
    return in_column(named ? header_[row.size() - 1] : std::to_string(row.size()), rows_.error());
  }

  std::optional<input_error> find_columns() {
    for (std::size_t wanted = 0; wanted < column_count; ++wanted) {
      std::optional<std::size_t> found;
      for (std::size_t place = 0; place < header_.size(); ++place) {
        if (header_[place] != column_names[wanted]) continue;
        if (found) return at_line("the header names the column " + header_[place] + " twice");
        found = place;
      }
      if (!found) return at_line("the header has no column " + std::string{column_names[wanted]});
      places_[wanted] = *found;
    }
    return std::nullopt;
  }

  std::optional<input_error> fault_of(const std::vector<std::string>& row) const {
    if (row.size() < header_.size()) return in_column(header_[row.size()], "the row ends before it");
    if (row.size() > header_.size()) return in_column(header_.back(), "the row goes on behind it, the last column of the header");
    for (std::size_t wanted = 0; wanted < column_count; ++wanted) {
      const auto& field = row[places_[wanted]];
      const auto name = column_names[wanted];
      if (field.empty()) return in_column(name, "is empty");
      if (field.size() > column_bytes[wanted]) return in_column(name, "is longer than " + std::to_string(column_bytes[wanted]) + " bytes");
      if (valid_utf8_prefix(field) != field.size()) return in_column(name, "is not UTF-8");
      if (field.find('\0') != std::string::npos) return in_column(name, "contains a NUL character");
    }
    return std::nullopt;
  }

  void add(std::vector<std::string>& row) {
    // No NUL gets here, so it separates: two different pairs never give one key.
    auto key = row[places_[store_id]] + '\0' + row[places_[visit_time]];
    const auto [entry, fresh] = visit_of_.try_emplace(std::move(key), visits_.size());
    if (fresh) visits_.push_back({std::move(row[places_[store_id]]), std::move(row[places_[visit_time]]), {}});
    visits_[entry->second].urls.push_back(std::move(row[places_[image_url]]));
  }

  stores::csv_reader rows_;
  std::string name_;
  std::vector<std::string> header_;
  std::array<std::size_t, column_count> places_{};
  std::vector<submitted_visit> visits_;
  std::unordered_map<std::string, std::size_t> visit_of_;
};

}  // namespace

input_kind kind_of(std::string_view text) {
  text = without_mark(text);
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' ? input_kind::json : input_kind::csv;
}

std::variant<std::string, input_error> read_input(const std::string& file) {
  const bool standard = file == "-";
  const std::string name = standard ? "standard input" : file;
  const auto failed = [&name](int error) { return input_error{name + " cannot be read: " + std::generic_category().message(error)}; };
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
      result = input_error{name + " is larger than any submission may be: " + std::to_string(limits::max_body_bytes) + " bytes"};
    }
    break;
  }
  if (!standard) close(descriptor);
  return result;
}

std::variant<std::string, input_error> document_of_csv(std::string_view text, std::string_view name) {
  return csv_job{text, name}.document();
}

}  // namespace retail_pulse::app
