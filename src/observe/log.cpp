#include "observe/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>

#include "core/time.hpp"
#include "observe/log_line.hpp"

namespace retail_pulse::observe {
namespace {

/// What `set_log` made last. Lines are made by us; spdlog writes them whole, from any thread, and keeps failures from the caller.
struct output {
  std::shared_ptr<spdlog::logger> logger;
  log_options made_for;
};

struct current_output {
  std::mutex guard;
  output value;
};

current_output& current() {
  static current_output* const forever = new current_output;  // threads that still log while the process ends find it alive
  return *forever;
}

std::atomic<level> lowest{level::off};

output copy_of_current() {
  const std::lock_guard lock{current().guard};
  return current().value;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& file) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
  }
  auto logger = std::make_shared<spdlog::logger>("retail-pulse", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);  // `logs` has decided already
  logger->flush_on(spdlog::level::trace);   // a line that is logged is not lost with the process
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
    output next{make_logger(options.file), options};
    const std::lock_guard lock{current().guard};
    current().value = std::move(next);
    lowest.store(options.from, std::memory_order_relaxed);
    return true;
  } catch (const spdlog::spdlog_ex& error) {
    problem = "the log file '" + options.file + "' cannot be opened: " + error.what();
    return false;
  }
}

bool open_log_anew(std::string& problem) {
  const auto options = copy_of_current().made_for;
  std::error_code unknown;
  const bool is_file = !options.file.empty() && !std::filesystem::is_fifo(options.file, unknown);  // opening a pipe waits for its reader
  return !is_file || set_log(options, problem);
}

std::string_view without_query(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

}  // namespace retail_pulse::observe
