#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace retail_pulse::app {

/// An image host for the demo: serves the files of one folder on 127.0.0.1, on threads of its own, until it is destroyed.
class demo_origin {
 public:
  /// nullptr when the port is taken or the folder is not there. Port 0 picks a free one.
  static std::unique_ptr<demo_origin> start(const std::filesystem::path& folder, std::uint16_t port);
  ~demo_origin();

  std::uint16_t port() const;

 private:
  class implementation;
  explicit demo_origin(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::app
