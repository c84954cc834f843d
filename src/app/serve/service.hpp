// app/serve: the service in one process, composed from its parts.
//   service.hpp         starts and stops everything; start there
//   preparation.hpp     checks before the start, with all problems at once
//   options.hpp         settings of the operator -> options of each part
//   service_actors.hpp  the actors, and the order in which they start and stop
//   descriptors.hpp, threads.hpp, signals.hpp   what the process needs from the system
// May use: everything below src/app, CAF.
// Never: parses, stores or fetches anything itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "config/settings.hpp"

namespace retail_pulse::app {

/// The whole service in this process: storage, actors, fetch engine and API. For one thread.
class service {
 public:
  struct refused {
    std::string message;
    int exit_code = 1;        ///< 2 if the configuration or another process is the cause
    bool still_runs = false;  ///< threads of the service go on until the process ends
  };

  /// Starts everything and returns when the API listens. Recovery of ongoing jobs goes on in the
  /// background; `/readyz` reports it.
  static std::variant<std::unique_ptr<service>, refused> start(const config::settings& settings);

  /// Stops, unless `stop` was called.
  ~service();

  std::uint16_t port() const;

  /// Refuses submissions with 503, lets images in flight report until the drain timeout, commits
  /// every report, ends the API and the actors, and checkpoints the database's log into its file.
  /// Blocks for the drain timeout and a little, and up to 3 s more if another program has the
  /// database open. False if the database file alone is not the whole database (the log says why),
  /// because another program holds an older state of it or the disk is full. Nothing is lost then:
  /// the file and its log (-wal) together are complete.
  bool stop();

 private:
  class implementation;
  explicit service(std::unique_ptr<implementation> composed);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::app
