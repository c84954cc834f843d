#pragma once

#include <chrono>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>

#include "core/job.hpp"

namespace retail_pulse::app {

/// `[#####.....] 6/12`; the bar is `width` characters wide. Needs 0 <= done <= total.
std::string progress_bar(std::int64_t done, std::int64_t total, int width);

/// Rate and remaining time of a job, from its progress in the last ten seconds.
class pace {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  void see(const image_counts& images, time_point now);

  /// Images per second; nullopt until two moments can be compared.
  std::optional<double> rate() const;
  /// Time until the last image at this rate; nullopt without a rate.
  std::optional<std::chrono::seconds> left() const;
  const image_counts& images() const { return images_; }

 private:
  struct moment {
    time_point at;
    std::int64_t done;
  };
  image_counts images_;
  std::deque<moment> seen_;
};

/// "120/300 images, 2 failed, 85/s, 2 s left", with a bar in front if `columns` allow one.
std::string progress_line(const pace& of, std::size_t columns);

/// A bar that redraws itself on a terminal; elsewhere a line per change, at most one a second.
class progress_display {
 public:
  using time_point = pace::time_point;

  /// `columns` of the terminal behind `to`; nullopt if it is not a terminal.
  progress_display(std::FILE* to, std::optional<std::size_t> columns)
      : to_{to}, columns_{columns} {}

  void show(const image_counts& images, time_point now);
  /// Prints a sentence; the bar continues below it.
  void note(const std::string& sentence);
  /// The last state stays on the terminal.
  void end();

 private:
  void draw();

  std::FILE* to_;
  std::optional<std::size_t> columns_;
  pace pace_;
  image_counts drawn_{.total = -1, .succeeded = 0, .failed = 0};
  std::optional<time_point> drawn_at_;
  bool on_line_ = false;  ///< the cursor is behind a bar
};

}  // namespace retail_pulse::app
