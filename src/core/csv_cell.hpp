#pragma once

#include <string>
#include <string_view>

namespace retail_pulse {

/// Appends a text to a row of CSV (RFC 4180), quoted if necessary, without a comma after it. No
/// spreadsheet may read it, or a part of it, as a formula: if the text, or a part after a line end
/// or another common separator (; tab |), begins with = + - @ or one of their full-width and small
/// forms, an apostrophe is put in front, by which spreadsheets mark text. Blanks, control
/// characters (C0, DEL, C1) and quotes before the sign do not hide it. A text that begins with a
/// control character gets an apostrophe too. Linear time. (The signs are those of OWASP, "CSV
/// Injection"; the other rules close gaps in that list.)
void append_csv_cell(std::string& row, std::string_view text);

}  // namespace retail_pulse
