#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace retail_pulse::app {

/// The image host of the demo: serves the files of one folder on 127.0.0.1, on its own threads,
/// until it is destroyed.
class image_host {
 public:
  /// nullptr if the port is taken or the folder does not exist. Port 0 picks a free one.
  static std::unique_ptr<image_host> start(const std::filesystem::path& folder, std::uint16_t port);
  ~image_host();

  std::uint16_t port() const;

 private:
  class implementation;
  explicit image_host(std::unique_ptr<implementation> made);
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::app
