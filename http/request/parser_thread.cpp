#include "http/request/parser_thread.hpp"

#include <exception>

#include "http/request/digest.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

parser_thread::parser_thread(const share_bounds& queue, const submission_rules& rules)
    : rules_{rules}, bytes_{queue}, thread_{[this] { run(); }} {}

bool parser_thread::has_room(const client_address& from, std::size_t bytes) const {
  if (bytes_.held() == 0) return true;
  return bytes_.held_by(from) == 0 ? bytes_.has_room(bytes) : bytes_.allows(from, bytes);
}

bool parser_thread::parse(const client_address& from, std::string body, bool wants_digest,
                          on_parsed done) {
  const std::lock_guard lock{mutex_};
  if (stopped_ || !has_room(from, body.size())) return false;
  const auto size = body.size();
  queue_.add(from, {from, std::move(body), wants_digest, std::move(done)});
  bytes_.take(from, size);
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
      next = queue_.next();
    }
    const auto from = next.from;
    const auto size = next.body.size();
    handle(next);
    next = {};
    const std::lock_guard lock{mutex_};
    bytes_.give_back(from, size);
  }
}

void parser_thread::handle(task& t) const {
  try {
    auto result = parse_submission(t.body, rules_);
    auto digest = t.wants_digest ? sha256_of(t.body) : std::string{};
    t.body = {};  // the result has its own copy; free this one before the job goes on
    t.done(std::move(result), std::move(digest));
  } catch (const std::exception& problem) {
    observe::log(observe::level::error, "a submission could not be parsed",
                 {{"detail", problem.what()}});
  }
}

void parser_thread::stop() {
  client_turns<task> dropped;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    std::swap(dropped, queue_);
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace retail_pulse::http
