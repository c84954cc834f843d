#include "http/restinio/open_streams.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include "core/require.hpp"

namespace retail_pulse::http {

/// `to` is guarded by the set's mutex, and empty once the stream has ended.
class open_streams::entry final : public body_writer,
                                  public std::enable_shared_from_this<open_streams::entry> {
 public:
  entry(std::shared_ptr<open_streams> set, std::shared_ptr<chunk_writer> writer)
      : to{std::move(writer)}, set_{std::move(set)} {}
  ~entry() override { finish(false); }

  void write(std::string chunk, std::function<void(bool ok)> written) override {
    auto writer = set_->borrow(*this);
    if (!writer) return written(false);
    require(!writing_.exchange(true), "a stream sends one chunk at a time");
    // The chunk does not keep this alive: when the producer releases its body_writer, the stream
    // breaks off behind this chunk.
    writer->write(std::move(chunk),
                  [self = weak_from_this(), written = std::move(written)](bool ok) {
                    if (const auto stream = self.lock()) stream->chunk_written(ok);
                    written(ok);
                  });
    writer.reset();  // releases the connection while this still counts as using it
    set_->used();
  }

  void end() override { finish(true); }
  bool open() const override { return set_->has(*this); }

  std::shared_ptr<chunk_writer> to;

 private:
  void chunk_written(bool ok) {
    writing_ = false;
    if (!ok) finish(false);
  }

  void finish(bool whole) {
    auto writer = set_->take(*this);
    if (!writer) return;
    writer->finish(whole);
    writer.reset();
    set_->used();
  }

  std::shared_ptr<open_streams> set_;
  std::atomic<bool> writing_{false};
};

std::shared_ptr<body_writer> open_streams::open(std::shared_ptr<chunk_writer> to) {
  auto opened = std::make_shared<entry>(shared_from_this(), std::move(to));
  const std::lock_guard lock{mutex_};
  require(!closed_, "no stream begins after the requests are closed");
  if (opened->to) entries_.insert(opened.get());
  return opened;
}

std::shared_ptr<chunk_writer> open_streams::borrow(entry& e) {
  const std::lock_guard lock{mutex_};
  if (e.to) ++using_;
  return e.to;
}

std::shared_ptr<chunk_writer> open_streams::take(entry& e) {
  const std::lock_guard lock{mutex_};
  if (!e.to) return nullptr;
  entries_.erase(&e);
  ++using_;
  return std::move(e.to);
}

void open_streams::used() {
  const std::lock_guard lock{mutex_};
  if (--using_ == 0) none_used_.notify_all();
}

bool open_streams::has(const entry& e) {
  const std::lock_guard lock{mutex_};
  return static_cast<bool>(e.to);
}

void open_streams::close() {
  std::vector<std::shared_ptr<chunk_writer>> open;
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (auto* each : entries_) open.push_back(std::move(each->to));
    entries_.clear();
  }
  for (const auto& writer : open) writer->finish(false);
  open.clear();
  std::unique_lock lock{mutex_};
  none_used_.wait(lock, [this] { return using_ == 0; });
}

}  // namespace retail_pulse::http
