#pragma once

#include <string>
#include <string_view>

namespace retail_pulse {

/// Adds a text to a row of CSV (RFC 4180), in quotes where it needs them, and without the comma behind it. No spreadsheet is to take it, or
/// a part of it, for a formula: where the text, or what follows a line end or a separator that another reader may know (; tab |) in it,
/// begins with = + - @ or one of their full-width and small forms, an apostrophe comes in front, which spreadsheets take for "this is
/// text". Blanks, control characters (C0, DEL, C1) and quotes in front of the sign do not hide it. A text that begins with a control
/// character gets one too. Takes time in proportion to the text. (The signs are those of OWASP, "CSV Injection"; the rest is what they
/// miss.)
void append_csv_cell(std::string& row, std::string_view text);

}  // namespace retail_pulse
