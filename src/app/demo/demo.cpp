#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "app/cli/progress.hpp"
#include "app/cli/sink.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/demo/image_host.hpp"
#include "app/demo/report.hpp"
#include "app/output.hpp"
#include "app/serve/service.hpp"
#include "app/serve/signals.hpp"
#include "client/rest_client.hpp"
#include "core/limits.hpp"
#include "observe/log.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using client::client_error;
using client::rest_client;
using client::status_response;

constexpr std::uint16_t sample_host_port = 8081;  // of the URLs in the sample job
constexpr auto poll_every = 100ms;
constexpr auto ready_within = 10s;

struct demo_options {
  bool once = false;
  std::uint16_t port = 8080;
  std::uint16_t origin_port = sample_host_port;
  std::string data;
};

int complain(const std::string& sentence, int exit_code) {
  say("retail-pulse demo: " + sentence + "\n");
  return exit_code;
}

/// A folder that is removed with its content when this is destroyed.
class temporary_folder {
 public:
  temporary_folder() : path_{(fs::temp_directory_path() / "retail-pulse-demo-XXXXXX").string()} {
    if (mkdtemp(path_.data()) == nullptr)
      throw fs::filesystem_error{"mkdtemp", path_, {errno, std::generic_category()}};
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code left_behind;
    fs::remove_all(path_, left_behind);
    if (left_behind)
      say("retail-pulse demo: " + path_ + " could not be removed: " + left_behind.message() + "\n");
  }
  fs::path path() const { return path_; }

 private:
  std::string path_;
};

/// The folder with the sample job: the given one, or else the first of ./data, beside the build, or
/// as installed. nullopt if none of them exists.
std::optional<fs::path> data_folder(const std::string& given) {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  std::vector<fs::path> candidates{"data", program.parent_path() / "../../data",
                                   "/usr/share/retail-pulse"};
  if (!given.empty()) candidates = {given};
  for (const auto& candidate : candidates) {
    std::error_code absent;
    if (fs::is_regular_file(candidate / "sample-job.json", absent))
      return candidate.lexically_normal();
  }
  return std::nullopt;
}

/// The sample job, with its image URLs on the port of the image host.
std::string sample_job(const fs::path& data, std::uint16_t host_port) {
  std::ifstream file{data / "sample-job.json", std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::string written = "//127.0.0.1:" + std::to_string(sample_host_port) + "/";
  const std::string real = "//127.0.0.1:" + std::to_string(host_port) + "/";
  for (auto at = text.find(written); at != std::string::npos;
       at = text.find(written, at + real.size())) {
    text.replace(at, written.size(), real);
  }
  return text;
}

config::settings settings_of(const demo_options& options, const fs::path& data,
                             const fs::path& scratch) {
  config::settings settings;
  settings.port = options.port;
  settings.store_master = (data / "StoreMasterAssignment.csv").string();
  settings.storage = "sqlite:" + (scratch / "demo.db").string();
  settings.allow_addresses = {"127.0.0.0/8"};
  settings.log.from = observe::level::error;  // the output is what the demo itself prints
  return settings;
}

/// Whether the service became ready in time, before a signal asked for an exit.
bool becomes_ready(rest_client& api) {
  for (auto waited = 0ms; waited < ready_within; waited += poll_every) {
    const auto ready = api.ready();
    if (const auto* yes = std::get_if<bool>(&ready); yes != nullptr && *yes) return true;
    if (exit_signal_within(poll_every)) return false;
  }
  return false;
}

/// Follows a job to its end. nullopt if a signal came first.
std::optional<std::variant<status_response, client_error>> follow(rest_client& api, job_id job) {
  progress_display bar{stderr, terminal_columns(STDERR_FILENO)};
  for (;;) {
    auto report = api.status(job);
    if (std::holds_alternative<client_error>(report)) return report;
    bar.show(std::get<status_response>(report).images, std::chrono::steady_clock::now());
    if (std::get<status_response>(report).state != job_state::ongoing) return bar.end(), report;
    if (exit_signal_within(poll_every)) return std::nullopt;
  }
}

std::variant<std::vector<client::listed_image>, client_error> all_images(rest_client& api,
                                                                         job_id job) {
  std::vector<client::listed_image> images;
  std::string cursor;
  do {
    auto answer = api.images(job, cursor, limits::listed_images);
    if (auto* error = std::get_if<client_error>(&answer)) return std::move(*error);
    auto& page = std::get<client::listed_page>(answer);
    std::ranges::move(page.images, std::back_inserter(images));
    cursor = std::move(page.next);
  } while (!cursor.empty());
  return images;
}

/// Submits the sample job, follows it and prints its report. An exit code if that failed.
std::optional<int> run_sample(const config::settings& settings, const std::string& url,
                              const std::string& document) {
  auto made = rest_client::for_url(url);
  if (const auto* error = std::get_if<client_error>(&made))
    return complain(error->message, exit_usage);
  auto& api = std::get<rest_client>(made);
  if (!becomes_ready(api)) return complain("the service did not become ready", exit_unreachable);

  const auto submitted = api.submit(document);
  if (const auto* error = std::get_if<client_error>(&submitted))
    return complain(error->message, exit_failed);
  const auto job = std::get<client::receipt>(submitted).job;
  std::printf("submitted the sample job: job %lld\n", static_cast<long long>(job.value));
  std::fflush(stdout);

  const auto followed = follow(api, job);
  if (!followed) return complain("interrupted before the end of the job", exit_failed);
  if (const auto* error = std::get_if<client_error>(&*followed))
    return complain(error->message, exit_failed);

  auto stores = stores::load(settings.store_master);
  if (const auto* error = std::get_if<stores::load_error>(&stores))
    return complain(error->message, exit_usage);
  const auto images = all_images(api, job);
  if (const auto* error = std::get_if<client_error>(&images))
    return complain(error->message, exit_failed);
  sink{}.write("\n" + report_of(job, std::get<std::vector<client::listed_image>>(images),
                                *std::get<stores::loaded>(stores).table));
  std::printf("The job's status is \"%s\".\n",
              name_of(std::get<status_response>(*followed).state).data());
  std::fflush(stdout);
  return std::nullopt;
}

int run_demo(const demo_options& options) {
  const auto data = data_folder(options.data);
  if (!data)
    return complain("sample-job.json was not found; name its folder with --data", exit_usage);

  block_signals();
  const auto host = image_host::start(*data / "sample-images", options.origin_port);
  if (!host) {
    return complain(
        "cannot serve the sample images on 127.0.0.1:" + std::to_string(options.origin_port) +
            "; if the port is in use, choose another with --origin-port",
        exit_usage);
  }

  const temporary_folder scratch;
  const auto settings = settings_of(options, *data, scratch.path());
  std::string problem;
  if (!observe::set_log(settings.log, problem)) return complain(problem, exit_usage);
  auto started = service::start(settings);
  if (const auto* refused = std::get_if<service::refused>(&started))
    return complain(refused->message, refused->exit_code);
  const auto running = std::get<std::unique_ptr<service>>(std::move(started));
  const std::string url = url_of(settings.bind, running->port());
  std::printf("serving the sample images on %s\nservice listening on %s\n",
              url_of("127.0.0.1", host->port()).c_str(), url.c_str());

  if (const auto code = run_sample(settings, url, sample_job(*data, host->port()))) return *code;
  if (!options.once) {
    std::printf("\nThe API listens on %s until Ctrl-C. Try:\n  curl '%s/api/status?jobid=1'\n",
                url.c_str(), url.c_str());
    std::fflush(stdout);
    wait_for_exit_signal();
    exit_on_next_signal();
  }
  running->stop();
  return exit_ok;
}

}  // namespace

int demo(const words& arguments) {
  demo_options options;
  CLI::App app{
      "Runs the service on bundled images with a temporary database, submits the sample job, and "
      "prints a report of it. The service then\n"
      "stays up until Ctrl-C.",
      "retail-pulse demo"};
  app.add_flag("--once", options.once, "exits after the report");
  app.add_option("--port", options.port, "port of the API; 0 picks a free one")
      ->capture_default_str();
  app.add_option("--origin-port", options.origin_port, "port of the image host; 0 picks a free one")
      ->capture_default_str();
  app.add_option("--data", options.data,
                 "folder with sample-job.json, sample-images and StoreMasterAssignment.csv");
  if (const auto code = parse_words(app, arguments)) return *code;
  return run_demo(options);
}

}  // namespace retail_pulse::app
