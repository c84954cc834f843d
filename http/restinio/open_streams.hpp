#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "http/responder.hpp"

namespace retail_pulse::http {

/// Writes the chunks of one stream to its connection. Any thread, in the order of the calls; they
/// do not throw.
class chunk_writer {
 public:
  virtual ~chunk_writer() = default;
  /// `written` is called once, and later: when the chunk has left the process, or can't any more.
  virtual void write(std::string chunk, std::function<void(bool ok)> written) = 0;
  /// The last call: ends the body, or closes the connection without an end of the body.
  virtual void finish(bool whole) = 0;
};

/// Every response that is being streamed. After `close` has returned no chunk reaches a connection,
/// whoever still holds a body_writer: this is why producers may outlive the server, as with
/// pending_requests.
class open_streams : public std::enable_shared_from_this<open_streams> {
 public:
  /// Without a writer the stream has ended from the start.
  std::shared_ptr<body_writer> open(std::shared_ptr<chunk_writer> to);

  /// Breaks off every stream that has not ended, and returns when no other thread is using a
  /// writer.
  void close();

 private:
  class entry;

  /// The entry's writer, which counts as being used until `used`; nullptr when the stream has
  /// ended. `take` ends it.
  std::shared_ptr<chunk_writer> borrow(entry& e);
  std::shared_ptr<chunk_writer> take(entry& e);
  void used();
  bool has(const entry& e);

  std::mutex mutex_;
  std::condition_variable none_used_;
  std::unordered_set<entry*> entries_;
  std::size_t using_ = 0;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
