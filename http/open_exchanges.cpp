#include "http/open_exchanges.hpp"

#include "http/responses.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

/// `send`, `late` and `place` are guarded by the set's mutex; `send` is empty once somebody has answered.
class open_exchanges::member final : public exchange {
 public:
  member(std::shared_ptr<open_exchanges> set, std::string request_id, sender s)
      : send{std::move(s)}, set_{std::move(set)}, request_id_{std::move(request_id)} {}

  ~member() override {
    auto s = set_->take(*this);
    if (!s) return;
    observe::log(observe::level::error, "a request was left without an answer", {{"request", request_id_}});
    (*s)(internal_error(request_id_));
    s.reset();  // lets go of the connection while this still counts as sending
    set_->used(1);
  }

  void answer(response r) override {
    auto s = set_->take(*this);
    if (!s) return;
    (*s)(std::move(r));
    s.reset();
    set_->used(1);
  }

  void answer_within(std::chrono::milliseconds patience, response late_answer) override {
    set_->postpone(*this, clock::now() + patience, std::move(late_answer));
  }

  bool waits() const override { return set_->has(*this); }

  sender send;
  std::optional<response> late;
  deadlines::iterator place;

 private:
  std::shared_ptr<open_exchanges> set_;
  std::string request_id_;
};

std::shared_ptr<exchange> open_exchanges::open(std::string request_id, std::chrono::milliseconds patience, sender send) {
  auto opened = std::make_shared<member>(shared_from_this(), std::move(request_id), std::move(send));
  if (!enter(*opened, clock::now() + patience)) opened->answer(stopping());
  return opened;
}

bool open_exchanges::enter(member& m, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  m.place = by_deadline_.emplace(deadline, &m);
  return !closed_;
}

std::optional<open_exchanges::sender> open_exchanges::take(member& m) {
  const std::lock_guard lock{mutex_};
  if (!m.send) return std::nullopt;
  by_deadline_.erase(m.place);
  ++sending_;
  return std::exchange(m.send, nullptr);
}

void open_exchanges::used(std::size_t senders) {
  const std::lock_guard lock{mutex_};
  sending_ -= senders;
  if (sending_ == 0) nobody_sends_.notify_all();
}

bool open_exchanges::has(const member& m) {
  const std::lock_guard lock{mutex_};
  return static_cast<bool>(m.send);
}

void open_exchanges::postpone(member& m, clock::time_point deadline, response late) {
  const std::lock_guard lock{mutex_};
  if (!m.send) return;
  by_deadline_.erase(m.place);
  m.place = by_deadline_.emplace(deadline, &m);
  m.late = std::move(late);
}

void open_exchanges::send_all(std::vector<answerable> answers) {
  const auto count = answers.size();
  for (auto& [send, answer] : answers) send(std::move(answer));
  answers.clear();
  used(count);
}

void open_exchanges::sweep(clock::time_point now) {
  std::vector<answerable> late;
  {
    const std::lock_guard lock{mutex_};
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
      member& m = *by_deadline_.begin()->second;
      by_deadline_.erase(by_deadline_.begin());
      late.push_back({std::exchange(m.send, nullptr), m.late ? std::move(*m.late) : not_in_time()});
    }
    sending_ += late.size();
  }
  if (!late.empty()) send_all(std::move(late));
}

void open_exchanges::close() {
  std::vector<answerable> open;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (auto& [deadline, m] : by_deadline_) open.push_back({std::exchange(m->send, nullptr), stopping()});
    by_deadline_.clear();
    sending_ += open.size();
  }
  send_all(std::move(open));
  std::unique_lock lock{mutex_};
  nobody_sends_.wait(lock, [this] { return sending_ == 0; });
}

}  // namespace retail_pulse::http
