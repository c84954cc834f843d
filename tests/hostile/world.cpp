#include "tests/hostile/world.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>

namespace retail_pulse::hostile {
namespace {

std::uint16_t port_of(const std::string& server) {
  return static_cast<std::uint16_t>(std::stoi(server.substr(server.find(':') + 1)));
}

void replace(std::string& text, const std::string& word, std::uint16_t port) {
  if (const auto at = text.find(word); at != std::string::npos)
    text.replace(at, word.size(), std::to_string(port));
}

}  // namespace

world::world(const cases& all) : all_(all), ports_(all.size()) {
  int ready[2];
  int stop[2];
  if (pipe(ready) != 0 || pipe(stop) != 0) throw std::runtime_error("no pipe");
  std::fflush(nullptr);  // or the other process would write it again
  hosts_ = fork();
  if (hosts_ < 0) throw std::runtime_error("no process for the hosts");
  if (hosts_ == 0) {
    close(ready[0]);
    close(stop[1]);
    serve(ready[1], stop[0]);
  }
  close(ready[1]);
  close(stop[0]);
  stop_ = stop[1];
  std::FILE* told = fdopen(ready[0], "r");
  bool complete = std::fscanf(told, "%hu %hu %hu", &healthy_, &closed_, &silent_) == 3;
  for (auto& each : ports_)
    complete = complete && std::fscanf(told, "%hu %hu", &each.host, &each.names) == 2;
  std::fclose(told);
  if (!complete) throw std::runtime_error("the hosts did not start");
}

world::~world() {
  close(stop_);
  waitpid(hosts_, nullptr, 0);
}

/// The other process. It never comes back, so nothing of the test framework runs twice.
void world::serve(int ready, int stop) const {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    const origin healthy{
        origin::answering([](const std::string&) { return http_response(200, picture()); })};
    const test_support::closed_port closed;
    const test_support::silent_listener silent;
    std::vector<std::unique_ptr<origin>> hosts;
    std::vector<std::unique_ptr<test_support::closed_port>> refusing;
    std::vector<std::unique_ptr<test_support::silent_listener>> unanswering;
    std::vector<std::unique_ptr<test_support::dns_stub>> servers;
    std::FILE* tell = fdopen(ready, "w");
    std::fprintf(tell, "%u %u %u\n", healthy.port(), closed.port(), silent.port());
    for (const auto& each : all_) {
      std::uint16_t host = 0;
      if (each.run) {
        std::uint16_t port = 0;  // of the host and of what is in front of it
        if (each.silent_before) {
          port =
              unanswering.emplace_back(std::make_unique<test_support::silent_listener>())->port();
        } else if (each.host_address != "127.0.0.1") {
          port = refusing.emplace_back(std::make_unique<test_support::closed_port>())->port();
        }
        hosts.push_back(std::make_unique<origin>(
            each.run, each.tls ? std::optional{each.tls(authority_)} : std::nullopt,
            each.host_address, port));
        host = hosts.back()->port();
      }
      const auto no_name = [](const std::string&, bool, int) { return dns_answer{.rcode = 3}; };
      servers.push_back(
          std::make_unique<test_support::dns_stub>(each.names ? each.names : no_name));
      std::fprintf(tell, "%u %u\n", host, port_of(servers.back()->server()));
    }
    std::fclose(tell);
    char byte = 0;
    while (read(stop, &byte, 1) < 0) {
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "the hosts: %s\n", error.what());
  }
  _exit(0);
}

std::string world::url_of(std::size_t number) const {
  std::string url = all_[number].url;
  replace(url, "{port}", ports_[number].host);
  replace(url, "{healthy}", healthy_);
  replace(url, "{closed}", closed_);
  replace(url, "{silent}", silent_);
  return url;
}

fetch::engine_options world::options_of(std::size_t number) const {
  fetch::engine_options options;
  options.deadline = all_[number].deadline;
  options.allow_addresses = {"127.0.0.0/8"};
  options.ca_file = authority_.ca_file();
  options.dns_servers = "127.0.0.1:" + std::to_string(ports_[number].names);
  if (all_[number].tune) all_[number].tune(options);
  return options;
}

}  // namespace retail_pulse::hostile
