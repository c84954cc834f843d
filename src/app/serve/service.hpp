#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "config/settings.hpp"

namespace retail_pulse::app {

/// The whole service in this process: storage, actors, fetch engine and API, composed.
class service {
 public:
  struct refused {
    std::string message;
    int exit_code = 1;        ///< 2 where the configuration or another process is in the way
    bool still_runs = false;  ///< parts of the service do, until the process ends
  };

  /// Starts everything and returns when the API listens; recovery of ongoing jobs goes on behind it (`/readyz` tells).
  static std::variant<std::unique_ptr<service>, refused> start(const config::settings& settings);

  /// Stops, if `stop` was not called.
  ~service();

  std::uint16_t port() const;

  /// Not ready, 503 on new submissions, what is in flight reports until the drain timeout, everything reported is committed,
  /// then API and actors end, and what stands in the database's log is brought home into its file. Blocks for the drain timeout and
  /// a little, and up to 3 s more where another program has the database open. False: the database file alone is not the whole database
  /// (the log says why), because another program holds an older state of it or the disk is full. Nothing is lost: file and log together are
  /// whole.
  bool stop();

 private:
  class implementation;
  explicit service(std::unique_ptr<implementation> composed);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::app
