#include "config/flags.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "config/load.hpp"
#include "crypto/base64.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::config;

std::variant<settings, problems> with(const std::string& name, const std::string& value) {
  return load({.arguments = {"--" + name, value}, .environment = {}, .read_file = {}});
}

bool accepts(const std::string& name, const std::string& value) {
  return std::holds_alternative<settings>(with(name, value));
}

/// The one sentence about a value that is refused.
std::string complaint(const std::string& name, const std::string& value) {
  const auto result = with(name, value);
  const auto* wrong = std::get_if<problems>(&result);
  return wrong != nullptr && wrong->messages.size() == 1 ? wrong->messages.front() : "";
}

BOOST_AUTO_TEST_SUITE(flag_table)

BOOST_AUTO_TEST_CASE(the_choices_of_a_flag_are_all_that_it_takes) {
  std::size_t rows = 0;
  for (const auto& row : flags()) {
    const auto told = complaint(std::string{row.name}, "no such value");
    const auto at = told.find("is not one of ");
    BOOST_TEST((at == std::string::npos) == row.choices.empty(), row.name);
    if (at == std::string::npos) continue;
    std::string listed = told.substr(at + std::string_view{"is not one of "}.size());
    std::erase(listed, ',');
    BOOST_TEST(listed == row.choices);
    ++rows;
  }
  BOOST_TEST(rows == 4);
}

BOOST_AUTO_TEST_CASE(every_flag_of_the_command_line_is_there_once) {
  const std::set<std::string_view> expected{"bind",
                                            "port",
                                            "store-master",
                                            "storage",
                                            "images-in-flight",
                                            "fetch-threads",
                                            "origin-connections",
                                            "gpu-delay",
                                            "fetch",
                                            "fetch-deadline",
                                            "fetch-attempts",
                                            "origin-patience",
                                            "max-image-bytes",
                                            "allow-address",
                                            "allow-host",
                                            "ca-file",
                                            "reuse-for",
                                            "reuse-entries",
                                            "keep-images",
                                            "keep-images-bytes",
                                            "max-jobs",
                                            "max-pending-images",
                                            "max-body-bytes",
                                            "docs-folder",
                                            "callback-secret",
                                            "callback-attempts",
                                            "drain-timeout",
                                            "log-file",
                                            "log-level",
                                            "log-format",
                                            "user-agent",
                                            "allow-callback-address",
                                            "public-host",
                                            "max-job-images",
                                            "file-mode",
                                            "client-share",
                                            "trusted-client"};
  std::set<std::string_view> found;
  for (const auto& row : flags()) BOOST_TEST(found.insert(row.name).second, row.name);
  BOOST_TEST((found == expected));
}

BOOST_AUTO_TEST_CASE(the_default_that_help_shows_is_the_default_that_holds) {
  const settings untouched;
  for (const auto& row : flags()) {
    const auto fallback = row.write(untouched);
    BOOST_TEST(fallback.empty() == !row.unset.empty(), row.name);
    BOOST_TEST(default_of(row) == (fallback.empty() ? std::string{row.unset} : fallback), row.name);
    if (fallback.empty()) continue;
    settings given;
    BOOST_TEST(row.apply(fallback, given) == "", row.name);
    BOOST_TEST(row.write(given) == fallback, row.name);
  }
}

BOOST_AUTO_TEST_CASE(what_is_read_is_what_is_written) {
  const std::pair<const char*, const char*> values[]{
      {"bind", "::1"},
      {"port", "1"},
      {"docs-folder", "docs"},
      {"store-master", "stores.csv"},
      {"storage", "sqlite:other.db"},
      {"file-mode", "0640"},
      {"max-jobs", "7"},
      {"max-pending-images", "8"},
      {"max-job-images", "9"},
      {"max-body-bytes", "1025"},
      {"client-share", "10"},
      {"images-in-flight", "11"},
      {"gpu-delay", "1ms..2s"},
      {"fetch", "header"},
      {"fetch-threads", "12"},
      {"origin-connections", "13"},
      {"fetch-deadline", "1500ms"},
      {"fetch-attempts", "4"},
      {"origin-patience", "30s"},
      {"max-image-bytes", "3MiB"},
      {"ca-file", "ca.pem"},
      {"user-agent", "other"},
      {"reuse-for", "2h"},
      {"reuse-entries", "14"},
      {"keep-images", "copies"},
      {"keep-images-bytes", "5GiB"},
      {"callback-attempts", "15"},
      {"drain-timeout", "3m"},
      {"log-file", "pulse.log"},
      {"log-level", "off"},
      {"log-format", "json"},
  };
  std::size_t rows = 0;
  for (const auto& row : flags()) rows += row.list || row.name == "callback-secret" ? 0 : 1;
  BOOST_TEST(std::size(values) == rows);
  for (const auto& [name, value] : values) {
    settings given;
    const auto row = std::ranges::find(flags(), name, &flag::name);
    BOOST_REQUIRE((row != flags().end()));
    BOOST_TEST(row->apply(value, given) == "", name);
    BOOST_TEST(row->write(given) == value, name);
    BOOST_TEST(row->write(settings{}) != value, name);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_is_never_written) {
  settings given;
  given.callback_key = "secret";
  for (const auto& row : flags()) {
    BOOST_TEST(row.write(given).find("secret") == std::string::npos, row.name);
  }
}

BOOST_AUTO_TEST_CASE(the_flags_of_a_topic_stand_together) {
  std::set<std::string_view> seen;
  std::string_view last;
  for (const auto& row : flags()) {
    if (row.topic != last) BOOST_TEST(seen.insert(row.topic).second, row.topic);
    last = row.topic;
  }
}

BOOST_AUTO_TEST_CASE(a_share_is_a_part_of_a_hundred) {
  const auto row = std::ranges::find(flags(), "client-share", &flag::name);
  BOOST_REQUIRE((row != flags().end()));
  for (const std::size_t percent : {std::size_t{1}, std::size_t{100}}) {
    settings given;
    BOOST_TEST(row->apply(std::to_string(percent), given) == "");
    BOOST_TEST(given.client_share == percent);
  }
  for (const std::string text : {"0", "101", "50%", "-1"}) {
    BOOST_TEST(complaint("client-share", text) ==
               "--client-share: '" + text + "' is not a whole number from 1 to 100");
  }
}

BOOST_AUTO_TEST_CASE(a_trusted_client_is_an_address_or_a_range) {
  const auto row = std::ranges::find(flags(), "trusted-client", &flag::name);
  BOOST_REQUIRE((row != flags().end()));
  settings given;
  for (const std::string text : {"10.0.0.7", "192.168.0.0/16", "fd00::/8"})
    BOOST_TEST(row->apply(text, given) == "");
  BOOST_TEST((given.trusted_clients ==
              std::vector<std::string>{"10.0.0.7", "192.168.0.0/16", "fd00::/8"}));
  for (const std::string text : {"proxy.example.com", "10.0.0.7/8", "10.0.0.0/33"}) {
    BOOST_TEST(complaint("trusted-client", text)
                   .find("'" + text + "' is not an address or a range of addresses") !=
               std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_user_agent_is_what_a_header_may_hold) {
  const std::string longest(limits::user_agent_bytes, 'a');
  for (const std::string& text :
       {std::string{"a"}, std::string{"Shelves/2.1 (+https://example.com/bot; \"a\")"}, longest}) {
    settings given;
    const auto row = std::ranges::find(flags(), "user-agent", &flag::name);
    BOOST_TEST(row->apply(text, given) == "");
    BOOST_TEST(given.user_agent == text);
  }
  using namespace std::string_literals;
  for (const std::string& text : {""s, " "s, " a"s, "a "s, "a\r\nX: y"s, "a\nb"s, "a\rb"s, "a\0b"s,
                                  "a\tb"s, "\x7f"s, "caf\xC3\xA9"s, longest + "a"}) {
    BOOST_TEST(
        complaint("user-agent", text) ==
        "--user-agent: is not 1 to 200 characters of printable ASCII without blanks at the ends");
  }
}

BOOST_AUTO_TEST_CASE(
    a_mode_lets_its_owner_read_and_write_and_nobody_write_who_is_not_of_the_group) {
  for (const auto& [text, mode] : std::vector<std::pair<std::string, mode_t>>{{"0600", 0600},
                                                                              {"0640", 0640},
                                                                              {"0660", 0660},
                                                                              {"0644", 0644},
                                                                              {"0664", 0664},
                                                                              {"640", 0640}}) {
    settings given;
    const auto row = std::ranges::find(flags(), "file-mode", &flag::name);
    BOOST_TEST(row->apply(text, given) == "", text);
    BOOST_TEST(given.file_mode == mode, text);
    BOOST_TEST(given.log.file_mode == mode, text);
  }
  for (const std::string text : {"", "0666", "0662", "0620", "0400", "0200", "0700", "0777", "4600",
                                 "1640", "00600", "60", "0o640", "rw-------"}) {
    BOOST_TEST(complaint("file-mode", text) ==
               "--file-mode: '" + text + "' is not one of 0600, 0640, 0660, 0644, 0664");
  }
}

BOOST_AUTO_TEST_CASE(every_bound_holds_at_the_bound_and_one_past_it) {
  struct bound {
    const char* name;
    const char* low;
    const char* below;
    const char* high;
    const char* above;
  };
  const bound bounds[]{
      {"port", "0", "-1", "65535", "65536"},
      {"images-in-flight", "1", "0", "65536", "65537"},
      {"fetch-threads", "1", "0", "1024", "1025"},
      {"origin-connections", "1", "0", "1024", "1025"},
      {"gpu-delay", "0", "-1ms", "10m", "600001ms"},
      {"gpu-delay", "0..10m", "1ms..0", "9m..10m", "1ms..600001ms"},
      {"fetch-deadline", "1ms", "0", "10m", "600001ms"},
      {"fetch-attempts", "1", "0", "10", "11"},
      {"origin-patience", "0", "-1s", "24h", "86400001ms"},
      {"max-image-bytes", "1KiB", "1023", "16GiB", "17179869185"},
      {"reuse-for", "0", "-1ms", "24h", "86400001ms"},
      {"reuse-entries", "1", "0", "10000000", "10000001"},
      {"keep-images-bytes", "1MiB", "1048575", "1048576GiB", "1125899906842625"},
      {"max-jobs", "1", "0", "1000000", "1000001"},
      {"max-pending-images", "1", "0", "1000000000", "1000000001"},
      {"max-job-images", "1", "0", "250000000", "250000001"},
      {"max-body-bytes", "1024", "1023", "1GiB", "1073741825"},
      {"callback-attempts", "1", "0", "32", "33"},
      {"drain-timeout", "0", "-1s", "10m", "600001ms"},
  };
  for (const auto& b : bounds) {
    BOOST_TEST(accepts(b.name, b.low), b.name << " " << b.low);
    BOOST_TEST(accepts(b.name, b.high), b.name << " " << b.high);
    BOOST_TEST(complaint(b.name, b.below)
                   .starts_with("--" + std::string{b.name} + ": '" + b.below + "' is not"),
               b.name << " " << b.below);
    BOOST_TEST(complaint(b.name, b.above)
                   .starts_with("--" + std::string{b.name} + ": '" + b.above + "' is not"),
               b.name << " " << b.above);
  }
}

BOOST_AUTO_TEST_CASE(a_callback_secret_is_24_to_64_bytes_and_is_not_repeated_where_it_is_refused) {
  const auto secret_of = [](std::size_t bytes) {
    return "whsec_" + crypto::to_base64(std::string(bytes, 's'));
  };
  for (const std::size_t bytes : {24, 25, 32, 64}) {
    const auto result = with("callback-secret", secret_of(bytes));
    BOOST_REQUIRE(std::holds_alternative<settings>(result));
    BOOST_TEST(std::get<settings>(result).callback_key == std::string(bytes, 's'));
  }
  const std::string good = secret_of(32);
  for (const auto& text : {secret_of(23), secret_of(65), std::string{"whsec_"}, good.substr(6),
                           "WHSEC_" + good.substr(6), good + "=", good.substr(0, good.size() - 1),
                           "whsec_" + std::string(40, '-'), good + "\nx", "\n" + good}) {
    BOOST_TEST(complaint("callback-secret", text) ==
               "--callback-secret: is not whsec_ followed by 24 to 64 bytes in base64");
  }
}

BOOST_AUTO_TEST_CASE(a_value_that_is_refused_comes_with_the_accepted_form) {
  BOOST_TEST(complaint("port", "http") == "--port: 'http' is not a whole number from 0 to 65535");
  BOOST_TEST(complaint("bind", "localhost") ==
             "--bind: 'localhost' is not an IP address such as 127.0.0.1, 0.0.0.0 or ::1");
  BOOST_TEST(complaint("fetch-deadline", "10") ==
             "--fetch-deadline: '10' is not a time such as 500ms, 10s or 2m, from 1ms to 10m");
  BOOST_TEST(complaint("gpu-delay", "fast") ==
             "--gpu-delay: 'fast' is not a range of times such as 100ms..400ms, one time, or 0, up "
             "to 10m");
  BOOST_TEST(complaint("max-image-bytes", "lots") ==
             "--max-image-bytes: 'lots' is not a size such as 50MiB, from 1KiB to 16GiB");
  BOOST_TEST(complaint("allow-address", "everywhere") ==
             "--allow-address: 'everywhere' is not an address range such as 10.0.0.0/8 or "
             "fd00::/8: 'everywhere' is not an address");
  BOOST_TEST(complaint("allow-callback-address", "10.0.0.1/8") ==
             "--allow-callback-address: '10.0.0.1/8' is not an address range such as 10.0.0.0/8 or "
             "fd00::/8: '10.0.0.1/8' has bits set "
             "beyond its prefix");
  BOOST_TEST(complaint("allow-host", "*.example.com") ==
             "--allow-host: '*.example.com' is not a host name such as example.com");
  for (const auto* text : {"*.example.com", "pulse.example.com:8080", "https://pulse.example.com",
                           "pulse.example.com.", "a b"}) {
    BOOST_TEST(complaint("public-host", text) ==
               "--public-host: '" + std::string{text} + "' is not a host name such as example.com");
  }
  for (const auto* text : {"warning", "WARNING", "Warning"})
    BOOST_TEST(complaint("log-level", text) == "");
  BOOST_TEST(complaint("log-level", "loud") ==
             "--log-level: 'loud' is not one of debug, info, warning, error, off");
  BOOST_TEST(complaint("log-format", "xml") == "--log-format: 'xml' is not one of text, json");
  BOOST_TEST(complaint("fetch", "some") == "--fetch: 'some' is not one of full, header");
  BOOST_TEST(complaint("reuse-for", "a while") ==
             "--reuse-for: 'a while' is not a time such as 500ms, 10s or 2m, from 0 to 24h");
  BOOST_TEST(complaint("docs-folder", "") == "--docs-folder: '' is not the name of a folder");
  BOOST_TEST(complaint("keep-images", "") == "--keep-images: '' is not the name of a folder");
  BOOST_TEST(complaint("store-master", "") == "--store-master: '' is not the name of a file");
  BOOST_TEST(complaint("ca-file", "") == "--ca-file: '' is not the name of a file");
  BOOST_TEST(complaint("storage", "mysql:x").starts_with("--storage: "));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_yet_is_refused_in_words) {
  BOOST_TEST(complaint("storage", "postgresql://u:secret@h/db").find("yet") != std::string::npos);
  BOOST_TEST(complaint("storage", "postgresql://u:secret@h/db").find("secret") ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(help_names_every_flag_with_its_default) {
  const std::string text = help_text();
  for (const auto& row : flags()) {
    const auto at =
        text.find("  --" + std::string{row.name} + " " + std::string{row.placeholder} + " ");
    BOOST_REQUIRE(at != std::string::npos);
    const auto line = text.substr(at, text.find('\n', at) - at);
    BOOST_TEST(line.ends_with("(default: " + default_of(row) + ")"), line);
  }
  BOOST_TEST(text.find("--config FILE") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_variable_of_a_flag_is_its_name_in_capitals) {
  BOOST_TEST(variable_of("max-body-bytes") == "RETAIL_PULSE_MAX_BODY_BYTES");
  BOOST_TEST(variable_of("port") == "RETAIL_PULSE_PORT");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
