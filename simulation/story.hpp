#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "simulation/scenario.hpp"

namespace retail_pulse::simulation {

/// One line of the story of a world: a message that an actor is about to handle, or a note of
/// something that happened.
struct story_line {
  enum class kind : std::uint8_t { message, note };
  kind what = kind::note;
  std::uint64_t step =
      0;             ///< the line belongs to this message or timer, from 1; 0 before the first
  millis at{0};      ///< virtual time since the world began
  std::string name;  ///< of a message: its receiver; of a note: what happened, such as "fetch"
  std::string text;
  std::optional<job_id> job;
  // Of a message:
  std::string sender;        ///< empty for the first actors of a life
  std::uint64_t cause = 0;   ///< the step that sent it, or set its timer; 0: none
  bool is_described = true;  ///< false: its type has no description, and the text is its atom
};

/// Gets the story of a world, line by line, as it happens.
class story_reader {
 public:
  virtual ~story_reader() = default;
  virtual void read(const story_line& line) = 0;
};

/// What happened in a simulated world, in order: always as a hash, and line by line for a reader.
/// Two runs of a seed are the same exactly when their hashes are. Holds the first violation.
class story {
 public:
  explicit story(story_reader* reader) : reader_{reader} {}  ///< nullptr: nobody reads

  void now_is(millis now) { now_ = now; }
  void step_is(std::uint64_t step) { step_ = step; }
  std::uint64_t step() const { return step_; }

  /// `what`, the time and the two numbers are hashed. `text` is called only for a reader.
  template <class Text>
  void note(std::string_view what, std::uint64_t a, std::uint64_t b, const Text& text) {
    hash_note(what, a, b);
    if (is_read()) read_note(what, a, text());
  }
  void note(std::string_view what, std::uint64_t a, std::uint64_t b) {
    note(what, a, b, [] { return std::string{}; });
  }
  /// An actor is about to handle a message. Its role and the subject are hashed; `line` describes
  /// the message, and is called only for a reader.
  template <class Line>
  void message(std::string_view role, const std::string& subject, const Line& line) {
    hash_text(subject);
    hash_note(role, 0, 0);
    if (is_read()) read_message(line());
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
  void hash_byte(std::uint8_t byte) {
    hash_ = (hash_ ^ byte) * 0x100000001b3ULL;
  }  // FNV-1a, 64 bits
  void hash_number(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) hash_byte(static_cast<std::uint8_t>(number >> (8 * i)));
  }
  void hash_text(std::string_view text) {
    for (const char c : text) hash_byte(static_cast<std::uint8_t>(c));
  }
  void hash_note(std::string_view what, std::uint64_t a, std::uint64_t b) {
    hash_text(what);
    hash_number(static_cast<std::uint64_t>(now_.count()));
    hash_number(a);
    hash_number(b);
  }
  void read_note(std::string_view what, std::uint64_t a, std::string text);
  void read_message(story_line line);

  story_reader* reader_;
  millis now_{0};
  std::uint64_t step_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
  std::string violation_;
};

}  // namespace retail_pulse::simulation
