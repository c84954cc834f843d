#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fetch/engine/engine.hpp"

namespace retail_pulse::fetch {

struct asked {
  request what;
  on_fetched done;
};

/// An engine whose fetches wait until the test answers them, or are answered by `at_once` before
/// submit returns.
class scripted_engine final : public engine {
 public:
  std::function<outcome(const request&)> at_once;
  bool throws = false;
  std::vector<std::string> resolved;
  bool stopped = false;

  void resolve(const std::string& url, on_resolved done) override {
    resolved.push_back(url);
    done("192.0.2.1");
  }
  void submit(request wanted, on_fetched done) override {
    if (at_once) {
      count(wanted);
      done(at_once(wanted));
    }
    if (throws) throw std::runtime_error("no memory");
    if (at_once) return;
    const std::lock_guard lock{mutex_};
    requests_.push_back(wanted);
    open_.push_back({std::move(wanted), std::move(done)});
  }
  void stop() override {
    stopped = true;
    outcome cancelled;
    cancelled.code = error_code::internal;
    while (auto next = take()) next->done(cancelled);
  }

  std::optional<asked> take() {
    const std::lock_guard lock{mutex_};
    if (open_.empty()) return std::nullopt;
    auto next = std::move(open_.front());
    open_.pop_front();
    return next;
  }
  std::vector<request> requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

 private:
  void count(const request& wanted) {
    const std::lock_guard lock{mutex_};
    requests_.push_back(wanted);
  }

  std::mutex mutex_;
  std::deque<asked> open_;
  std::vector<request> requests_;
};

}  // namespace retail_pulse::fetch
