#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace retail_pulse::app {

/// Why a file is no job: one sentence with the file and, in CSV, the line and the column.
struct input_error {
  std::string message;
};

enum class input_kind : std::uint8_t { json, csv };

/// JSON where the first character that is not blank (behind a byte order mark) is `{`, else CSV. In UTF-16, too: the service says what is
/// wrong with such JSON.
input_kind kind_of(std::string_view text);

/// All of a file, or of standard input for "-", up to limits::max_body_bytes.
std::variant<std::string, input_error> read_input(const std::string& file);

struct csv_job {
  std::string document;  ///< of the submit endpoint
  std::string warning;   ///< of blanks that were taken off the store ids; empty where there were none
};

/// A job from CSV as csv::table reads it: with the columns store_id, image_url and visit_time, and one image per row. Rows of the same
/// store and time are one visit, in order of first appearance. No row behind the header is an error, too. `name` is what messages call the
/// file.
std::variant<csv_job, input_error> document_of_csv(std::string_view text, std::string_view name);

}  // namespace retail_pulse::app
