#include "http/restinio/open_exchanges.hpp"

#include "http/response/responses.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

/// `to`, `late` and `place` are guarded by the set's mutex; `to` is empty once somebody has answered.
class open_exchanges::member final : public exchange {
 public:
  member(std::shared_ptr<open_exchanges> set, std::string request_id, std::unique_ptr<outlet> o)
      : to{std::move(o)}, set_{std::move(set)}, request_id_{std::move(request_id)} {}

  ~member() override {
    auto taken = set_->take(*this);
    if (!taken) return;
    observe::log(observe::level::error, "a request was left without an answer", {{"request", request_id_}});
    taken->answer(internal_error(request_id_));
    taken.reset();  // lets go of the connection while this still counts as using it
    set_->used(1);
  }

  void answer(response r) override {
    auto taken = set_->take(*this);
    if (!taken) return;
    taken->answer(std::move(r));
    taken.reset();
    set_->used(1);
  }

  std::shared_ptr<body_writer> stream(response head) override {
    auto taken = set_->take(*this);
    if (!taken) return nullptr;
    auto body = taken->stream(std::move(head));
    taken.reset();
    set_->used(1);
    return body;
  }

  void answer_within(std::chrono::milliseconds patience, std::function<response()> late_answer) override {
    set_->postpone(*this, clock::now() + patience, std::move(late_answer));
  }

  bool waits() const override { return set_->has(*this); }

  std::unique_ptr<outlet> to;
  answer_maker late = not_in_time;
  deadlines::iterator place;

 private:
  std::shared_ptr<open_exchanges> set_;
  std::string request_id_;
};

std::shared_ptr<exchange> open_exchanges::open(std::string request_id, std::chrono::milliseconds patience, std::unique_ptr<outlet> to) {
  auto opened = std::make_shared<member>(shared_from_this(), std::move(request_id), std::move(to));
  if (!enter(*opened, clock::now() + patience)) opened->answer(stopping());
  return opened;
}

bool open_exchanges::enter(member& m, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  m.place = by_deadline_.emplace(deadline, &m);
  return !closed_;
}

std::unique_ptr<outlet> open_exchanges::take(member& m) {
  answer_maker unused;  // goes without the lock: whoever it belongs to may hold the last right to answer something else
  const std::lock_guard lock{mutex_};
  if (!m.to) return nullptr;
  by_deadline_.erase(m.place);
  ++using_;
  unused.swap(m.late);
  return std::move(m.to);
}

void open_exchanges::used(std::size_t outlets) {
  const std::lock_guard lock{mutex_};
  using_ -= outlets;
  if (using_ == 0) nobody_uses_.notify_all();
}

bool open_exchanges::has(const member& m) {
  const std::lock_guard lock{mutex_};
  return static_cast<bool>(m.to);
}

void open_exchanges::postpone(member& m, clock::time_point deadline, answer_maker late) {
  const std::lock_guard lock{mutex_};
  if (!m.to) return;
  by_deadline_.erase(m.place);
  m.place = by_deadline_.emplace(deadline, &m);
  m.late.swap(late);
}

void open_exchanges::answer_all(std::vector<answerable> answers) {
  const auto count = answers.size();
  for (auto& [to, answer] : answers) to->answer(answer());
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
      late.push_back({std::move(m.to), std::move(m.late)});
    }
    using_ += late.size();
  }
  if (!late.empty()) answer_all(std::move(late));
}

void open_exchanges::close() {
  std::vector<answerable> open;
  std::vector<answer_maker> unused;  // go without the lock
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (auto& [deadline, m] : by_deadline_) {
      open.push_back({std::move(m->to), stopping});
      unused.push_back(std::move(m->late));
    }
    by_deadline_.clear();
    using_ += open.size();
  }
  answer_all(std::move(open));
  std::unique_lock lock{mutex_};
  nobody_uses_.wait(lock, [this] { return using_ == 0; });
}

}  // namespace retail_pulse::http
