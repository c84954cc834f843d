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

/// How fast a job goes and how long it will take, from what was seen of it in the last ten seconds.
class pace {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  void see(const image_counts& images, time_point now);

  /// Images per second; nothing before there are two moments to compare.
  std::optional<double> rate() const;
  /// Until the last image, at this rate; nothing where there is none.
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

/// "120/300 images, 2 failed, 85/s, 2 s left", with a bar in front as far as `columns` allow; 0 columns: no bar.
std::string progress_line(const pace& of, std::size_t columns);

/// A bar that redraws itself on a terminal; elsewhere a line where something changed, at most one per second.
class progress_display {
 public:
  using time_point = pace::time_point;

  /// `columns` of the terminal behind `to`; nothing where it is none.
  progress_display(std::FILE* to, std::optional<std::size_t> columns) : to_{to}, columns_{columns} {}

  void show(const image_counts& images, time_point now);
  /// A sentence between; the bar comes back below it.
  void note(const std::string& sentence);
  /// The last picture stays.
  void end();

 private:
  void draw();

  std::FILE* to_;
  std::optional<std::size_t> columns_;
  pace pace_;
  image_counts drawn_{.total = -1, .succeeded = 0, .failed = 0};
  std::optional<time_point> drawn_at_;
  bool on_line_ = false;  ///< the cursor stands behind a bar
};

}  // namespace retail_pulse::app
