#include "observe/log.hpp"

#include <fcntl.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "core/time.hpp"
#include "files/own_file.hpp"
#include "observe/log_line.hpp"

namespace retail_pulse::observe {
namespace {

/// What `set_log` opened last. spdlog writes whole lines, from any thread, and keeps failures from
/// the caller.
struct output {
  std::shared_ptr<spdlog::logger> logger;
  log_options made_for;
};

struct current_output {
  std::mutex guard;
  output value;
};

current_output& current() {
  static current_output* const forever =
      new current_output;  // alive for threads that still log while the process exits
  return *forever;
}

std::atomic<level> lowest{level::off};

output copy_of_current() {
  const std::lock_guard lock{current().guard};
  return current().value;
}

/// Appends lines to an open file, pipe or device, which it owns. spdlog's own sink opens by name,
/// and follows links.
class descriptor_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit descriptor_sink(int descriptor) : descriptor_{descriptor} {}
  ~descriptor_sink() override { close(descriptor_); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    const char* from = line.data();
    for (std::size_t left = line.size(); left > 0;) {
      const auto count = write(descriptor_, from, left);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) spdlog::throw_spdlog_ex("the log cannot be written", errno);
      from += count;
      left -= static_cast<std::size_t>(count);
    }
  }
  void flush_() override {}

 private:
  int descriptor_;
};

/// The names that Linux has for the output of this process, for that of the first one of a
/// container, and for nothing. No other descriptor: behind it may be a file that is open for
/// reading, or one of the service's own.
bool is_system_stream(std::string_view name) {
  constexpr std::array<std::string_view, 9> names{
      "/dev/null",       "/dev/stdout",     "/dev/stderr",  "/dev/fd/1",   "/dev/fd/2",
      "/proc/self/fd/1", "/proc/self/fd/2", "/proc/1/fd/1", "/proc/1/fd/2"};
  return std::ranges::find(names, name) != names.end();
}

/// The system stream that a name is, or links to as in containers (service.log -> /dev/stdout);
/// empty if neither.
std::string stream_behind(const std::string& name) {
  if (is_system_stream(name)) return name;
  std::error_code no_link;
  auto target = std::filesystem::read_symlink(name, no_link);
  if (no_link) return {};
  if (target.is_relative()) {
    const auto folder =
        std::filesystem::canonical(std::filesystem::absolute(name).parent_path(), no_link);
    target = (folder / target).lexically_normal();
  }
  return is_system_stream(target.string()) ? target.string() : std::string{};
}

/// The first bytes of a file; nothing where it cannot be read.
std::optional<std::string> start_of(const std::string& file) {
  std::string text(16, '\0');
  const int descriptor = open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::nullopt;
  const auto size = read(descriptor, text.data(), text.size());
  close(descriptor);
  if (size < 0) return std::nullopt;
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// Whether a file begins with a line as as_text or as_json makes them, or is empty.
bool begins_as_a_log(const std::string& file) {
  constexpr std::string_view json = R"({"time":")";
  constexpr std::string_view time = "0000-00-00T";
  const auto text = start_of(file);
  if (!text) return false;
  const std::string_view start{*text};
  if (start.empty() || start.starts_with(json)) return true;
  const auto like = [](char form, char c) {
    return form == '0' ? c >= '0' && c <= '9' : c == form;
  };
  return start.size() >= time.size() &&
         std::ranges::equal(time, start.substr(0, time.size()), like);
}

/// An open descriptor of the log file, or why it cannot be opened.
files::opened open_file(const log_options& options) {
  if (const auto stream = stream_behind(options.file); !stream.empty()) {
    files::opened result;
    result.descriptor = open(stream.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
                             options.file_mode);
    if (result.descriptor < 0)
      result.problem = "cannot be opened: " + std::generic_category().message(errno);
    return result;
  }
  const std::filesystem::path file{options.file};
  files::opened result;
  if (const auto why = files::make_folders(file.parent_path(), options.file_mode); !why.empty()) {
    result.problem = "cannot be opened: its folder cannot be made: " + why;
    return result;
  }
  struct stat status {};
  const bool has_other_names =
      lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink > 1;
  if (has_other_names && !begins_as_a_log(options.file)) {
    result.problem =
        "has a second name (hard link) and does not begin as a log of this program: it may be "
        "another file";
    return result;
  }
  auto opened = files::open_log(file, options.file_mode);
  const bool is_file = fstat(opened.descriptor, &status) == 0 &&
                       S_ISREG(status.st_mode);  // nothing is read out of a pipe
  if (is_file && start_of(options.file).value_or("").starts_with("SQLite format 3")) {
    close(opened.descriptor);
    return {.problem = "is a database"};
  }
  if (is_file && begins_as_a_log(options.file)) files::bring_to_mode(opened, options.file_mode);
  return opened;
}

std::shared_ptr<spdlog::logger> make_logger(std::shared_ptr<spdlog::sinks::sink> sink) {
  auto logger = std::make_shared<spdlog::logger>("retail-pulse", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);  // `logs` has decided already
  logger->flush_on(spdlog::level::trace);   // no line is lost when the process ends
  return logger;
}

}  // namespace

bool logs(level at) { return at != level::off && at >= lowest.load(std::memory_order_relaxed); }

void log(level at, std::string_view message, std::initializer_list<field> fields) {
  if (!logs(at)) return;
  try {
    const output to = copy_of_current();
    if (!to.logger) return;
    const log_line line{system_wall_time(), at, message, {fields.begin(), fields.size()}};
    const std::string text = to.made_for.format == log_format::json ? as_json(line) : as_text(line);
    to.logger->log(spdlog::level::info, spdlog::string_view_t{text.data(), text.size()});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "a log line was lost: %s\n", error.what());
  }
}

bool set_log(const log_options& options, std::string& problem) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    std::string warning;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      const auto file = open_file(options);
      if (file.descriptor < 0)
        return problem = "the log file '" + options.file + "' " + file.problem, false;
      sink = std::make_shared<descriptor_sink>(file.descriptor);
      warning = files::word_of_mode("the log file", file);
    }
    output next{make_logger(std::move(sink)), options};
    {
      const std::lock_guard lock{current().guard};
      current().value = std::move(next);
      lowest.store(options.from, std::memory_order_relaxed);
    }
    if (!warning.empty()) log(level::warning, warning);
    return true;
  } catch (const spdlog::spdlog_ex& error) {
    problem = "the log file '" + options.file + "' cannot be opened: " + error.what();
    return false;
  }
}

bool reopen_log(std::string& problem) {
  const auto options = copy_of_current().made_for;
  std::error_code unknown;
  const bool is_file =
      !options.file.empty() &&
      !std::filesystem::is_fifo(options.file, unknown);  // opening a pipe waits for its reader
  return !is_file || set_log(options, problem);
}

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace retail_pulse::observe
