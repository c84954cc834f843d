#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace retail_pulse::actors {

/// The answer to a client's request: a function that is called exactly once, on the answering
/// actor's thread. Copies share the one answer. Where the last copy is destroyed without an answer,
/// because its actor died, `if_dropped` is the answer, so that no client waits forever.
template <class T>
class reply {
 public:
  using function = std::function<void(T)>;

  reply() = default;
  /// `waits` says whether the client still waits for the answer; called on any thread. Without it,
  /// it always does.
  reply(function answer, T if_dropped, std::function<bool()> waits = nullptr)
      : shared_{
            std::make_shared<state>(std::move(answer), std::move(if_dropped), std::move(waits))} {}

  /// Answers; later answers are ignored.
  void operator()(T value) const {
    if (shared_) shared_->answer_once(std::move(value));
  }

  /// False once the caller has gone; long queries check it and stop.
  bool is_awaited() const {
    return shared_ && !shared_->answered && (!shared_->waits || shared_->waits());
  }

 private:
  struct state {
    state(function f, T fallback, std::function<bool()> w)
        : answer{std::move(f)}, if_dropped{std::move(fallback)}, waits{std::move(w)} {}
    ~state() { answer_once(std::move(if_dropped)); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void answer_once(T value) {
      if (answer && !answered.exchange(true)) answer(std::move(value));
    }

    function answer;
    T if_dropped;
    std::function<bool()> waits;
    std::atomic<bool> answered{false};
  };
  std::shared_ptr<state> shared_;
};

}  // namespace retail_pulse::actors
