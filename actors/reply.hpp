#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace retail_pulse::actors {

/// An answer on its way to somebody who is not an actor: a function that is called exactly once, from the answering actor's thread.
/// Copies share the one answer. When the last copy goes without having answered (its actor died), `if_dropped` is the answer,
/// so that a client never waits for nothing.
template <class T>
class reply {
 public:
  using function = std::function<void(T)>;

  reply() = default;
  reply(function answer, T if_dropped) : shared_{std::make_shared<state>(std::move(answer), std::move(if_dropped))} {}

  /// Answers; later answers are ignored.
  void operator()(T value) const {
    if (shared_) shared_->answer_once(std::move(value));
  }

 private:
  struct state {
    state(function f, T fallback) : answer{std::move(f)}, if_dropped{std::move(fallback)} {}
    ~state() { answer_once(std::move(if_dropped)); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void answer_once(T value) {
      if (answer && !answered.exchange(true)) answer(std::move(value));
    }

    function answer;
    T if_dropped;
    std::atomic<bool> answered{false};
  };
  std::shared_ptr<state> shared_;
};

}  // namespace retail_pulse::actors
