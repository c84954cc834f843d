#include "http/restinio/pending_requests.hpp"

#include <atomic>
#include <utility>

#include "http/response/errors.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {

/// `to`, `late` and `at` are guarded by the set's mutex; `to` is empty once there is a response.
class pending_requests::entry final : public pending_request {
 public:
  entry(std::shared_ptr<pending_requests> set, const request& r,
        std::shared_ptr<response_writer> writer)
      : to{std::move(writer)}, set_{std::move(set)}, id_{r.id}, path_{r.path} {}

  ~entry() override {
    auto writer = set_->take(*this);
    if (!writer) return;
    observe::log(observe::level::error, "a request was left without a response",
                 {{"request", id_}});
    write(std::move(writer), rendered(internal_error()));
  }

  void respond(response r) override {
    if (auto writer = set_->take(*this)) write(std::move(writer), std::move(r));
  }

  std::shared_ptr<body_writer> stream(response head) override {
    auto writer = set_->take(*this);
    if (!writer) return nullptr;
    auto body = writer->stream(std::move(head));
    writer.reset();
    set_->used(1);
    return body;
  }

  void set_deadline(std::chrono::milliseconds time,
                    std::function<response()> late_response) override {
    set_->postpone(*this, clock::now() + time, std::move(late_response));
  }

  bool waits() const override { return set_->waits(*this); }
  void set_errors(error_style style) override { errors_ = style; }
  error_style errors() const override { return errors_; }
  const std::string& id() const override { return id_; }
  const std::string& path() const override { return path_; }

  response rendered(const rejection& why) const { return render(why, errors_, path_, id_); }
  /// To be called without the lock, after which this may be gone.
  response_maker rendered_later(rejection (*why)(), error_style style) const {
    return [why, style, path = path_, id = id_] { return render(why(), style, path, id); };
  }

  std::shared_ptr<response_writer> to;
  response_maker late;  ///< empty: the usual 503
  deadlines::iterator at;

 private:
  void write(std::shared_ptr<response_writer> writer, response r) {
    writer->write(std::move(r));
    writer.reset();  // releases the connection while this still counts as using it
    set_->used(1);
  }

  const std::shared_ptr<pending_requests> set_;
  const std::string id_;
  const std::string path_;
  std::atomic<error_style> errors_{error_style::plain};
};

std::shared_ptr<pending_request> pending_requests::add(const request& r,
                                                       std::chrono::milliseconds time,
                                                       std::shared_ptr<response_writer> to) {
  auto added = std::make_shared<entry>(shared_from_this(), r, std::move(to));
  if (!enter(*added, clock::now() + time)) added->respond(added->rendered(stopping()));
  return added;
}

bool pending_requests::enter(entry& e, clock::time_point deadline) {
  const std::lock_guard lock{mutex_};
  e.at = by_deadline_.emplace(deadline, &e);
  return !closed_;
}

std::shared_ptr<response_writer> pending_requests::take(entry& e) {
  response_maker
      unused;  // destroyed without the lock: it may hold the last responder of another request
  const std::lock_guard lock{mutex_};
  if (!e.to) return nullptr;
  by_deadline_.erase(e.at);
  ++using_;
  unused.swap(e.late);
  return std::move(e.to);
}

void pending_requests::used(std::size_t writers) {
  const std::lock_guard lock{mutex_};
  using_ -= writers;
  if (using_ == 0) none_used_.notify_all();
}

bool pending_requests::waits(const entry& e) {
  const std::lock_guard lock{mutex_};
  return static_cast<bool>(e.to);
}

void pending_requests::postpone(entry& e, clock::time_point deadline, response_maker late) {
  const std::lock_guard lock{mutex_};
  if (!e.to) return;
  by_deadline_.erase(e.at);
  e.at = by_deadline_.emplace(deadline, &e);
  e.late.swap(late);
}

void pending_requests::write_all(std::vector<last_response> responses) {
  const auto count = responses.size();
  for (auto& [to, make] : responses) to->write(make());
  responses.clear();
  used(count);
}

void pending_requests::sweep(clock::time_point now) {
  std::vector<last_response> late;
  {
    const std::lock_guard lock{mutex_};
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
      entry& e = *by_deadline_.begin()->second;
      by_deadline_.erase(by_deadline_.begin());
      auto make = e.late ? std::move(e.late) : e.rendered_later(not_in_time, e.errors());
      late.push_back({std::move(e.to), std::move(make)});
    }
    using_ += late.size();
  }
  if (!late.empty()) write_all(std::move(late));
}

void pending_requests::close() {
  std::vector<last_response> open;
  std::vector<response_maker> unused;  // destroyed without the lock
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (auto& [deadline, e] : by_deadline_) {
      open.push_back({std::move(e->to), e->rendered_later(stopping, error_style::plain)});
      unused.push_back(std::move(e->late));
    }
    by_deadline_.clear();
    using_ += open.size();
  }
  write_all(std::move(open));
  std::unique_lock lock{mutex_};
  none_used_.wait(lock, [this] { return using_ == 0; });
}

}  // namespace retail_pulse::http
