// observe: what operators see: the log.
// May use: src/core, src/files, spdlog.
// Never: writes the query of a URL or a secret, or throws.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "core/ids.hpp"

namespace retail_pulse::observe {

enum class level : std::uint8_t { debug, info, warning, error, off };

/// One named value of a log line; the names in use are `job`, `image`, `store`, `code` and what the
/// line needs besides.
struct field {
  std::string_view name;
  std::variant<std::int64_t, std::string_view> value;

  field(std::string_view n, std::string_view v) : name{n}, value{v} {}
  field(std::string_view n, const char* v) : name{n}, value{std::string_view{v}} {}
  field(std::string_view n, const std::string& v) : name{n}, value{std::string_view{v}} {}
  field(std::string_view n, std::int64_t v) : name{n}, value{v} {}
  explicit field(job_id job) : name{"job"}, value{job.value} {}
  explicit field(image_number image) : name{"image"}, value{image.value} {}
};

/// Writes one line: time, level, message, fields. Thread safe; does nothing below the level set, or
/// before a sink is set. Texts of fields are escaped, so that none can forge a line.
void log(level at, std::string_view message, std::initializer_list<field> fields = {});

/// Whether a line of that level would be written.
bool logs(level at);

enum class log_format : std::uint8_t { text, json };

struct log_options {
  std::string file;  ///< empty: stderr
  level from = level::info;
  log_format format = log_format::text;
  mode_t file_mode = 0600;  ///< of the file, where there is one
};

/// Opens the log of the process; the last call wins. False, with a sentence in `problem`, if the
/// file cannot be opened. A symbolic link in its place is followed only to a stream of the system:
/// /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N, /proc/N/fd/N and /dev/null. A pipe or a
/// character device is written to. A file with a second name (a hard link) that does not begin as a
/// log of this program is refused: it belongs to someone else.
bool set_log(const log_options& options, std::string& problem);

/// Opens the file of the last `set_log` again by its name, after log rotation; does nothing for
/// stderr and for a pipe. False, with a sentence in `problem`, if it cannot be opened; lines then
/// go to the old file.
bool reopen_log(std::string& problem);

/// The URL up to its query or fragment, because queries may contain signatures.
std::string_view without_query(std::string_view url);

}  // namespace retail_pulse::observe
