#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {

/// All hosts and name servers of the cases, in a process of their own: so what this process holds
/// afterwards, or grew by, is the engine's. Made before any thread; the other process ends with
/// this object, or with this process.
class world {
 public:
  explicit world(const cases& all);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// The URL of the case of that number, its places filled in.
  std::string url_of(std::size_t number) const;
  std::string healthy_url() const { return "http://127.0.0.1:" + std::to_string(healthy_) + "/"; }
  /// What the case's engine is to be made with.
  fetch::engine_options options_of(std::size_t number) const;

 private:
  struct ports {
    std::uint16_t host = 0;
    std::uint16_t names = 0;
  };

  [[noreturn]] void serve(int ready, int stop) const;

  const cases& all_;
  test_support::test_authority authority_;
  pid_t hosts_ = -1;
  int stop_ = -1;  ///< closing it ends the hosts
  std::vector<ports> ports_;
  std::uint16_t healthy_ = 0;
  std::uint16_t closed_ = 0;
  std::uint16_t silent_ = 0;
};

}  // namespace retail_pulse::hostile
