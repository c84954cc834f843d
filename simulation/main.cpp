#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "core/random.hpp"
#include "core/terminal_text.hpp"
#include "simulation/one_world.hpp"
#include "simulation/simulation.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

/// On standard error. A terminal gets no control characters: words of the command line are in the
/// text.
void say(const std::string& text) {
  const auto shown = isatty(STDERR_FILENO) == 1 ? for_terminal(text) : text;
  std::fputs(shown.c_str(), stderr);
}

/// The command that shows a violation again.
std::string replay_line(const outcome& of, std::uint64_t seed, fault_set faults) {
  std::string line = "retail-pulse simulate --seed " + std::to_string(seed) + " --steps " +
                     std::to_string(of.steps);
  if (faults != fault_set::all()) line += " --faults " + faults.text();
  return line;
}

void append(char*& to, const char* text) {
  while (*text != '\0') *to++ = *text++;
}

void append(char*& to, std::uint64_t number) {
  char digits[20];
  std::size_t count = 0;
  do digits[count++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  while (count > 0) *to++ = digits[--count];
}

/// A broken assertion of the actors ends the process. Other threads may be anywhere, so nothing but
/// plain writing is allowed here.
extern "C" void report_sudden_end(int) {
  const auto& at = current_progress();
  char line[128];
  char* end = line;
  append(end, "retail-pulse simulate --seed ");
  append(end, at.seed);
  append(end, " --steps ");
  append(end, at.steps);
  append(end, "\n");
  const auto written = write(STDOUT_FILENO, line, static_cast<std::size_t>(end - line));
  _exit(written < 0 ? exit_usage : exit_failed);
}

/// "crash,drain", "all" or "none". False, with a sentence, for anything else.
bool read_faults(const std::string& text, fault_set& into) {
  into = text == "all" ? fault_set::all() : fault_set::none();
  if (text == "all" || text == "none") return true;
  std::istringstream names{text};
  for (std::string name; std::getline(names, name, ',');) {
    const auto kind = fault_named(name);
    if (!kind) {
      say("retail-pulse simulate: --faults: there is no fault '" + name + "'; there are:\n");
      for (const auto& row : fault_table)
        std::fprintf(stderr, "  %-22s%s\n", row.name.data(), row.meaning.data());
      return false;
    }
    into = into.with(*kind);
  }
  return true;
}

one_world* shown_world = nullptr;

/// The same for one world, which is the only thread: its story so far is shown, too.
extern "C" void show_sudden_end(int signal) {
  std::fflush(stdout);
  static_cast<void>(
      shown_world->finish_suddenly("an assertion of the actors is broken; see standard error"));
  report_sudden_end(signal);
}

int simulate_one(const options& wanted, bool trace, const std::string& html) {
  std::FILE* page = html.empty() ? nullptr : std::fopen(html.c_str(), "w");
  if (page == nullptr && !html.empty()) {
    say("retail-pulse simulate: " + html + " cannot be written: " + std::strerror(errno) + "\n");
    return exit_usage;
  }
  auto command = "retail-pulse simulate --seed " + std::to_string(wanted.seed);
  if (wanted.steps != options{}.steps) command += " --steps " + std::to_string(wanted.steps);
  if (wanted.allowed != fault_set::all()) command += " --faults " + wanted.allowed.text();
  one_world world{trace ? stdout : nullptr, page, command + " --html world.html"};
  shown_world = &world;
  std::signal(SIGABRT, show_sudden_end);
  const auto result = world.run(wanted);
  const bool is_written = world.finish(result) && (page == nullptr || std::fclose(page) == 0);
  std::printf(
      "seed %llu steps %llu jobs %llu images %llu lives %llu faults %s hash %016llx\n",
      static_cast<unsigned long long>(wanted.seed), static_cast<unsigned long long>(result.steps),
      static_cast<unsigned long long>(result.jobs), static_cast<unsigned long long>(result.images),
      static_cast<unsigned long long>(result.lives), result.faults.text().c_str(),
      static_cast<unsigned long long>(result.hash));
  if (!is_written) say("retail-pulse simulate: " + html + " could not be written whole\n");
  if (result.violation.empty()) return is_written ? exit_ok : exit_failed;
  std::printf("violation: %s\n%s\n", result.violation.c_str(),
              replay_line(result, wanted.seed, wanted.allowed).c_str());
  return exit_failed;
}

/// The seeds from 1 to the first with a violation, in order.
int simulate_until_violation(std::uint64_t seeds, fault_set allowed) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto result = simulate({seed, allowed});
    if (result.violation.empty()) continue;
    std::printf("violation: %s\n%s\n", result.violation.c_str(),
                replay_line(result, seed, allowed).c_str());
    return exit_failed;
  }
  std::printf("seeds %llu violations 0\n", static_cast<unsigned long long>(seeds));
  return exit_ok;
}

/// The seeds from 1 on, one per core at a time. The hash is that of their hashes, in order.
int simulate_many(std::uint64_t seeds, fault_set allowed) {
  std::vector<std::uint64_t> hashes(seeds);
  std::atomic<std::uint64_t> next = 0;
  std::atomic<std::uint64_t> violations = 0;
  std::mutex printing;
  const auto work = [&] {
    for (std::uint64_t index = next++; index < seeds; index = next++) {
      const auto seed = index + 1;
      const auto result = simulate({seed, allowed});
      hashes[index] = result.hash;
      if (result.violation.empty()) continue;
      ++violations;
      const auto smallest = smallest_faults(seed, result.faults);
      const auto shown = simulate({seed, smallest});
      const std::lock_guard lock{printing};
      std::printf("violation: %s\n%s\n", shown.violation.c_str(),
                  replay_line(shown, seed, smallest).c_str());
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  for (auto& each : threads) each.join();
  std::uint64_t hash = 0;
  for (const auto each : hashes) hash = mix(hash ^ each);
  std::printf("seeds %llu violations %llu hash %016llx\n", static_cast<unsigned long long>(seeds),
              static_cast<unsigned long long>(violations.load()),
              static_cast<unsigned long long>(hash));
  return violations == 0 ? exit_ok : exit_failed;
}

int run(int argc, const char* const* argv) {
  options wanted;
  std::uint64_t seeds = 0;
  std::string faults = "all";
  std::string html;
  bool trace = false;
  bool until_violation = false;
  CLI::App app{
      "Runs the service's actors in simulated worlds, where one seed decides every schedule and "
      "every fault, and checks invariants "
      "after every step. Exits with 1 when one is violated.",
      "retail-pulse simulate"};
  auto* one = app.add_option("--seed", wanted.seed, "one world");
  auto* many = app.add_option("--seeds", seeds, "the worlds of the seeds from 1 to this")
                   ->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--steps", wanted.steps, "ends the world after so many messages and timers")
      ->needs(one);
  app.add_option(
      "--faults", faults,
      "all, none, or names with commas between them: other faults are left out of the worlds");
  app.add_flag("--trace", trace, "prints the story of the world: time, step, actor, message, fault")
      ->needs(one);
  app.add_option("--html", html, "writes the story as a sequence chart, one page for a browser")
      ->needs(one)
      ->type_name("FILE");
  app.add_flag("--until-violation", until_violation,
               "ends with the first seed that violates an invariant, with all its faults")
      ->needs(many);
  one->excludes(many);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return exit_ok;
  } catch (const CLI::ParseError& error) {
    say(app.get_name() + ": " + error.what() + "\n");
    return exit_usage;
  }
  if (!*one && !*many) {
    std::fputs("retail-pulse simulate: --seed or --seeds is needed\n", stderr);
    return exit_usage;
  }
  if (!read_faults(faults, wanted.allowed)) return exit_usage;
  std::signal(SIGABRT, report_sudden_end);
  if (until_violation) return simulate_until_violation(seeds, wanted.allowed);
  if (*many) return simulate_many(seeds, wanted.allowed);
  return simulate_one(wanted, trace, html);
}

}  // namespace
}  // namespace retail_pulse::simulation

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write
  try {
    return retail_pulse::simulation::run(argc, argv);
  } catch (const std::exception& error) {
    retail_pulse::simulation::say(std::string{"retail-pulse simulate: "} + error.what() + "\n");
    return retail_pulse::simulation::exit_failed;
  }
}
