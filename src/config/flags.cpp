#include "config/flags.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/parsers.hpp"
#include "core/text.hpp"
#include "fetch/net/address_guard.hpp"

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

/// As RFC 9110, section 5.5 has a field's content, of ASCII alone.
std::string user_agent(string_view text, settings& into) {
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (text.empty() || text.size() > limits::user_agent_bytes || !printable || trimmed(text) != text) {
    return "is not 1 to " + std::to_string(limits::user_agent_bytes) + " characters of printable ASCII, without blanks around them";
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
    return refused(text, "is not an address or a range of them, such as 10.0.0.7 or fd00::/8: " + *why);
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

/// The text is not repeated where it is wrong: it may be a secret with a slip in it.
std::string callback_secret(string_view text, settings& into) {
  // A secret from a file comes with the line end of the file.
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto secret = parse_webhook_secret(text);
  if (!secret) {
    return "is not whsec_ and then " + std::to_string(limits::callback_secret_min_bytes) + " to " +
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
  return refused(text, "is none of " + known);
}

std::string fetch_mode(string_view text, settings& into) {
  static constexpr std::array<std::pair<string_view, fetch::mode>, 2> names{{{"full", fetch::mode::full}, {"header", fetch::mode::header}}};
  return choice(text, into.fetch_mode, names);
}

/// Each of them lets the owner read and write, and nobody write who may not read. That everybody may write is never meant.
std::string file_mode(string_view text, settings& into) {
  static constexpr std::array<std::pair<string_view, mode_t>, 5> names{
      {{"0600", 0600}, {"0640", 0640}, {"0660", 0660}, {"0644", 0644}, {"0664", 0664}}};
  const auto with_zero = text.size() == 3 ? "0" + std::string{text} : std::string{text};
  const auto problem = choice(with_zero, into.file_mode, names);
  into.log.file_mode = into.file_mode;
  return problem.empty() ? problem : refused(text, "is none of 0600, 0640, 0660, 0644, 0664");
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
    flag{"bind", "ADDRESS", "127.0.0.1", "where the API listens", bind_address},
    flag{"port", "PORT", "8080", "its port; 0 picks a free one and prints it", count<&s::port, 0, 65535>, false, "PORT"},
    flag{"public-host", "HOST", "", "a public name of the API, as a proxy in front has it; several are possible (default: none)",
         host_name<&s::public_hosts>, true},
    flag{"store-master", "FILE", "data/StoreMasterAssignment.csv", "the Store Master", file_name<&s::store_master>},
    flag{"storage", "WHERE", "sqlite:var/retail-pulse.db", "sqlite:PATH, or sqlite::memory: for a database that is gone at the end",
         storage_place},
    flag{"file-mode",
         "MODE",
         "0600",
         "of database, log and copies; folders that are made let in whom it lets read",
         file_mode,
         false,
         {},
         "0600 0640 0660 0644 0664"},
    flag{"images-in-flight", "N", "4096", "images between fetch and report at once",
         count<&s::images_in_flight, 1, l::max_images_in_flight>},
    flag{"fetch-threads", "N", "256", "fetches at once", count<&s::fetch_threads, 1, l::max_fetch_threads>},
    flag{"origin-connections", "N", "32", "fetches at once per origin and per address",
         count<&s::origin_connections, 1, l::max_origin_connections>},
    flag{"gpu-delay", "RANGE", "100ms..400ms", "random delay per image that stands in for a GPU stage; 0 turns it off", gpu_delay},
    flag{"fetch",
         "MODE",
         "full",
         "full: the whole file is read and checked; header: only the bytes that hold the dimensions",
         fetch_mode,
         false,
         {},
         "full header"},
    flag{"fetch-deadline", "TIME", "10s", "total time of one attempt, DNS to last byte",
         [](string_view text, s& into) { return duration<&s::fetch_deadline>(text, into, l::min_deadline); }},
    flag{"fetch-attempts", "N", "3", "attempts per image for failures that may pass", count<&s::fetch_attempts, 1, l::max_fetch_attempts>},
    flag{"max-image-bytes", "SIZE", "50MiB", "larger files fail as too_large",
         bytes<&s::max_image_bytes, l::min_image_bytes, l::max_image_bytes>},
    flag{"allow-address", "CIDR", "", "may be fetched from although it is not public; several are possible (default: none)",
         address_range<&s::allow_addresses>, true},
    flag{"allow-host", "HOST", "", "fetch only from these hosts and their subdomains (default: all)", host_name<&s::allow_hosts>, true},
    flag{"ca-file", "FILE", "", "CA bundle for https origins (default: the system's)", file_name<&s::ca_file>},
    flag{"user-agent", "TEXT", l::default_user_agent, "what image hosts and receivers of callbacks are told that we are", user_agent},
    flag{"reuse-for", "TIME", "0", "how long a result serves later images of the same URL; 0: not at all",
         [](string_view text, s& into) { return duration<&s::reuse_for>(text, into, std::chrono::milliseconds{0}, l::max_reuse); }},
    flag{"reuse-entries", "N", "10000", "for how many URLs", count<&s::reuse_entries, 1, l::max_reuse_entries>},
    flag{"keep-images", "FOLDER", "", "where to keep a copy of every image; only with --fetch full (default: nowhere)", kept_images_folder},
    flag{"keep-images-bytes", "SIZE", "10GiB", "how much of them",
         bytes<&s::keep_images_bytes, l::min_keep_images_bytes, l::max_keep_images_bytes>},
    flag{"max-jobs", "N", "50000", "ongoing jobs; beyond it submissions get 503", count<&s::max_jobs, 1, l::max_jobs>},
    flag{"max-pending-images", "N", "20000000", "images without a result; beyond it submissions get 503",
         count<&s::max_pending_images, 1, l::max_pending_images>},
    flag{"max-job-images", "N", "1000000", "images of one job; larger ones get 413", count<&s::max_job_images, 1, l::max_job_images>},
    flag{"max-body-bytes", "SIZE", "64MiB", "larger submissions get 413", bytes<&s::max_body_bytes, l::min_body_bytes, l::max_body_bytes>},
    flag{"client-share", "PERCENT", "50", "how much one client may have of the connections, memory and queues that other clients leave",
         count<&s::client_share, l::min_client_share, 100>},
    flag{"trusted-client", "CIDR", "", "no such share holds for clients there, such as a proxy; several are possible (default: none)",
         trusted_client, true},
    flag{"docs-folder", "FOLDER", "", "Swagger UI for /docs (default: where scripts/install-docs or the container image has it)",
         docs_folder},
    flag{"callback-secret", "SECRET", "", "whsec_..., what callbacks are signed with; better given as a variable (default: no callbacks)",
         callback_secret},
    flag{"allow-callback-address", "CIDR", "",
         "may be sent callbacks although it is not public, but for the API itself; several are possible (default: none)",
         address_range<&s::allow_callback_addresses>, true},
    flag{"callback-attempts", "N", "8", "attempts per callback before it is given up",
         count<&s::callback_attempts, 1, l::max_callback_attempts>},
    flag{"drain-timeout", "TIME", "3s", "at the end, how long images in flight may still report; the rest stays pending",
         [](string_view text, s& into) { return duration<&s::drain_timeout>(text, into, std::chrono::milliseconds{0}); }},
    flag{"log-file", "FILE", "", "where the log goes; an empty name is stderr (default: stderr)",
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
      "Every flag --foo-bar is also the variable RETAIL_PULSE_FOO_BAR (lists with commas) and the key foo-bar of the\n"
      "TOML file named by --config. Flags win over variables, variables over the file.\n\n";
  const auto line = [&text](string_view name, string_view placeholder, string_view help, string_view fallback) {
    std::string left = "  --" + std::string{name} + " " + std::string{placeholder};
    left.resize(std::max(left.size() + 1, column), ' ');
    text += left + std::string{help} + (fallback.empty() ? "" : " (default: " + std::string{fallback} + ")") + "\n";
  };
  for (const auto& row : table) line(row.name, row.placeholder, row.help, row.fallback);
  line(config_flag, "FILE", "a TOML file with any of the above", "");
  line("help", "", "this text", "");
  return text;
}

}  // namespace retail_pulse::config
