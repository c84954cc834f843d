#include "config/flags.hpp"

#include <algorithm>
#include <cctype>

#include "config/values.hpp"

namespace retail_pulse::config {
namespace {

using std::string_view;
using s = settings;
namespace l = limits;

// --- kinds of values that only one setting has
// -----------------------------------------------------

struct bind_address : values::text<&s::bind> {
  static std::string read(string_view text, settings& into) {
    if (!fetch::parse_address(text)) {
      return values::refused(text, "is not an IP address such as 127.0.0.1, 0.0.0.0 or ::1");
    }
    into.bind = text;
    return {};
  }
};

struct storage_place : values::text<&s::storage> {
  static std::string read(string_view text, settings& into) {
    const auto place = storage::location::parse(text);
    if (const auto* error = std::get_if<storage::location_error>(&place)) return error->message;
    into.storage = text;
    return {};
  }
};

/// As RFC 9110, section 5.5 has a field's content, of ASCII alone.
struct user_agent : values::text<&s::user_agent> {
  static std::string bounds() {
    return "1 to " + std::to_string(l::user_agent_bytes) + " characters of printable ASCII";
  }
  static std::string read(string_view text, settings& into) {
    const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (text.empty() || text.size() > l::user_agent_bytes || !printable || trimmed(text) != text) {
      return "is not " + bounds() + ", without blanks around them";
    }
    into.user_agent = text;
    return {};
  }
};

struct gpu_delay : values::single {
  static std::string bounds() { return "0 to " + values::text_of(l::max_wait); }
  static std::string write(const settings& from) {
    return values::text_of(from.gpu_delay_min) + ".." + values::text_of(from.gpu_delay_max);
  }
  static std::string read(string_view text, settings& into) {
    const auto range = parse_duration_range(text);
    if (!range || range->high > l::max_wait) {
      return values::refused(
          text, "is not a range of times such as 100ms..400ms, one time, or 0, up to " +
                    values::text_of(l::max_wait));
    }
    into.gpu_delay_min = range->low;
    into.gpu_delay_max = range->high;
    return {};
  }
};

struct trusted_clients : values::repeated {
  static std::string read(string_view text, settings& into) {
    const auto range = fetch::parse_cidr(text);
    if (const auto* why = std::get_if<std::string>(&range)) {
      return values::refused(
          text, "is not an address or a range of them, such as 10.0.0.7 or fd00::/8: " + *why);
    }
    into.trusted_clients.emplace_back(text);
    return {};
  }
};

/// Never written, and not repeated where it is wrong: it may be a secret with a typing error in it.
struct callback_secret : values::single {
  static std::string bounds() {
    return std::to_string(l::callback_secret_min_bytes) + " to " +
           std::to_string(l::callback_secret_max_bytes) + " bytes";
  }
  static std::string write(const settings&) { return {}; }
  static std::string read(string_view text, settings& into) {
    // A secret from a file comes with the line end of the file.
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    auto secret = parse_webhook_secret(text);
    if (!secret) return "is not whsec_ and then " + bounds() + " in base64";
    into.callback_key = std::move(*secret);
    return {};
  }
};

struct fetch_mode : values::single {
  static constexpr string_view choices = "full header";
  static constexpr values::names_of<fetch::mode, 2> names{
      {{"full", fetch::mode::full}, {"header", fetch::mode::header}}};
  static std::string write(const settings& from) {
    return values::write_choice(from.fetch_mode, names);
  }
  static std::string read(string_view text, settings& into) {
    return values::read_choice(text, into.fetch_mode, names);
  }
};

/// Each of them lets the owner read and write, and lets write only those who may read. Write access
/// for everybody is never meant.
struct file_mode : values::single {
  static constexpr string_view choices = "0600 0640 0660 0644 0664";
  static constexpr values::names_of<mode_t, 5> names{
      {{"0600", 0600}, {"0640", 0640}, {"0660", 0660}, {"0644", 0644}, {"0664", 0664}}};
  static std::string write(const settings& from) {
    return values::write_choice(from.file_mode, names);
  }
  static std::string read(string_view text, settings& into) {
    const auto with_zero = text.size() == 3 ? "0" + std::string{text} : std::string{text};
    const auto problem = values::read_choice(with_zero, into.file_mode, names);
    into.log.file_mode = into.file_mode;
    return problem.empty() ? problem
                           : values::refused(text, "is not one of 0600, 0640, 0660, 0644, 0664");
  }
};

struct log_file : values::single {
  static std::string write(const settings& from) { return from.log.file; }
  static std::string read(string_view text, settings& into) {
    return into.log.file = text, std::string{};
  }
};

struct log_level : values::single {
  using enum observe::level;
  static constexpr string_view choices = "debug info warning error off";
  static constexpr values::names_of<observe::level, 5> names{
      {{"debug", debug}, {"info", info}, {"warning", warning}, {"error", error}, {"off", off}}};
  static std::string write(const settings& from) {
    return values::write_choice(from.log.from, names);
  }
  static std::string read(string_view text, settings& into) {
    return values::read_choice(text, into.log.from, names);
  }
};

struct log_format : values::single {
  static constexpr string_view choices = "text json";
  static constexpr values::names_of<observe::log_format, 2> names{
      {{"text", observe::log_format::text}, {"json", observe::log_format::json}}};
  static std::string write(const settings& from) {
    return values::write_choice(from.log.format, names);
  }
  static std::string read(string_view text, settings& into) {
    return values::read_choice(text, into.log.format, names);
  }
};

// --- the table
// -------------------------------------------------------------------------------------

struct more {
  string_view unset = {};
  string_view notes = {};
  string_view other_variable = {};
};

template <class Value>
constexpr flag setting(string_view topic, string_view name, string_view placeholder,
                       string_view help, more other = {}) {
  return {topic,          name,          placeholder, help,        Value::read,
          Value::write,   Value::bounds, other.unset, other.notes, other.other_variable,
          Value::is_list, Value::choices};
}

template <auto Member, auto Low, auto High>
using count = values::count<Member, Low, High>;
template <auto Member, auto Low, auto High>
using bytes = values::bytes<Member, Low, High>;
template <auto Member, auto Low, auto High = l::max_wait.count()>
using duration = values::duration<Member, Low, High>;

constexpr string_view api = "API";
constexpr string_view files = "Files";
constexpr string_view admission = "Admission";
constexpr string_view work = "Work";
constexpr string_view fetching = "Fetching";
constexpr string_view reuse = "Reuse of results, and kept pictures";
constexpr string_view webhooks = "Webhooks";
constexpr string_view running = "Shutdown and log";

constexpr std::array table{
    setting<bind_address>(api, "bind", "ADDRESS", "the IP address on which the API listens"),
    setting<count<&s::port, 0, 65535>>(api, "port", "PORT",
                                       "the port of the API; 0 picks a free one and prints it",
                                       {.other_variable = "PORT"}),
    setting<values::host_names<&s::public_hosts>>(
        api, "public-host", "HOST",
        "a public name of the API, as a proxy in front of it has it; may be repeated",
        {.unset = "none",
         .notes = "Requests for other host names are rejected with 421, except for IP addresses, "
                  "names without a dot, names below `local`, `internal`, `localhost` and `test`, "
                  "and the name of the machine. The proxy has to pass `Host` on."}),
    setting<values::folder_name<&s::docs_folder>>(
        api, "docs-folder", "FOLDER", "the files of Swagger UI for /docs",
        {.unset = "as installed",
         .notes = "`scripts/install-docs` puts them into `build/docs`, which is found from the "
                  "program; the container image has them in `/usr/share/retail-pulse/docs`."}),
    setting<values::file_name<&s::store_master>>(
        files, "store-master", "FILE", "the Store Master",
        {.notes = "A CSV file with the columns `AreaCode`, `StoreName` and `StoreID`; see [CSV "
                  "files](csv.md)."}),
    setting<storage_place>(files, "storage", "WHERE",
                           "sqlite:PATH, or sqlite::memory: for a database that is gone at the end",
                           {.notes = "The file may not be a link; its folder may be."}),
    setting<file_mode>(files, "file-mode", "MODE",
                       "permissions of the database, the log and kept pictures",
                       {.notes = "Folders that the service makes can be entered by those who may "
                                 "read. Existing files are brought to this mode at start, with a "
                                 "line in the log; a kept picture when it is kept again."}),
    setting<count<&s::max_jobs, 1, l::max_jobs>>(admission, "max-jobs", "N",
                                                 "ongoing jobs; beyond it submissions get 503"),
    setting<count<&s::max_pending_images, 1, l::max_pending_images>>(
        admission, "max-pending-images", "N",
        "images without a result; beyond it submissions get 503"),
    setting<count<&s::max_job_images, 1, l::max_job_images>>(
        admission, "max-job-images", "N", "images of one job; larger submissions get 413"),
    setting<bytes<&s::max_body_bytes, l::min_body_bytes, l::max_body_bytes>>(
        admission, "max-body-bytes", "SIZE", "size of a submission; larger ones get 413"),
    setting<count<&s::client_share, l::min_client_share, 100>>(
        admission, "client-share", "PERCENT",
        "share of the connections, memory and queues left by others that one client may use",
        {.notes = "A client is an IPv4 address or an IPv6 /64. Beyond its share it gets 503. 100 "
                  "lets one client use everything."}),
    setting<trusted_clients>(admission, "trusted-client", "CIDR",
                             "clients without such a share, such as a proxy; may be repeated",
                             {.unset = "none"}),
    setting<count<&s::images_in_flight, 1, l::max_images_in_flight>>(
        work, "images-in-flight", "N", "images between fetch and report at once"),
    setting<gpu_delay>(work, "gpu-delay", "RANGE",
                       "random delay per image that stands in for a GPU stage; 0 turns it off"),
    setting<fetch_mode>(fetching, "fetch", "MODE",
                        "full: the whole file is read and checked; header: only the bytes that "
                        "hold the dimensions"),
    setting<count<&s::fetch_threads, 1, l::max_fetch_threads>>(fetching, "fetch-threads", "N",
                                                               "fetches at once"),
    setting<count<&s::origin_connections, 1, l::max_origin_connections>>(
        fetching, "origin-connections", "N", "fetches at once per origin, and per IP address",
        {.notes = "An origin is the scheme, host and port of a URL. Redirects count for the origin "
                  "they lead to."}),
    setting<duration<&s::fetch_deadline, l::min_deadline.count()>>(
        fetching, "fetch-deadline", "TIME", "total time of one attempt, from DNS to the last byte"),
    setting<count<&s::fetch_attempts, 1, l::max_fetch_attempts>>(
        fetching, "fetch-attempts", "N", "attempts per image for failures that may pass",
        {.notes = "Which those are is in the [error codes](errors.md)."}),
    setting<bytes<&s::max_image_bytes, l::min_image_bytes, l::max_image_bytes>>(
        fetching, "max-image-bytes", "SIZE", "size of an image file; larger ones fail as too_large",
        {.notes = "It also bounds all responses of an attempt together."}),
    setting<values::address_ranges<&s::allow_addresses>>(
        fetching, "allow-address", "CIDR",
        "non-public addresses that images may be fetched from; may be repeated", {.unset = "none"}),
    setting<values::host_names<&s::allow_hosts>>(
        fetching, "allow-host", "HOST",
        "fetch only from these hosts and their subdomains; may be repeated", {.unset = "all"}),
    setting<values::file_name<&s::ca_file>>(
        fetching, "ca-file", "FILE", "CA bundle for https origins", {.unset = "the system's"}),
    setting<user_agent>(fetching, "user-agent", "TEXT",
                        "the User-Agent sent to image hosts and webhooks"),
    setting<duration<&s::reuse_for, 0, l::max_reuse.count()>>(
        reuse, "reuse-for", "TIME",
        "how long a result serves later images of the same URL; 0: not at all",
        {.notes = "After that time the host is asked whether the file has changed. With `0`, an "
                  "image still joins the fetch of the same URL that is in progress."}),
    setting<count<&s::reuse_entries, 1, l::max_reuse_entries>>(
        reuse, "reuse-entries", "N", "URLs whose results are remembered",
        {.notes = "Each takes up to about 1.5 KiB of memory."}),
    setting<values::folder_name<&s::keep_images>>(
        reuse, "keep-images", "FOLDER",
        "where to keep a copy of every image; only with --fetch full",
        {.unset = "nowhere",
         .notes = "Files are named by the SHA-256 of their content. Other files in the folder are "
                  "left alone."}),
    setting<bytes<&s::keep_images_bytes, l::min_keep_images_bytes, l::max_keep_images_bytes>>(
        reuse, "keep-images-bytes", "SIZE", "total size of kept pictures",
        {.notes = "An image that no longer fits is measured and not kept."}),
    setting<callback_secret>(
        webhooks, "callback-secret", "SECRET",
        "whsec_..., signs webhooks; better given as a variable",
        {.unset = "none",
         .notes =
             "`whsec_`, then the secret in base64. Other users of the machine can see flags, but "
             "not variables. Without a secret, submissions with a `callback_url` are rejected."}),
    setting<count<&s::callback_attempts, 1, l::max_callback_attempts>>(
        webhooks, "callback-attempts", "N", "deliveries per webhook before it is given up"),
    setting<values::address_ranges<&s::allow_callback_addresses>>(
        webhooks, "allow-callback-address", "CIDR",
        "non-public addresses that webhooks may be sent to; may be repeated",
        {.unset = "none", .notes = "The address of the API itself is never allowed."}),
    setting<duration<&s::drain_timeout, 0>>(
        running, "drain-timeout", "TIME",
        "at shutdown, how long images in flight may still report; the rest stays pending"),
    setting<log_file>(running, "log-file", "FILE", "where the log goes; an empty name is stderr",
                      {.unset = "stderr",
                       .notes = "A pipe, a device, `/dev/stdout` and the like may be the file, or "
                                "a link to one of these; no other link."}),
    setting<log_level>(running, "log-level", "LEVEL", "debug, info, warning, error or off"),
    setting<log_format>(running, "log-format", "FORMAT", "text, or json for machines"),
};

}  // namespace

std::span<const flag> flags() { return table; }

std::string variable_of(string_view name) {
  std::string result{variable_prefix};
  for (const char c : name)
    result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string default_of(const flag& row) {
  return row.unset.empty() ? row.write(settings{}) : std::string{row.unset};
}

std::string help_text() {
  static constexpr std::size_t column = 30;
  std::string text =
      "Usage: retail-pulse serve [flags]\n\n"
      "Runs the service until SIGTERM or SIGINT.\n\n"
      "Every flag --foo-bar is also the variable RETAIL_PULSE_FOO_BAR (lists with commas) and the "
      "key foo-bar of the\n"
      "TOML file named by --config. Flags win over variables, variables over the file.\n\n";
  const auto line = [&text](string_view name, string_view placeholder, string_view help,
                            const std::string& fallback) {
    std::string left = "  --" + std::string{name} + " " + std::string{placeholder};
    left.resize(std::max(left.size() + 1, column), ' ');
    text +=
        left + std::string{help} + (fallback.empty() ? "" : " (default: " + fallback + ")") + "\n";
  };
  for (const auto& row : table) line(row.name, row.placeholder, row.help, default_of(row));
  line(config_flag, "FILE", "a TOML file with any of the above", "");
  line("help", "", "this text", "");
  return text;
}

}  // namespace retail_pulse::config
