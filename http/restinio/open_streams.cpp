#include "http/restinio/open_streams.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include "core/require.hpp"

namespace retail_pulse::http {

/// `to` is guarded by the set's mutex, and empty once the stream is over.
class open_streams::member final : public body_writer, public std::enable_shared_from_this<open_streams::member> {
 public:
  member(std::shared_ptr<open_streams> set, std::shared_ptr<chunk_outlet> outlet) : to{std::move(outlet)}, set_{std::move(set)} {}
  ~member() override { finish(false); }

  void write(std::string chunk, std::function<void(bool ok)> written) override {
    auto outlet = set_->borrow(*this);
    if (!outlet) return written(false);
    require(!writing_.exchange(true), "a stream has one chunk on its way");
    // The outlet does not keep the writer: when its producer lets go of it, the stream breaks off behind this chunk.
    outlet->write(std::move(chunk), [self = weak_from_this(), written = std::move(written)](bool ok) {
      if (const auto m = self.lock()) m->told(ok);
      written(ok);
    });
    outlet.reset();  // lets go of the connection while this still counts as using it
    set_->used();
  }

  void end() override { finish(true); }
  bool open() const override { return set_->has(*this); }

  std::shared_ptr<chunk_outlet> to;

 private:
  void told(bool ok) {
    writing_ = false;
    if (!ok) finish(false);
  }

  void finish(bool whole) {
    auto outlet = set_->take(*this);
    if (!outlet) return;
    outlet->finish(whole);
    outlet.reset();
    set_->used();
  }

  std::shared_ptr<open_streams> set_;
  std::atomic<bool> writing_{false};
};

std::shared_ptr<body_writer> open_streams::open(std::shared_ptr<chunk_outlet> to) {
  auto opened = std::make_shared<member>(shared_from_this(), std::move(to));
  const std::lock_guard lock{mutex_};
  require(!closed_, "no stream begins after the exchanges are closed");
  if (opened->to) members_.insert(opened.get());
  return opened;
}

std::shared_ptr<chunk_outlet> open_streams::borrow(member& m) {
  const std::lock_guard lock{mutex_};
  if (m.to) ++using_;
  return m.to;
}

std::shared_ptr<chunk_outlet> open_streams::take(member& m) {
  const std::lock_guard lock{mutex_};
  if (!m.to) return nullptr;
  members_.erase(&m);
  ++using_;
  return std::move(m.to);
}

void open_streams::used() {
  const std::lock_guard lock{mutex_};
  if (--using_ == 0) nobody_uses_.notify_all();
}

bool open_streams::has(const member& m) {
  const std::lock_guard lock{mutex_};
  return static_cast<bool>(m.to);
}

void open_streams::close() {
  std::vector<std::shared_ptr<chunk_outlet>> open;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (auto* m : members_) open.push_back(std::move(m->to));
    members_.clear();
  }
  for (const auto& outlet : open) outlet->finish(false);
  open.clear();
  std::unique_lock lock{mutex_};
  nobody_uses_.wait(lock, [this] { return using_ == 0; });
}

}  // namespace retail_pulse::http
