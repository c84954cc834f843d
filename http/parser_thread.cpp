#include "http/parser_thread.hpp"

#include <exception>

#include "http/digest.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

parser_thread::parser_thread(std::size_t queue_bytes, std::function<void()> before_each, std::size_t max_images)
    : queue_bytes_{queue_bytes}, before_each_{std::move(before_each)}, max_images_{max_images}, thread_{[this] { run(); }} {}

bool parser_thread::parse(std::string body, bool wants_digest, on_parsed done) {
  const std::lock_guard lock{mutex_};
  if (stopped_) return false;
  if (bytes_ > 0 && (bytes_ > queue_bytes_ || body.size() > queue_bytes_ - bytes_)) return false;
  bytes_ += body.size();
  queue_.push_back({std::move(body), wants_digest, std::move(done)});
  work_.notify_one();
  return true;
}

void parser_thread::run() {
  for (;;) {
    task next;
    {
      std::unique_lock lock{mutex_};
      work_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const auto size = next.body.size();
    handle(next);
    next = {};
    const std::lock_guard lock{mutex_};
    bytes_ -= size;
  }
}

void parser_thread::handle(task& t) const {
  try {
    if (before_each_) before_each_();
    auto result = parse_submission(t.body, max_images_);
    auto digest = t.wants_digest ? sha256_of(t.body) : std::string{};
    t.body = {};  // the result has its own copy; free this one before the job is on its way
    t.done(std::move(result), std::move(digest));
  } catch (const std::exception& problem) {
    observe::log(observe::level::error, "a submission could not be parsed", {{"detail", problem.what()}});
  }
}

void parser_thread::stop() {
  std::deque<task> dropped;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped.swap(queue_);
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace retail_pulse::http
