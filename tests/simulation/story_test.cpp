#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "simulation/text_story.hpp"
#include "tests/simulation/stories.hpp"

namespace retail_pulse::simulation {

BOOST_AUTO_TEST_SUITE(a_story)

namespace {

constexpr std::uint64_t seeds = 60;

bool is_message(const story_line& line) { return line.what == story_line::kind::message; }

std::string text_of_seed(std::uint64_t seed) {
  std::FILE* file = std::tmpfile();
  BOOST_TEST_REQUIRE(file != nullptr);
  text_story reader{file};
  options wanted;
  wanted.seed = seed;
  wanted.reader = &reader;
  simulate(wanted);
  std::rewind(file);
  std::string text(std::size_t{1} << 23, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(describes_every_message) {
  std::set<std::string> not_described;
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (const auto& line : story_of(seed)) {
      if (!is_message(line)) continue;
      ++seen[line.text.substr(0, line.text.find_first_of(":("))];
      if (!line.is_described) not_described.insert(line.name + " <- " + line.text);
    }
  }
  for (const auto& each : not_described) BOOST_ERROR("no description: " << each);
  // Of the protocols everything happens that can happen without a courier and report readers.
  for (const char* message : {"submit",
                              "store",
                              "begin",
                              "join",
                              "turn",
                              "pending",
                              "lookup",
                              "offer",
                              "order",
                              "fetched",
                              "report",
                              "finished",
                              "resolved",
                              "record",
                              "settled",
                              "progress",
                              "ended",
                              "leave",
                              "open",
                              "opened",
                              "give_up",
                              "exhausted",
                              "tick",
                              "flush",
                              "cancel",
                              "withdraw",
                              "abandon",
                              "redrive",
                              "status",
                              "load",
                              "drain",
                              "stop",
                              "settle",
                              "discard",
                              "replace",
                              "number",
                              "staging",
                              "ongoing",
                              "down",
                              "starts",
                              "answer to record ",
                              "answer to store "})
    BOOST_TEST(seen.contains(message), message);
}

BOOST_AUTO_TEST_CASE(names_jobs_images_hosts_outcomes_and_what_a_reply_replies_to) {
  const auto text = text_of_seed(9);
  for (const char* line : {
           "supervisor   <- submit: [0-9]+ images? in [0-9]+ visits?",
           "ledger       <- record: job [0-9]+, [0-9]+ results?",
           "image        <- order: job [0-9]+ image [0-9]+, http://o[0-9].test/",
           "job [0-9]+        <- report: image [0-9]+ measured [0-9]+x[0-9]+",
           "image_pool   <- offer: job [0-9]+, [0-9]+ images?",
           "job [0-9]+        <- answer to record \\(job [0-9]+, [0-9]+ results?\\): [0-9]+ new, ",
           "image hosts  <- o[0-9].test ends the fetch of http://",
           "clients      <- the client of submission [0-9]+ submits",
           "201          job 1",
           "fetched      http://",
           "recorded     job 1",
       })
    BOOST_TEST(std::regex_search(text, std::regex{line}), line);
}

BOOST_AUTO_TEST_CASE(knows_who_sent_each_message_and_in_which_earlier_step) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::uint64_t last_step = 0;
    std::set<std::uint64_t> messages;
    for (const auto& line : story_of(seed)) {
      BOOST_TEST(line.step >= last_step);
      last_step = line.step;
      if (!is_message(line)) continue;
      if (line.text != "starts") BOOST_TEST(!line.sender.empty(), line.name << " <- " << line.text);
      // Without a cause are the starts of a life's first actors, timers that are set before its
      // first step, and the questions of the simulation between steps.
      const bool needs_cause =
          line.text != "starts" && line.sender != line.name && line.sender != "simulation";
      if (line.cause != 0 || needs_cause)
        BOOST_TEST(messages.contains(line.cause), line.name << " <- " << line.text);
      messages.insert(line.step);
    }
  }
}

BOOST_AUTO_TEST_CASE(names_job_actors_from_their_first_message_on) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::size_t unnamed = 0;
    for (const auto& line : story_of(seed))
      unnamed += is_message(line) && line.name == "job" ? 1 : 0;
    BOOST_TEST(unnamed == 0u, "seed " << seed << ": " << unnamed);
  }
}

BOOST_AUTO_TEST_CASE(is_read_without_changing_what_happens) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    outcome read;
    story_of(seed, &read);
    const auto alone = simulate({seed});
    BOOST_TEST(read.hash == alone.hash, "seed " << seed);
    BOOST_TEST(read.steps == alone.steps);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::simulation
