#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace retail_pulse::storage {

/// SHA-256 over text that is added in pieces. Failures of the library are storage_errors.
class text_digest {
 public:
  text_digest();
  ~text_digest();
  text_digest(const text_digest&) = delete;
  text_digest& operator=(const text_digest&) = delete;

  void add(std::string_view text);
  /// "sha256:" and 64 hexadecimal digits. The last call.
  std::string end();

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::storage
