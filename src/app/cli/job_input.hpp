#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::app {

/// Why a job file is invalid: one sentence with the file and, in CSV, the line and the column.
struct input_error {
  std::string message;
};

enum class input_kind : std::uint8_t { json, csv };

/// JSON if the first character is `{` (after blanks and a byte order mark), otherwise CSV. Also
/// recognised in UTF-16, which the service refuses for JSON.
input_kind kind_of(std::string_view text);

/// The content of a file, or of standard input for "-", up to limits::max_body_bytes.
std::variant<std::string, input_error> read_input(const std::string& file);

struct csv_job {
  std::string document;  ///< JSON for the submit endpoint
  std::string warning;   ///< blanks were removed around store ids; empty if none were
};

/// A job from CSV with the columns store_id, image_url and visit_time and one image per row (see
/// csv::table). Rows with the same store and time become one visit, in order of first appearance. A
/// file without rows is an error. Messages call the file `name`.
std::variant<csv_job, input_error> document_of_csv(std::string_view text, std::string_view name);

}  // namespace retail_pulse::app
