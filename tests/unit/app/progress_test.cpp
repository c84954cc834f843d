#include "app/cli/progress.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse;
using namespace retail_pulse::app;
using namespace std::chrono_literals;

const pace::time_point start{};

image_counts counts(std::int64_t total, std::int64_t done, std::int64_t failed = 0) {
  return {.total = total, .succeeded = done - failed, .failed = failed};
}

/// What a display writes.
class written {
 public:
  written() : file_{open_memstream(&text_, &size_)} {}
  ~written() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string take() {
    std::fflush(file_);
    const std::string all{text_, size_};
    const auto fresh = all.substr(taken_);
    taken_ = all.size();
    return fresh;
  }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t taken_ = 0;
  std::FILE* file_;
};

BOOST_AUTO_TEST_SUITE(progress)

BOOST_AUTO_TEST_CASE(a_bar_is_full_exactly_at_the_end) {
  BOOST_TEST(progress_bar(0, 12, 10) == "[..........] 0/12");
  BOOST_TEST(progress_bar(6, 12, 10) == "[#####.....] 6/12");
  BOOST_TEST(progress_bar(11, 12, 10) == "[#########.] 11/12");
  BOOST_TEST(progress_bar(12, 12, 10) == "[##########] 12/12");
  BOOST_TEST(progress_bar(0, 0, 10) == "[##########] 0/0");
}

BOOST_AUTO_TEST_CASE(a_pace_takes_two_moments_and_forgets_what_is_older_than_its_window) {
  pace job;
  BOOST_TEST(!job.rate());
  job.see(counts(1000, 100), start);
  BOOST_TEST(!job.rate());
  BOOST_TEST(!job.left());
  job.see(counts(1000, 120), start + 2s);
  BOOST_TEST(job.rate().value() == 10.0);
  BOOST_TEST(job.left().value().count() == 88);
  job.see(counts(1000, 120), start + 20s);
  BOOST_TEST(job.rate().value() == 0.0);
  BOOST_TEST(!job.left());
  job.see(counts(1000, 620), start + 25s);
  BOOST_TEST(job.left().value().count() ==
             18);  // 500 in the 23 s since the last moment before the window
}

BOOST_AUTO_TEST_CASE(two_looks_at_the_same_time_are_no_rate) {
  pace job;
  job.see(counts(10, 1), start);
  job.see(counts(10, 2), start);
  BOOST_TEST(!job.rate());
}

BOOST_AUTO_TEST_CASE(a_line_tells_counts_rate_and_time_left) {
  pace job;
  job.see(counts(300, 0), start);
  BOOST_TEST(progress_line(job, 0) == "0/300 images");
  job.see(counts(300, 120, 2), start + 2s);
  BOOST_TEST(progress_line(job, 0) == "120/300 images, 2 failed, 60/s, 3 s left");
  job.see(counts(300, 300, 2), start + 4s);
  BOOST_TEST(progress_line(job, 0) == "300/300 images, 2 failed");
}

BOOST_AUTO_TEST_CASE(times_are_shown_in_two_units_at_most) {
  const auto left_at = [](std::int64_t per_second, std::int64_t total) {
    pace job;
    job.see(counts(total, 0), start);
    job.see(counts(total, per_second), start + 1s);
    const auto line = progress_line(job, 0);
    return line.substr(line.find("/s, ") + 4);
  };
  BOOST_TEST(left_at(1, 60) == "59 s left");
  BOOST_TEST(left_at(1, 61) == "1 min 00 s left");
  BOOST_TEST(left_at(10, 10 * 3600) == "59 min 59 s left");
  BOOST_TEST(left_at(10, 10 * 3601) == "1 h 00 min left");
}

BOOST_AUTO_TEST_CASE(a_bar_takes_what_the_terminal_leaves_and_never_its_last_column) {
  pace job;
  job.see(counts(300, 120), start);
  for (std::size_t columns = 1; columns < 120; ++columns)
    BOOST_TEST(progress_line(job, columns).size() < columns, columns);
  BOOST_TEST(progress_line(job, 200) ==
             "[################........................] 120/300 images");
  BOOST_TEST(progress_line(job, 26) == "[###.....] 120/300 images");
  BOOST_TEST(progress_line(job, 25) == "120/300 images");
}

BOOST_AUTO_TEST_CASE(
    elsewhere_than_on_a_terminal_a_line_comes_on_change_and_once_a_second_at_most) {
  written to;
  progress_display display{to.file(), std::nullopt};
  display.show(counts(10, 0), start);
  BOOST_TEST(to.take() == "0/10 images\n");
  display.show(counts(10, 1), start + 999ms);
  BOOST_TEST(to.take() == "");
  display.show(counts(10, 1), start + 1s);
  BOOST_TEST(to.take() == "1/10 images, 1.0/s, 9 s left\n");
  display.show(counts(10, 1), start + 5s);
  BOOST_TEST(to.take() == "");
  display.show(counts(10, 1, 1), start + 6s);
  BOOST_TEST(to.take().starts_with("1/10 images, 1 failed"));
  display.show(counts(10, 10, 1), start + 6s);
  BOOST_TEST(to.take() == "");
  display.end();
  BOOST_TEST(to.take() == "10/10 images, 1 failed\n");
  display.end();
  BOOST_TEST(to.take() == "");
}

BOOST_AUTO_TEST_CASE(on_a_terminal_one_line_is_drawn_again_and_notes_stand_above_it) {
  written to;
  progress_display display{to.file(), 80};
  display.show(counts(2, 1), start);
  BOOST_TEST(to.take() == "\r\x1b[K[####################....................] 1/2 images");
  display.note("the service is away");
  BOOST_TEST(to.take() == "\r\x1b[Kthe service is away\n");
  display.show(counts(2, 2), start + 1ms);
  BOOST_TEST(to.take() == "\r\x1b[K[########################################] 2/2 images");
  display.end();
  BOOST_TEST(to.take() == "\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
