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

/// JSON where the first byte that is not blank (behind a byte order mark) is `{`, else CSV.
input_kind kind_of(std::string_view text);

/// All of a file, or of standard input for "-", up to limits::max_body_bytes.
std::variant<std::string, input_error> read_input(const std::string& file);

/// The document of the submit endpoint from CSV (RFC 4180, UTF-8): a header that names store_id, image_url and visit_time in any order
/// (other columns are passed over), then one image per row. Rows of the same store and time are one visit, in order of first appearance.
/// Errors: a column that is missing or named twice, a row that is short or long, an empty or overlong field, invalid UTF-8, a NUL, and what
/// is not CSV at all. `name` is what messages call the file.
std::variant<std::string, input_error> document_of_csv(std::string_view text, std::string_view name);

}  // namespace retail_pulse::app
