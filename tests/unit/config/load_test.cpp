#include "config/load.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fstream>

#include "config/flags.hpp"

namespace {

using namespace retail_pulse;
using namespace retail_pulse::config;
using strings = std::vector<std::string>;
using variables = std::vector<std::pair<std::string, std::string>>;

/// As if `pulse.toml` held `file`, and no other file existed.
std::variant<settings, problems> loaded(strings arguments, variables environment = {},
                                        const std::string& file = "") {
  return load(
      {.arguments = std::move(arguments),
       .environment = std::move(environment),
       .read_file = [file](const std::string& name) -> std::variant<std::string, unreadable> {
         if (name != "pulse.toml") return unreadable{"No such file or directory"};
         return file;
       }});
}

settings accepted(strings arguments, variables environment = {}, const std::string& file = "") {
  const auto result = loaded(std::move(arguments), std::move(environment), file);
  if (const auto* wrong = std::get_if<problems>(&result)) {
    for (const auto& message : wrong->messages) BOOST_ERROR(message);
    return {};
  }
  return std::get<settings>(result);
}

strings refused(strings arguments, variables environment = {}, const std::string& file = "") {
  const auto result = loaded(std::move(arguments), std::move(environment), file);
  const auto* wrong = std::get_if<problems>(&result);
  return wrong == nullptr ? strings{} : wrong->messages;
}

void check(const strings& found, const strings& expected) {
  BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE(loading)

BOOST_AUTO_TEST_CASE(without_sources_the_defaults_hold) {
  const auto result = accepted({});
  BOOST_TEST(result.bind == "127.0.0.1");
  BOOST_TEST(result.port == 8080);
  BOOST_TEST(result.allow_addresses.empty());
  BOOST_TEST(result.allow_callback_addresses.empty());
  BOOST_TEST(result.log.file.empty());
}

BOOST_AUTO_TEST_CASE(flags_beat_the_environment_and_the_environment_the_file) {
  const std::string file = "port = 1\nfetch-threads = 1\nmax-jobs = 1\n";
  const variables environment{{"RETAIL_PULSE_CONFIG", "pulse.toml"},
                              {"RETAIL_PULSE_PORT", "2"},
                              {"RETAIL_PULSE_FETCH_THREADS", "2"}};
  const auto result = accepted({"--port", "3"}, environment, file);
  BOOST_TEST(result.port == 3);
  BOOST_TEST(result.fetch_threads == 2U);
  BOOST_TEST(result.max_jobs == 1);
  BOOST_TEST(result.max_pending_images == limits::default_pending_images);
}

BOOST_AUTO_TEST_CASE(the_variable_PORT_comes_behind_our_own_and_before_the_file) {
  const variables both{{"RETAIL_PULSE_PORT", "2"}, {"PORT", "1"}};
  const variables turned{{"PORT", "1"}, {"RETAIL_PULSE_PORT", "2"}};
  BOOST_TEST(accepted({}, both).port == 2);
  BOOST_TEST(accepted({}, turned).port == 2);
  BOOST_TEST(accepted({"--config", "pulse.toml"}, {{"PORT", "1"}}, "port = 5").port == 1);
  check(refused({}, {{"PORT", "http"}}), {"PORT: 'http' is not a whole number from 0 to 65535"});
}

BOOST_AUTO_TEST_CASE(an_overridden_value_is_not_judged) {
  BOOST_TEST(accepted({"--port", "3"}, {{"RETAIL_PULSE_PORT", "nonsense"}}).port == 3);
}

BOOST_AUTO_TEST_CASE(a_value_may_stand_behind_an_equals_sign_or_a_blank) {
  BOOST_TEST(accepted({"--port=81"}).port == 81);
  BOOST_TEST(accepted({"--port", "81"}).port == 81);
  BOOST_TEST(accepted({"--log-file=a=b"}).log.file == "a=b");
  BOOST_TEST(accepted({"--log-file=--odd"}).log.file == "--odd");
  BOOST_TEST(accepted({"--log-file", "-"}).log.file == "-");
  BOOST_TEST(accepted({"--log-file", "[a]"}).log.file == "[a]");
}

BOOST_AUTO_TEST_CASE(an_empty_log_file_means_stderr_also_over_a_weaker_source) {
  const variables environment{{"RETAIL_PULSE_LOG_FILE", "x.log"}};
  BOOST_TEST(accepted({}, environment).log.file == "x.log");
  BOOST_TEST(accepted({"--log-file="}, environment).log.file == "");
  BOOST_TEST(accepted({"--log-file", ""}, environment).log.file == "");
  const auto next_flag_stays = accepted({"--log-file=", "--port", "1"}, environment);
  BOOST_TEST(next_flag_stays.log.file == "");
  BOOST_TEST(next_flag_stays.port == 1);
}

BOOST_AUTO_TEST_CASE(lists_gather_repeated_flags_and_commas) {
  const strings expected{"127.0.0.0/8", "10.0.0.0/8", "fd00::/8"};
  check(accepted({"--allow-address", "127.0.0.0/8", "--allow-address=10.0.0.0/8,fd00::/8"})
            .allow_addresses,
        expected);
  check(accepted({}, {{"RETAIL_PULSE_ALLOW_ADDRESS", "127.0.0.0/8, 10.0.0.0/8,fd00::/8"}})
            .allow_addresses,
        expected);
  check(accepted({"--config=pulse.toml"}, {},
                 "allow-address = ['127.0.0.0/8', '10.0.0.0/8', 'fd00::/8']")
            .allow_addresses,
        expected);
  check(accepted({"--config=pulse.toml"}, {}, "allow-address = '127.0.0.0/8,10.0.0.0/8,fd00::/8'")
            .allow_addresses,
        expected);
  const strings callbacks{"192.168.0.0/16", "fd00::/8"};
  for (const auto& result :
       {accepted(
            {"--allow-callback-address", "192.168.0.0/16", "--allow-callback-address=fd00::/8"}),
        accepted({}, {{"RETAIL_PULSE_ALLOW_CALLBACK_ADDRESS", "192.168.0.0/16,fd00::/8"}}),
        accepted({"--config=pulse.toml"}, {},
                 "allow-callback-address = ['192.168.0.0/16', 'fd00::/8']")}) {
    check(result.allow_callback_addresses, callbacks);
    check(result.allow_addresses, {});  // each list opens its own kind of request
  }
  check(accepted({"--allow-address", "10.0.0.0/8"}).allow_callback_addresses, {});
  check(accepted({"--allow-host", "B.example,a.example"}).allow_hosts, {"b.example", "a.example"});
  check(accepted({"--public-host", "Pulse.example.com", "--public-host=b\u00fccher.example"})
            .public_hosts,
        {"pulse.example.com", "xn--bcher-kva.example"});
  check(accepted({}, {{"RETAIL_PULSE_PUBLIC_HOST", "a.example, b.example"}}).public_hosts,
        {"a.example", "b.example"});
  check(accepted({"--config=pulse.toml"}, {}, "public-host = ['a.example']").public_hosts,
        {"a.example"});
}

BOOST_AUTO_TEST_CASE(a_stronger_list_replaces_a_weaker_one_also_with_nothing) {
  const variables environment{{"RETAIL_PULSE_ALLOW_HOST", "a.example"}};
  BOOST_TEST(
      accepted({"--user-agent", "mine/1"}, {{"RETAIL_PULSE_USER_AGENT", "other"}}).user_agent ==
      "mine/1");
  BOOST_TEST(accepted({}, {{"RETAIL_PULSE_USER_AGENT", "other, with a comma"}}).user_agent ==
             "other, with a comma");
  check(accepted({"--allow-host", "b.example"}, environment).allow_hosts, {"b.example"});
  check(accepted({"--allow-host="}, environment).allow_hosts, {});
}

BOOST_AUTO_TEST_CASE(an_empty_entry_of_a_list_is_one_problem_and_called_that) {
  for (const auto* list :
       {",", ",,", "127.0.0.1/32,", ",127.0.0.1/32", "127.0.0.1/32, ,10.0.0.0/8"}) {
    check(refused({}, {{"RETAIL_PULSE_ALLOW_ADDRESS", list}}),
          {"RETAIL_PULSE_ALLOW_ADDRESS: the list has an empty entry"});
    check(refused({"--allow-address", list}), {"--allow-address: the list has an empty entry"});
  }
  check(refused({"--allow-host", "a.example,,b.example"}),
        {"--allow-host: the list has an empty entry"});
  check(refused({"--allow-host=a.example,", "--allow-host", ",b.example"}),
        {"--allow-host: the list has an empty entry"});
  check(refused({"--config=pulse.toml"}, {}, "allow-host = ['a.example', '', ' ']"),
        {"pulse.toml:1: allow-host: the list has an empty entry"});
  check(refused({"--allow-host", ",*.example"}),
        {"--allow-host: the list has an empty entry",
         "--allow-host: '*.example' is not a host name such as example.com"});
}

BOOST_AUTO_TEST_CASE(the_file_takes_strings_and_whole_numbers) {
  const auto result =
      accepted({"--config", "pulse.toml"}, {},
               "# a comment\nport = 8_081\nimages-in-flight = '12'\nmax-image-bytes = 2048\n"
               "gpu-delay = 0\nfetch-deadline = \"2s\"\nlog-format = 'json'\n");
  BOOST_TEST(result.port == 8081);
  BOOST_TEST(result.images_in_flight == 12U);
  BOOST_TEST(result.max_image_bytes == 2048);
  BOOST_TEST(result.gpu_delay_max.count() == 0);
  BOOST_TEST(result.fetch_deadline.count() == 2000);
  BOOST_TEST((result.log.format == observe::log_format::json));
}

BOOST_AUTO_TEST_CASE(a_problem_in_the_file_names_file_line_and_key) {
  check(refused({"--config", "pulse.toml"}, {},
                "bind = '::1'\nport = -1\nprot = 1\nmax-jobs = 1.5\n[log]\nlevel = 'info'\n"),
        {"pulse.toml:5: unknown key 'log'",
         "pulse.toml:4: max-jobs: is not a string or a whole number",
         "pulse.toml:3: unknown key 'prot'",
         "pulse.toml:2: port: '-1' is not a whole number from 0 to 65535"});
  check(refused({"--config", "pulse.toml"}, {}, "allow-host = [true]\n"),
        {"pulse.toml:1: allow-host: is not a string or a whole number, or a list of them"});
  check(refused({"--config", "pulse.toml"}, {}, "port = ['1']\n"),
        {"pulse.toml:1: port: is not a string or a whole number"});
  check(refused({"--config", "pulse.toml"}, {}, "config = 'other.toml'\n"),
        {"pulse.toml:1: unknown key 'config'"});
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_toml_is_one_problem_with_its_line) {
  const auto found =
      refused({"--config", "pulse.toml", "--port", "x"}, {}, "port = 1\nthis is not toml\n");
  BOOST_REQUIRE(found.size() == 2U);
  BOOST_TEST(found[0].starts_with("pulse.toml:2: "), found[0]);
  BOOST_TEST(found[1] == "--port: 'x' is not a whole number from 0 to 65535");
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_problem_of_who_named_it) {
  check(refused({"--config", "none.toml"}),
        {"--config: 'none.toml' cannot be read: No such file or directory"});
  check(refused({}, {{"RETAIL_PULSE_CONFIG", "none.toml"}}),
        {"RETAIL_PULSE_CONFIG: 'none.toml' cannot be read: No such file or directory"});
  BOOST_TEST(
      accepted({"--config", "pulse.toml"}, {{"RETAIL_PULSE_CONFIG", "none.toml"}}, "port = 4")
          .port == 4);
}

BOOST_AUTO_TEST_CASE(every_problem_is_reported_at_once) {
  const variables environment{
      {"RETAIL_PULSE_PROT", "1"}, {"RETAIL_PULSE_FETCH", "some"}, {"HOME", "/root"}};
  check(refused({"--unknown", "--port", "x", "--config", "pulse.toml", "stray"}, environment,
                "oops = 1\ndrain-timeout = 'soon'\n"),
        {"--unknown: unknown flag", "'stray': unexpected argument",
         "RETAIL_PULSE_PROT: unknown variable", "pulse.toml:1: unknown key 'oops'",
         "--port: 'x' is not a whole number from 0 to 65535",
         "RETAIL_PULSE_FETCH: 'some' is not one of full, header",
         "pulse.toml:2: drain-timeout: 'soon' is not a time such as 500ms, 10s or 2m, from 0 to "
         "10m"});
}

BOOST_AUTO_TEST_CASE(copies_of_files_that_are_not_fetched_whole_cannot_be_kept) {
  check(refused({"--keep-images", "copies", "--fetch", "header"}),
        {"--keep-images and --fetch: kept images are whole files, which 'header' does not fetch"});
  check(refused({"--config", "pulse.toml"}, {{"RETAIL_PULSE_FETCH", "header"}},
                "keep-images = 'copies'\n"),
        {"pulse.toml:1: keep-images and RETAIL_PULSE_FETCH: kept images are whole files, which "
         "'header' does not fetch"});
  BOOST_TEST((accepted({"--fetch", "header"}).fetch_mode == fetch::mode::header));
  BOOST_TEST(
      accepted({"--keep-images", "copies", "--fetch", "full"}, {{"RETAIL_PULSE_FETCH", "header"}})
          .keep_images == "copies");
}

BOOST_AUTO_TEST_CASE(results_are_used_again_and_copies_kept_as_the_operator_says) {
  const auto result = accepted({"--reuse-for", "2h", "--reuse-entries", "7", "--keep-images",
                                "copies", "--keep-images-bytes", "5 GiB"});
  BOOST_TEST((result.reuse_for == std::chrono::hours{2}));
  BOOST_TEST(result.reuse_entries == 7u);
  BOOST_TEST(result.keep_images == "copies");
  BOOST_TEST(result.keep_images_bytes == std::int64_t{5} << 30);
  const auto untouched = accepted({});
  BOOST_TEST(untouched.reuse_for.count() == 0);
  BOOST_TEST(untouched.keep_images == "");
}

BOOST_AUTO_TEST_CASE(the_value_of_an_unknown_flag_is_no_second_problem) {
  check(refused({"--prot", "81"}), {"--prot: unknown flag"});
  check(refused({"--prot=81", "82"}), {"--prot: unknown flag", "'82': unexpected argument"});
  check(refused({"-p", "81"}), {"-p: unknown flag", "'81': unexpected argument"});
}

BOOST_AUTO_TEST_CASE(a_flag_without_a_value_is_a_problem_wherever_it_stands) {
  check(refused({"--port"}), {"--port: needs a value"});
  check(refused({"--port", "--bind", "x"}),
        {"--port: needs a value",
         "--bind: 'x' is not an IP address such as 127.0.0.1, 0.0.0.0 or ::1"});
}

BOOST_AUTO_TEST_CASE(a_plain_flag_given_twice_is_a_problem) {
  check(refused({"--port", "1", "--port=2"}), {"--port: given 2 times"});
}

BOOST_AUTO_TEST_CASE(words_of_other_programs_are_no_concern_of_ours) {
  BOOST_TEST(
      accepted(
          {}, {{"PATH", "x"}, {"RETAIL", "x"}, {"", "x"}, {"RETAIL_PULSE_URL", "http://localhost"}})
          .port == 8080);
}

BOOST_AUTO_TEST_CASE(variables_that_kubernetes_adds_for_a_service_of_our_name_are_passed_over) {
  const variables links{
      {"RETAIL_PULSE_SERVICE_HOST", "10.0.0.1"},
      {"RETAIL_PULSE_SERVICE_PORT", "80"},
      {"RETAIL_PULSE_SERVICE_PORT_HTTP", "80"},
      {"RETAIL_PULSE_PORT", "tcp://10.0.0.1:80"},
      {"RETAIL_PULSE_PORT_80_TCP", "tcp://10.0.0.1:80"},
      {"RETAIL_PULSE_PORT_80_TCP_PROTO", "tcp"},
      {"RETAIL_PULSE_PORT_80_TCP_PORT", "80"},
      {"RETAIL_PULSE_PORT_80_TCP_ADDR", "10.0.0.1"},
      {"RETAIL_PULSE_API_SERVICE_HOST", "10.0.0.2"},
      {"RETAIL_PULSE_API_SERVICE_PORT", "80"},
      {"RETAIL_PULSE_API_SERVICE_PORT_METRICS_V2", "9464"},
      {"RETAIL_PULSE_API_PORT", "udp://10.0.0.2:80"},
      {"RETAIL_PULSE_API_PORT_80_TCP", "tcp://10.0.0.2:80"},
      {"RETAIL_PULSE_API_PORT_9464_UDP_ADDR", "10.0.0.2"},
      {"RETAIL_PULSE_API_PORT_9464_SCTP_PORT", "9464"},
      {"RETAIL_PULSE_FETCH_PORT", "tcp://10.0.0.3:80"},
      {"RETAIL_PULSE_PORT_MAPPER_PORT_80_TCP", "tcp://10.0.0.4:80"},
  };
  BOOST_TEST(accepted({}, links).port == 8080);
  check(refused({}, {{"RETAIL_PULSE_PORTS", "80"}}), {"RETAIL_PULSE_PORTS: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_PORT_NUMBER", "80"}}),
        {"RETAIL_PULSE_PORT_NUMBER: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_PORT_80_HTTP", "x"}}),
        {"RETAIL_PULSE_PORT_80_HTTP: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_PORT_80_TCP_HOST", "x"}}),
        {"RETAIL_PULSE_PORT_80_TCP_HOST: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_API_PORT", "80"}}),
        {"RETAIL_PULSE_API_PORT: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_SERVICE_NAME", "x"}}),
        {"RETAIL_PULSE_SERVICE_NAME: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_SERVICE_PORTS", "x"}}),
        {"RETAIL_PULSE_SERVICE_PORTS: unknown variable"});
  check(refused({}, {{"RETAIL_PULSE_PORT", "http://x"}}),
        {"RETAIL_PULSE_PORT: 'http://x' is not a whole number from 0 to 65535"});
}

BOOST_AUTO_TEST_CASE(no_setting_has_a_name_that_kubernetes_could_add) {
  for (const auto& row : flags()) {
    if (row.name == "port") continue;  // told apart by its value
    BOOST_TEST(!variable_of(row.name).ends_with("_PORT"), row.name);
    BOOST_TEST(variable_of(row.name).find("SERVICE_") == std::string::npos, row.name);
    BOOST_TEST(variable_of(row.name).find("PORT_") == std::string::npos, row.name);
  }
}

BOOST_AUTO_TEST_CASE(a_variable_that_is_set_and_empty_is_not_set) {
  for (const auto& row : flags()) {
    const auto result =
        loaded({"--config", "pulse.toml"}, {{variable_of(row.name), ""}}, "port = 5\n");
    BOOST_TEST(std::holds_alternative<settings>(result), row.name);
  }
  const variables empty{{"RETAIL_PULSE_CONFIG", ""},
                        {"PORT", ""},
                        {"RETAIL_PULSE_PORT", ""},
                        {"RETAIL_PULSE_URL", ""},
                        {"RETAIL_PULSE_ALLOW_HOST", ""}};
  BOOST_TEST(accepted({}, empty).port == 8080);
  const auto under =
      accepted({"--config", "pulse.toml"}, empty, "port = 5\nallow-host = 'a.example'\n");
  BOOST_TEST(under.port == 5);
  check(under.allow_hosts, {"a.example"});
  BOOST_TEST(accepted({}, {{"RETAIL_PULSE_PORT", ""}, {"PORT", "81"}}).port == 81);
  BOOST_TEST(accepted({}, {{"PORT", "81"}, {"RETAIL_PULSE_PORT", ""}}).port == 81);
}

BOOST_AUTO_TEST_CASE(a_secret_is_taken_without_the_line_end_behind_it) {
  const std::string secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
  const std::string key = accepted({}, {{"RETAIL_PULSE_CALLBACK_SECRET", secret}}).callback_key;
  BOOST_TEST(key == "0123456789abcdef01234567");
  BOOST_TEST(accepted({}, {{"RETAIL_PULSE_CALLBACK_SECRET", secret + "\n"}}).callback_key == key);
  BOOST_TEST(accepted({"--callback-secret", secret + "\r\n"}).callback_key == key);
  BOOST_TEST(accepted({"--config", "pulse.toml"}, {}, "callback-secret = \"" + secret + "\\n\"\n")
                 .callback_key == key);
  BOOST_TEST(refused({}, {{"RETAIL_PULSE_CALLBACK_SECRET", secret + "\nx"}}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(files_are_read_up_to_their_bound_and_not_beyond_it) {
  std::string folder = "/tmp/retail-pulse-config-XXXXXX";
  BOOST_REQUIRE(mkdtemp(folder.data()) != nullptr);
  const std::string name = folder + "/pulse.toml";
  std::ofstream{name, std::ios::binary} << std::string(limits::config_file_bytes, '#');
  BOOST_TEST(std::get<std::string>(read_whole_file(name)).size() == limits::config_file_bytes);
  std::ofstream{name, std::ios::binary | std::ios::app} << '#';
  BOOST_TEST(std::get<unreadable>(read_whole_file(name)).why == "it is larger than 1048576 bytes");
  BOOST_TEST(std::get<unreadable>(read_whole_file(folder + "/none")).why ==
             "No such file or directory");
  BOOST_TEST(std::holds_alternative<unreadable>(read_whole_file(folder)));
  std::remove(name.c_str());
  rmdir(folder.c_str());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
