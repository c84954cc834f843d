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
  /// `waits` says, from any thread, whether somebody still waits for the answer; without it somebody always does.
  reply(function answer, T if_dropped, std::function<bool()> waits = nullptr)
      : shared_{std::make_shared<state>(std::move(answer), std::move(if_dropped), std::move(waits))} {}

  /// Answers; later answers are ignored.
  void operator()(T value) const {
    if (shared_) shared_->answer_once(std::move(value));
  }

  /// What takes long is not done for nobody.
  bool is_awaited() const { return shared_ && !shared_->answered && (!shared_->waits || shared_->waits()); }

 private:
  struct state {
    state(function f, T fallback, std::function<bool()> w) : answer{std::move(f)}, if_dropped{std::move(fallback)}, waits{std::move(w)} {}
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
