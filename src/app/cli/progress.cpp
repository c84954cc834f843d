#include "app/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/terminal_text.hpp"

namespace retail_pulse::app {
namespace {

using namespace std::chrono_literals;

constexpr auto window = 10s;  ///< long enough to be calm, short enough to notice a change
constexpr std::size_t widest_bar = 40;
constexpr std::size_t narrowest_bar = 8;

std::string in_words(std::chrono::seconds time) {
  const auto count = time.count();
  if (count < 60) return fmt::format("{} s", count);
  if (count < 3600) return fmt::format("{} min {:02} s", count / 60, count % 60);
  return fmt::format("{} h {:02} min", count / 3600, count / 60 % 60);
}

std::string in_words(double rate) {
  return rate < 9.95 ? fmt::format("{:.1f}/s", rate) : fmt::format("{:.0f}/s", rate);
}

}  // namespace

std::string progress_bar(std::int64_t done, std::int64_t total, int width) {
  const auto full = static_cast<std::size_t>(total == 0 ? width : done * width / total);
  return "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(width) - full, '.') +
         "] " + std::to_string(done) + "/" + std::to_string(total);
}

void pace::see(const image_counts& images, time_point now) {
  images_ = images;
  seen_.push_back({now, images.done()});
  // One moment from before the window stays, so that a rarely updated job has a rate, too.
  while (seen_.size() > 2 && seen_[1].at <= now - window) seen_.pop_front();
}

std::optional<double> pace::rate() const {
  if (seen_.size() < 2 || seen_.back().at <= seen_.front().at) return std::nullopt;
  const std::chrono::duration<double> time = seen_.back().at - seen_.front().at;
  return static_cast<double>(seen_.back().done - seen_.front().done) / time.count();
}

std::optional<std::chrono::seconds> pace::left() const {
  const auto per_second = rate();
  if (!per_second || *per_second <= 0) return std::nullopt;
  return std::chrono::seconds{
      std::llround(std::ceil(static_cast<double>(images_.pending()) / *per_second))};
}

std::string progress_line(const pace& of, std::size_t columns) {
  const auto& images = of.images();
  std::string behind = " images";
  if (images.failed > 0) behind += fmt::format(", {} failed", images.failed);
  const auto rate = of.rate();
  const auto left = of.left();
  if (rate && images.pending() > 0) behind += ", " + in_words(*rate);
  if (left && images.pending() > 0) behind += ", " + in_words(*left) + " left";
  const std::string counts = fmt::format("{}/{}", images.done(), images.total);
  const std::size_t around =
      counts.size() + behind.size() +
      4;  // brackets, a blank, and the last column, in which some terminals wrap
  if (columns < around + narrowest_bar) {
    std::string line = counts + behind;
    if (columns > 0) line.resize(std::min(line.size(), columns - 1));
    return line;
  }
  return progress_bar(images.done(), images.total,
                      static_cast<int>(std::min(widest_bar, columns - around))) +
         behind;
}

void progress_display::show(const image_counts& images, time_point now) {
  pace_.see(images, now);
  const bool due = !drawn_at_ || now - *drawn_at_ >= 1s;
  if (!columns_ && (!due || images == drawn_)) return;
  drawn_at_ = now;
  draw();
}

void progress_display::draw() {
  drawn_ = pace_.images();
  if (columns_) {
    std::fprintf(to_, "\r\x1b[K%s", progress_line(pace_, *columns_).c_str());
    on_line_ = true;
  } else {
    std::fprintf(to_, "%s\n", progress_line(pace_, 0).c_str());
  }
  std::fflush(to_);
}

void progress_display::note(const std::string& sentence) {
  std::fprintf(to_, "%s%s\n", on_line_ ? "\r\x1b[K" : "",
               columns_ ? for_terminal(sentence).c_str() : sentence.c_str());
  std::fflush(to_);
  on_line_ = false;
}

void progress_display::end() {
  if (drawn_at_ && pace_.images() != drawn_) draw();
  if (on_line_) std::fputs("\n", to_);
  std::fflush(to_);
  on_line_ = false;
}

}  // namespace retail_pulse::app
