#include "config/flags.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/parsers.hpp"
#include "core/text.hpp"
#include "fetch/address_guard.hpp"

namespace retail_pulse::config {
namespace {

using std::string_view;

std::string refused(string_view text, string_view why) { return "'" + std::string{text} + "' " + std::string{why}; }

constexpr string_view duration_form = "a time such as 500ms, 10s or 2m";

std::string as_text(std::chrono::milliseconds time) {
  if (time.count() % 3'600'000 == 0 && time.count() != 0) return std::to_string(time.count() / 3'600'000) + "h";
  if (time.count() % 60'000 == 0 && time.count() != 0) return std::to_string(time.count() / 60'000) + "m";
  return std::to_string(time.count()) + "ms";
}

/// A whole number in [Low, High].
template <auto Member, auto Low, auto High>
std::string count(string_view text, settings& into) {
  const auto value = parse_count(text);
  if (!value || std::cmp_less(*value, Low) || std::cmp_greater(*value, High)) {
    return refused(text, "is not a whole number from " + std::to_string(Low) + " to " + std::to_string(High));
  }
  into.*Member = static_cast<std::remove_reference_t<decltype(into.*Member)>>(*value);
  return {};
}

/// A size in bytes in [Low, High].
template <auto Member, auto Low, auto High>
std::string bytes(string_view text, settings& into) {
  const auto value = parse_bytes(text);
  if (!value || std::cmp_less(*value, Low) || std::cmp_greater(*value, High)) {
    return refused(text, "is not a size such as 50MiB, from " + std::to_string(Low) + " to " + std::to_string(High) + " bytes");
  }
  into.*Member = static_cast<std::remove_reference_t<decltype(into.*Member)>>(*value);
  return {};
}

/// A time in [low, high].
template <auto Member>
std::string duration(string_view text, settings& into, std::chrono::milliseconds low, std::chrono::milliseconds high = limits::max_wait) {
  const auto value = parse_duration(text);
  if (!value || *value < low || *value > high) {
    return refused(text, "is not " + std::string{duration_form} + ", from " + as_text(low) + " to " + as_text(high));
  }
  into.*Member = *value;
  return {};
}

std::string bind_address(string_view text, settings& into) {
  if (!fetch::parse_address(text)) return refused(text, "is not an IP address such as 127.0.0.1, 0.0.0.0 or ::1");
  into.bind = text;
  return {};
}

template <auto Member>
std::string file_name(string_view text, settings& into) {
  if (text.empty()) return refused(text, "is not the name of a file");
  into.*Member = text;
  return {};
}

/// The content of a header field (RFC 9110, section 5.5), ASCII only.
std::string user_agent(string_view text, settings& into) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (text.empty() || text.size() > limits::user_agent_bytes || !printable || trimmed(text) != text) {
    return "is not 1 to " + std::to_string(limits::user_agent_bytes) + " characters of printable ASCII without blanks at the ends";
  }
  into.user_agent = text;
  return {};
}

std::string kept_images_folder(string_view text, settings& into) {
  if (text.empty()) return refused(text, "is not the name of a folder");
  into.keep_images = text;
  return {};
}

std::string docs_folder(string_view text, settings& into) {
  if (text.empty()) return refused(text, "is not the name of a folder");
  into.docs_folder = text;
  return {};
}

std::string storage_place(string_view text, settings& into) {
  const auto place = storage::location::parse(text);
  if (const auto* error = std::get_if<storage::location_error>(&place)) return error->message;
  into.storage = text;
  return {};
}

std::string gpu_delay(string_view text, settings& into) {
  const auto range = parse_duration_range(text);
  if (!range || range->high > limits::max_wait) {
    return refused(text, "is not a range of times such as 100ms..400ms, one time, or 0, up to " + as_text(limits::max_wait));
  }
  into.gpu_delay_min = range->low;
  into.gpu_delay_max = range->high;
  return {};
}

template <auto Member>
std::string address_range(string_view text, settings& into) {
  const auto range = fetch::parse_cidr(text);
  if (const auto* why = std::get_if<std::string>(&range)) {
    return refused(text, "is not an address range such as 10.0.0.0/8 or fd00::/8: " + *why);
  }
  (into.*Member).emplace_back(text);
  return {};
}

std::string trusted_client(string_view text, settings& into) {
  const auto range = fetch::parse_cidr(text);
  if (const auto* why = std::get_if<std::string>(&range)) {
    return refused(text, "is not an address or a range of addresses such as 10.0.0.7 or fd00::/8: " + *why);
  }
  into.trusted_clients.emplace_back(text);
  return {};
}

template <auto Member>
std::string host_name(string_view text, settings& into) {
  auto host = parse_host(text);
  if (!host) return refused(text, "is not a host name such as example.com");
  (into.*Member).push_back(std::move(*host));
  return {};
}

/// The error does not repeat the text: it may be a secret with a typing error.
std::string callback_secret(string_view text, settings& into) {
  // A secret that was read from a file may end with a line end.
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto secret = parse_webhook_secret(text);
  if (!secret) {
    return "is not whsec_ followed by " + std::to_string(limits::callback_secret_min_bytes) + " to " +
           std::to_string(limits::callback_secret_max_bytes) + " bytes in base64";
  }
  into.callback_key = std::move(*secret);
  return {};
}

/// One of the names of an enumeration, in any case.
template <class Value, std::size_t N>
std::string choice(string_view text, Value& into, const std::array<std::pair<string_view, Value>, N>& names) {
  std::string known;
  for (const auto& [name, value] : names) {
    if (same_word(name, text)) {
      into = value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string{name};
  }
  return refused(text, "is not one of " + known);
}

std::string fetch_mode(string_view text, settings& into) {
  static constexpr std::array<std::pair<string_view, fetch::mode>, 2> names{{{"full", fetch::mode::full}, {"header", fetch::mode::header}}};
  return choice(text, into.fetch_mode, names);
}

/// The owner may always read and write; others may write only if they may read; a world-writable file is never wanted.
std::string file_mode(string_view text, settings& into) {
  static constexpr std::array<std::pair<string_view, mode_t>, 5> names{
      {{"0600", 0600}, {"0640", 0640}, {"0660", 0660}, {"0644", 0644}, {"0664", 0664}}};
  const auto with_zero = text.size() == 3 ? "0" + std::string{text} : std::string{text};
  const auto problem = choice(with_zero, into.file_mode, names);
  into.log.file_mode = into.file_mode;
  return problem.empty() ? problem : refused(text, "is not one of 0600, 0640, 0660, 0644, 0664");
}

std::string log_level(string_view text, settings& into) {
  using enum observe::level;
  static constexpr std::array<std::pair<string_view, observe::level>, 5> names{
      {{"debug", debug}, {"info", info}, {"warning", warning}, {"error", error}, {"off", off}}};
  return choice(text, into.log.from, names);
}

std::string log_format(string_view text, settings& into) {
  static constexpr std::array<std::pair<string_view, observe::log_format>, 2> names{
      {{"text", observe::log_format::text}, {"json", observe::log_format::json}}};
  return choice(text, into.log.format, names);
}

using s = settings;
namespace l = limits;

constexpr std::array table{
    flag{"bind", "ADDRESS", "127.0.0.1", "address that the API listens on", bind_address},
    flag{"port", "PORT", "8080", "port of the API; 0 picks a free one and prints it", count<&s::port, 0, 65535>, false, "PORT"},
    flag{"public-host", "HOST", "", "host name under which clients reach the API, such as that of a proxy; may be repeated (default: none)",
         host_name<&s::public_hosts>, true},
    flag{"store-master", "FILE", "data/StoreMasterAssignment.csv", "the Store Master, a CSV file", file_name<&s::store_master>},
    flag{"storage", "WHERE", "sqlite:var/retail-pulse.db", "the database: sqlite:PATH, or sqlite::memory: for one that is deleted at exit",
         storage_place},
    flag{"file-mode",
         "MODE",
         "0600",
         "file mode of database, log and kept images; new folders get the matching mode",
         file_mode,
         false,
         {},
         "0600 0640 0660 0644 0664"},
    flag{"images-in-flight", "N", "4096", "images between fetch and report, at most",
         count<&s::images_in_flight, 1, l::max_images_in_flight>},
    flag{"fetch-threads", "N", "256", "fetches at once", count<&s::fetch_threads, 1, l::max_fetch_threads>},
    flag{"origin-connections", "N", "32", "fetches at once per origin (scheme, host, port) and per IP address",
         count<&s::origin_connections, 1, l::max_origin_connections>},
    flag{"gpu-delay", "RANGE", "100ms..400ms", "random delay per image, in place of a GPU stage; 0 disables it", gpu_delay},
    flag{"fetch",
         "MODE",
         "full",
         "full: reads and checks whole files; header: reads only what the dimensions need",
         fetch_mode,
         false,
         {},
         "full header"},
    flag{"fetch-deadline", "TIME", "10s", "time limit of one attempt, from DNS to the last byte",
         [](string_view text, s& into) { return duration<&s::fetch_deadline>(text, into, l::min_deadline); }},
    flag{"fetch-attempts", "N", "3", "attempts per image, if its failures may be temporary", count<&s::fetch_attempts, 1, l::max_fetch_attempts>},
    flag{"max-image-bytes", "SIZE", "50MiB", "larger files fail as too_large",
         bytes<&s::max_image_bytes, l::min_image_bytes, l::max_image_bytes>},
    flag{"allow-address", "CIDR", "", "addresses to fetch from although they are not public; may be repeated (default: none)",
         address_range<&s::allow_addresses>, true},
    flag{"allow-host", "HOST", "", "fetch only from this host and its subdomains; may be repeated (default: all hosts)", host_name<&s::allow_hosts>, true},
    flag{"ca-file", "FILE", "", "CA certificates for https (default: those of the system)", file_name<&s::ca_file>},
    flag{"user-agent", "TEXT", l::default_user_agent, "User-Agent header for image hosts and webhook receivers", user_agent},
    flag{"reuse-for", "TIME", "0", "how long a result is reused for images with the same URL; 0 disables it",
         [](string_view text, s& into) { return duration<&s::reuse_for>(text, into, std::chrono::milliseconds{0}, l::max_reuse); }},
    flag{"reuse-entries", "N", "10000", "URLs whose results can be reused", count<&s::reuse_entries, 1, l::max_reuse_entries>},
    flag{"keep-images", "FOLDER", "", "folder for a copy of every image; needs --fetch full (default: no copies)", kept_images_folder},
    flag{"keep-images-bytes", "SIZE", "10GiB", "total size of the copies",
         bytes<&s::keep_images_bytes, l::min_keep_images_bytes, l::max_keep_images_bytes>},
    flag{"max-jobs", "N", "50000", "ongoing jobs, at most; further submissions get 503", count<&s::max_jobs, 1, l::max_jobs>},
    flag{"max-pending-images", "N", "20000000", "images without a result, at most; further submissions get 503",
         count<&s::max_pending_images, 1, l::max_pending_images>},
    flag{"max-job-images", "N", "1000000", "images per job, at most; larger jobs get 413", count<&s::max_job_images, 1, l::max_job_images>},
    flag{"max-body-bytes", "SIZE", "64MiB", "size of a submission, at most; larger ones get 413", bytes<&s::max_body_bytes, l::min_body_bytes, l::max_body_bytes>},
    flag{"client-share", "PERCENT", "50", "how much one client may take of the connections, memory and queues that others leave",
         count<&s::client_share, l::min_client_share, 100>},
    flag{"trusted-client", "CIDR", "", "clients without that limit, such as a proxy; may be repeated (default: none)",
         trusted_client, true},
    flag{"docs-folder", "FOLDER", "", "files of Swagger UI for /docs (default: where scripts/install-docs or the container image puts them)",
         docs_folder},
    flag{"callback-secret", "SECRET", "", "key that signs webhooks, whsec_...; better set as a variable (default: webhooks are disabled)",
         callback_secret},
    flag{"allow-callback-address", "CIDR", "",
         "addresses to send webhooks to although they are not public, except the API; may be repeated (default: none)",
         address_range<&s::allow_callback_addresses>, true},
    flag{"callback-attempts", "N", "8", "deliveries of a webhook, at most",
         count<&s::callback_attempts, 1, l::max_callback_attempts>},
    flag{"drain-timeout", "TIME", "3s", "at shutdown, how long images in flight may still report; the rest stays pending",
         [](string_view text, s& into) { return duration<&s::drain_timeout>(text, into, std::chrono::milliseconds{0}); }},
    flag{"log-file", "FILE", "", "file of the log; an empty name means stderr (default: stderr)",
         [](string_view text, s& into) { return into.log.file = text, std::string{}; }},
    flag{"log-level", "LEVEL", "info", "debug, info, warning, error or off", log_level, false, {}, "debug info warning error off"},
    flag{"log-format", "FORMAT", "text", "text, or json for machines", log_format, false, {}, "text json"},
};

}  // namespace

std::span<const flag> flags() { return table; }

std::string variable_of(string_view name) {
  std::string result{variable_prefix};
  for (const char c : name) result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::string help_text() {
  static constexpr std::size_t column = 30;
  std::string text =
      "Usage: retail-pulse serve [flags]\n\n"
      "Runs the service until SIGTERM or SIGINT.\n\n"
      "Every flag --foo-bar is also the environment variable RETAIL_PULSE_FOO_BAR (lists with commas) and the key foo-bar\n"
      "of the TOML file named by --config. Flags override variables, and variables override the file.\n\n";
  const auto line = [&text](string_view name, string_view placeholder, string_view help, string_view fallback) {
    std::string left = "  --" + std::string{name} + " " + std::string{placeholder};
    left.resize(std::max(left.size() + 1, column), ' ');
    text += left + std::string{help} + (fallback.empty() ? "" : " (default: " + std::string{fallback} + ")") + "\n";
  };
  for (const auto& row : table) line(row.name, row.placeholder, row.help, row.fallback);
  line(config_flag, "FILE", "TOML file with any of these settings", "");
  line("help", "", "prints this text", "");
  return text;
}

}  // namespace retail_pulse::config
