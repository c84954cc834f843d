#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

/// What happened in a simulated world, in order: a hash of it always, its text when somebody reads. Two runs of a seed are the same exactly
/// when their hashes are. Holds the first invariant that was broken.
class story {
 public:
  explicit story(std::FILE* reader) : reader_{reader} {}  ///< nullptr: nobody reads

  void now_is(millis now) { now_ = now; }

  /// `what` and the two numbers are hashed; `text` makes the rest of the line.
  template <class Text>
  void note(std::string_view what, std::uint64_t a, std::uint64_t b, const Text& text) {
    hash_text(what);
    hash_number(static_cast<std::uint64_t>(now_.count()));
    hash_number(a);
    hash_number(b);
    if (reader_ != nullptr) print(what, text());
  }
  /// An actor is about to handle a message.
  void message(std::string_view actor, const std::string& subject) {
    hash_text(subject);
    note(actor, 0, 0, [&] { return "<- " + subject; });
  }
  void note(std::string_view what, std::uint64_t a, std::uint64_t b) {
    note(what, a, b, [] { return std::string{}; });
  }

  void violate(const std::string& invariant) {
    if (!violation_.empty()) return;
    violation_ = invariant;
    note("VIOLATION", 0, 0, [&] { return invariant; });
  }
  const std::string& violation() const { return violation_; }  ///< empty when none
  std::uint64_t hash() const { return hash_; }
  bool is_read() const { return reader_ != nullptr; }

 private:
  void hash_byte(std::uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3ULL; }  // FNV-1a, 64 bits
  void hash_number(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) hash_byte(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  void hash_text(std::string_view text) {
    for (const char c : text) hash_byte(static_cast<std::uint8_t>(c));
  }
  void print(std::string_view what, const std::string& text) {
    std::fprintf(reader_, "%10.3f s  %-12s %s\n", static_cast<double>(now_.count()) / 1000, std::string{what}.c_str(), text.c_str());
  }

  std::FILE* reader_;
  millis now_{0};
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::string violation_;
};

}  // namespace retail_pulse::simulation
