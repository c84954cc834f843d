#include "config/flags.hpp"

#include <algorithm>
#include <cctype>

#include "config/values.hpp"

namespace retail_pulse::config {
namespace {

using std::string_view;
using s = settings;
namespace l = limits;

// --- kinds of values that only one setting has --------------------------------------------------

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

/// The content of a header field (RFC 9110, section 5.5), ASCII only.
struct user_agent : values::text<&s::user_agent> {
  static std::string bounds() {
    return "1 to " + std::to_string(l::user_agent_bytes) + " characters of printable ASCII";
  }
  static std::string read(string_view text, settings& into) {
    const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
    if (text.empty() || text.size() > l::user_agent_bytes || !printable || trimmed(text) != text) {
      return "is not " + bounds() + " without blanks at the ends";
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
          text, "is not an address or a range of addresses such as 10.0.0.7 or fd00::/8: " + *why);
    }
    into.trusted_clients.emplace_back(text);
    return {};
  }
};

/// Neither written nor repeated in an error: it may be a secret with a typing error.
struct callback_secret : values::single {
  static std::string bounds() {
    return std::to_string(l::callback_secret_min_bytes) + " to " +
           std::to_string(l::callback_secret_max_bytes) + " bytes";
  }
  static std::string write(const settings&) { return {}; }
  static std::string read(string_view text, settings& into) {
    // A secret that was read from a file may end with a line end.
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    auto secret = parse_webhook_secret(text);
    if (!secret) return "is not whsec_ followed by " + bounds() + " in base64";
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

/// The owner may always read and write; others may write only if they may read; a world-writable
/// file is never wanted.
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

// --- the table ----------------------------------------------------------------------------------

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
    setting<bind_address>(api, "bind", "ADDRESS", "address that the API listens on"),
    setting<count<&s::port, 0, 65535>>(api, "port", "PORT",
                                       "port of the API; 0 picks a free one and prints it",
                                       {.other_variable = "PORT"}),
    setting<values::host_names<&s::public_hosts>>(
        api, "public-host", "HOST",
        "host name under which clients reach the API, such as that of a proxy; may be repeated",
        {.unset = "none",
         .notes = "Requests for other host names are rejected with 421, except for IP addresses, "
                  "names without a dot, names below `local`, `internal`, `localhost` and `test`, "
                  "and the name of the machine. The proxy has to pass `Host` on."}),
    setting<values::folder_name<&s::docs_folder>>(
        api, "docs-folder", "FOLDER", "files of Swagger UI for /docs",
        {.unset = "where scripts/install-docs or the container image puts them",
         .notes = "These places are `build/docs`, found from the place of the program, and "
                  "`/usr/share/retail-pulse/docs`."}),
    setting<values::file_name<&s::store_master>>(
        files, "store-master", "FILE", "the Store Master, a CSV file",
        {.notes =
             "Its columns are `AreaCode`, `StoreName` and `StoreID`; see [CSV files](csv.md)."}),
    setting<storage_place>(
        files, "storage", "WHERE",
        "the database: sqlite:PATH, or sqlite::memory: for one that is deleted at exit",
        {.notes = "The file may not be a link; its folder may be."}),
    setting<file_mode>(
        files, "file-mode", "MODE",
        "file mode of database, log and kept images; new folders get the matching mode",
        {.notes = "Existing files get this mode at start, with a line in the log; a kept picture "
                  "when it is kept again."}),
    setting<count<&s::max_jobs, 1, l::max_jobs>>(
        admission, "max-jobs", "N", "ongoing jobs, at most; further submissions get 503"),
    setting<count<&s::max_pending_images, 1, l::max_pending_images>>(
        admission, "max-pending-images", "N",
        "images without a result, at most; further submissions get 503"),
    setting<count<&s::max_job_images, 1, l::max_job_images>>(
        admission, "max-job-images", "N", "images per job, at most; larger jobs get 413"),
    setting<bytes<&s::max_body_bytes, l::min_body_bytes, l::max_body_bytes>>(
        admission, "max-body-bytes", "SIZE", "size of a submission, at most; larger ones get 413"),
    setting<count<&s::client_share, l::min_client_share, 100>>(
        admission, "client-share", "PERCENT",
        "how much one client may take of the connections, memory and queues that others leave",
        {.notes = "A client is an IPv4 address or an IPv6 /64. Beyond its share it gets 503. 100 "
                  "lets one client use everything."}),
    setting<trusted_clients>(admission, "trusted-client", "CIDR",
                             "clients without that limit, such as a proxy; may be repeated",
                             {.unset = "none"}),
    setting<count<&s::images_in_flight, 1, l::max_images_in_flight>>(
        work, "images-in-flight", "N", "images between fetch and report, at most"),
    setting<gpu_delay>(work, "gpu-delay", "RANGE",
                       "random delay per image, in place of a GPU stage; 0 disables it"),
    setting<fetch_mode>(
        fetching, "fetch", "MODE",
        "full: reads and checks whole files; header: reads only what the dimensions need"),
    setting<count<&s::fetch_threads, 1, l::max_fetch_threads>>(fetching, "fetch-threads", "N",
                                                               "fetches at once"),
    setting<count<&s::origin_connections, 1, l::max_origin_connections>>(
        fetching, "origin-connections", "N",
        "fetches at once per origin (scheme, host, port) and per IP address",
        {.notes = "Redirects count for the origin they lead to."}),
    setting<duration<&s::fetch_deadline, l::min_deadline.count()>>(
        fetching, "fetch-deadline", "TIME", "time limit of one attempt, from DNS to the last byte"),
    setting<count<&s::fetch_attempts, 1, l::max_fetch_attempts>>(
        fetching, "fetch-attempts", "N", "attempts per image, if its failures may be temporary",
        {.notes = "Which failures these are is in the [error codes](errors.md)."}),
    setting<duration<&s::origin_patience, 0, l::max_origin_patience.count()>>(
        fetching, "origin-patience", "TIME",
        "how long a host may be unavailable before its pending images fail; 0: no time",
        {.notes =
             "Counted from the first of ten contacts in a row that failed. Meanwhile one image "
             "at a time finds out whether the host is back."}),
    setting<bytes<&s::max_image_bytes, l::min_image_bytes, l::max_image_bytes>>(
        fetching, "max-image-bytes", "SIZE",
        "size of an image file, at most; larger ones fail as too_large",
        {.notes = "It also bounds all responses of an attempt together."}),
    setting<values::address_ranges<&s::allow_addresses>>(
        fetching, "allow-address", "CIDR",
        "addresses to fetch from although they are not public; may be repeated", {.unset = "none"}),
    setting<values::host_names<&s::allow_hosts>>(
        fetching, "allow-host", "HOST",
        "fetch only from this host and its subdomains; may be repeated", {.unset = "all hosts"}),
    setting<values::file_name<&s::ca_file>>(
        fetching, "ca-file", "FILE", "CA certificates for https", {.unset = "those of the system"}),
    setting<user_agent>(fetching, "user-agent", "TEXT",
                        "User-Agent header for image hosts and webhook receivers"),
    setting<duration<&s::reuse_for, 0, l::max_reuse.count()>>(
        reuse, "reuse-for", "TIME",
        "how long a result is reused for images with the same URL; 0 disables it",
        {.notes = "After that time the host is asked whether the file has changed. With `0`, an "
                  "image still joins the fetch of the same URL that is in progress."}),
    setting<count<&s::reuse_entries, 1, l::max_reuse_entries>>(
        reuse, "reuse-entries", "N", "URLs whose results can be reused",
        {.notes = "Each takes up to about 1.7 KiB of memory."}),
    setting<values::folder_name<&s::keep_images>>(
        reuse, "keep-images", "FOLDER", "folder for a copy of every image; needs --fetch full",
        {.unset = "no copies",
         .notes = "Files are named by the SHA-256 of their content. Other files in the folder are "
                  "left alone."}),
    setting<bytes<&s::keep_images_bytes, l::min_keep_images_bytes, l::max_keep_images_bytes>>(
        reuse, "keep-images-bytes", "SIZE", "total size of the copies",
        {.notes = "An image that no longer fits is measured and not kept."}),
    setting<callback_secret>(
        webhooks, "callback-secret", "SECRET",
        "key that signs webhooks, whsec_...; better set as a variable",
        {.unset = "webhooks are disabled",
         .notes =
             "`whsec_`, then the secret in base64. Other users of the machine can see flags, but "
             "not variables. Without a secret, submissions with a `callback_url` are rejected."}),
    setting<count<&s::callback_attempts, 1, l::max_callback_attempts>>(
        webhooks, "callback-attempts", "N", "deliveries of a webhook, at most"),
    setting<values::address_ranges<&s::allow_callback_addresses>>(
        webhooks, "allow-callback-address", "CIDR",
        "addresses to send webhooks to although they are not public, except the API; may be "
        "repeated",
        {.unset = "none"}),
    setting<duration<&s::drain_timeout, 0>>(
        running, "drain-timeout", "TIME",
        "at shutdown, how long images in flight may still report; the rest stays pending"),
    setting<log_file>(running, "log-file", "FILE", "file of the log; an empty name means stderr",
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
      "Every flag --foo-bar is also the environment variable RETAIL_PULSE_FOO_BAR (lists with "
      "commas) and the key foo-bar\nof the TOML file named by --config. Flags override variables, "
      "and variables override the file.\n\n";
  const auto line = [&text](string_view name, string_view placeholder, string_view help,
                            const std::string& fallback) {
    std::string left = "  --" + std::string{name} + " " + std::string{placeholder};
    left.resize(std::max(left.size() + 1, column), ' ');
    text +=
        left + std::string{help} + (fallback.empty() ? "" : " (default: " + fallback + ")") + "\n";
  };
  for (const auto& row : table) line(row.name, row.placeholder, row.help, default_of(row));
  line(config_flag, "FILE", "TOML file with any of these settings", "");
  line("help", "", "prints this text", "");
  return text;
}

}  // namespace retail_pulse::config
