#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "http/message.hpp"

namespace retail_pulse::http {

/// Where the chunks of one stream go: its connection. From any thread, in the order of the calls; they do not throw.
class chunk_outlet {
 public:
  virtual ~chunk_outlet() = default;
  /// `written` is called once and later, when the chunk has left the process, or will never do so.
  virtual void write(std::string chunk, std::function<void(bool ok)> written) = 0;
  /// The last call: ends the body, or closes the connection without an end of the body.
  virtual void finish(bool whole) = 0;
};

/// Every answer that is being streamed. After `close` has returned no chunk is handed to a connection any more, whoever still holds a
/// writer: as with open_exchanges, this is what lets producers outlive the server.
class open_streams : public std::enable_shared_from_this<open_streams> {
 public:
  /// Without an outlet the stream is over from the start.
  std::shared_ptr<body_writer> open(std::shared_ptr<chunk_outlet> to);

  /// Breaks every stream off that has not ended, and returns when no other thread is using an outlet.
  void close();

 private:
  class member;

  /// The member's outlet, which counts as being used until `used` is told; nullptr when the stream is over. `take` makes it so.
  std::shared_ptr<chunk_outlet> borrow(member& m);
  std::shared_ptr<chunk_outlet> take(member& m);
  void used();
  bool has(const member& m);

  std::mutex mutex_;
  std::condition_variable nobody_uses_;
  std::unordered_set<member*> members_;
  std::size_t using_ = 0;
  bool closed_ = false;
};

}  // namespace retail_pulse::http
