#pragma once

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse::imaging {

/// The outcome of reading a file. `none`: it is whole.
struct walk_outcome {
  walk_outcome(error_code what = error_code::none, std::string_view why = {})
      : code{what}, reason{why} {}

  error_code code;
  std::string_view reason;  ///< static text for the client; see image_result::reason
};

inline walk_outcome unsupported(std::string_view what) {
  return {error_code::unsupported_format, what};
}

/// The bytes of a file, for a format reader to take or skip in order. A reader is a coroutine that
/// is suspended here until bytes arrive, so that it reads like the format's description although
/// the file comes in pieces of any size.
class byte_source {
  template <class Result>
  friend class part;

 public:
  /// One read that a reader waits for. It lives in the reader's frame while the reader is
  /// suspended.
  class demand {
   public:
    demand(const demand&) = delete;
    demand& operator=(const demand&) = delete;

    bool await_ready() { return serve(file_.piece_); }
    void await_suspend(std::coroutine_handle<>) { file_.open_demand_ = this; }

   protected:
    explicit demand(byte_source& file) : file_{file} {}
    virtual ~demand() = default;

   private:
    friend byte_source;
    /// Consumes from the front of `piece`. True if the demand is met; false only if all of `piece`
    /// was consumed.
    virtual bool serve(std::span<const std::uint8_t>& piece) = 0;
    /// The number of further bytes that the demand does not read.
    virtual std::uint64_t unread() const { return 0; }
    /// Counts `bytes`, at most unread(), as served. True if the demand is met.
    virtual bool leave_out(std::uint64_t) { return false; }

    byte_source& file_;
  };

  template <std::size_t N>
  class taken final : public demand {
   public:
    taken(byte_source& file, std::size_t count) : demand{file}, count_{count} {}
    std::array<std::uint8_t, N> await_resume() const { return bytes_; }

   private:
    bool serve(std::span<const std::uint8_t>& piece) override {
      const std::size_t step = std::min(count_ - have_, piece.size());
      std::copy_n(piece.begin(), step, bytes_.begin() + static_cast<std::ptrdiff_t>(have_));
      have_ += step;
      piece = piece.subspan(step);
      return have_ == count_;
    }

    std::array<std::uint8_t, N> bytes_{};
    std::size_t count_;
    std::size_t have_ = 0;
  };

  class skipped final : public demand {
   public:
    skipped(byte_source& file, std::uint64_t count) : demand{file}, left_{count} {}
    void await_resume() const {}

   private:
    bool serve(std::span<const std::uint8_t>& piece) override {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece.size()));
      piece = piece.subspan(step);
      return leave_out(step);
    }
    std::uint64_t unread() const override { return left_; }
    bool leave_out(std::uint64_t bytes) override {
      left_ -= bytes;
      return left_ == 0;
    }

    std::uint64_t left_;
  };

  /// The next `count` (at most N) bytes, then zeros.
  template <std::size_t N>
  taken<N> take(std::size_t count = N) {
    return {*this, count};
  }
  skipped skip(std::uint64_t count) { return {*this, count}; }

  /// Offset in the file of the next byte that a demand gets.
  std::uint64_t position() const { return given_ - piece_.size(); }

  /// Sets the outcome if the file ends while the reader waits, until the next call. Initially
  /// truncated.
  void ends_as(const walk_outcome& answer) { at_end_ = answer; }
  const walk_outcome& at_end() const { return at_end_; }

 private:
  friend class walk;

  /// Whether the reader can go on: its demand is met, or it has none yet.
  bool deliver(std::span<const std::uint8_t> piece) {
    piece_ = piece;
    given_ += piece.size();
    if (open_demand_ != nullptr && !open_demand_->serve(piece_)) return false;
    open_demand_ = nullptr;
    return true;
  }

  /// Resumes the readers until one waits for bytes or the walk is over. A part and the reader that
  /// called it are resumed from this loop, not from each other, so that the stack does not grow
  /// with the calls.
  void run(std::coroutine_handle<> walk) {
    if (!reader_) reader_ = walk;
    do {
      reader_.resume();
    } while (open_demand_ == nullptr && !walk.done());
  }

  std::uint64_t unread() const { return open_demand_ == nullptr ? 0 : open_demand_->unread(); }

  bool leave_out(std::uint64_t bytes) {
    given_ += bytes;
    piece_ = {};
    if (!open_demand_->leave_out(bytes)) return false;
    open_demand_ = nullptr;
    return true;
  }

  std::span<const std::uint8_t> piece_;
  std::uint64_t given_ = 0;  ///< bytes up to the end of piece_
  demand* open_demand_ = nullptr;
  std::coroutine_handle<> reader_;  ///< to be resumed next: the walk or a part of it
  walk_outcome at_end_{error_code::truncated};
};

/// A part of a reader that waits for bytes itself: a coroutine with the file as first parameter,
/// called by co_await.
template <class Result>
class [[nodiscard]] part {
 public:
  struct promise_type {
    byte_source& file;
    std::coroutine_handle<> caller;
    Result result{};

    template <class... Others>
    explicit promise_type(byte_source& source, const Others&...) : file{source} {}

    struct back_to_caller {
      bool await_ready() noexcept { return false; }
      void await_suspend(std::coroutine_handle<promise_type> done) noexcept {
        done.promise().file.reader_ = done.promise().caller;
      }
      void await_resume() noexcept {}
    };

    part get_return_object() {
      return part{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    back_to_caller final_suspend() noexcept { return {}; }
    void return_value(Result value) { result = value; }
    void unhandled_exception() { throw; }  // out of feed
  };

  part(part&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  part& operator=(part&&) = delete;
  ~part() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    coroutine_.promise().caller = caller;
    coroutine_.promise().file.reader_ = coroutine_;
  }
  Result await_resume() const { return coroutine_.promise().result; }

 private:
  explicit part(std::coroutine_handle<promise_type> coroutine) : coroutine_{coroutine} {}

  std::coroutine_handle<promise_type> coroutine_;
};

/// The reader of one format with its position in one file. Its coroutine ends with `none` at the
/// end mark of a whole file, or with an error that no further byte can change. If the file ends
/// first, see byte_source::ends_as.
class walk {
 public:
  struct promise_type {
    walk_outcome answer;

    walk get_return_object() {
      return walk{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(const walk_outcome& final) { answer = final; }
    void unhandled_exception() { throw; }  // out of feed
  };

  walk(walk&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  walk& operator=(walk&&) = delete;
  ~walk() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Resumes the reader with the next bytes of its file.
  void feed(byte_source& file, std::span<const std::uint8_t> piece) {
    if (ended()) return;
    if (file.deliver(piece)) file.run(coroutine_);
  }

  /// How many of the next bytes the reader would skip.
  std::uint64_t unread(const byte_source& file) const { return ended() ? 0 : file.unread(); }

  /// Resumes the reader after `bytes` that it would skip; at least 1.
  void leave_out(byte_source& file, std::uint64_t bytes) {
    if (file.leave_out(bytes)) file.run(coroutine_);
  }

  bool ended() const { return coroutine_.done(); }
  const walk_outcome& answer() const { return coroutine_.promise().answer; }

 private:
  explicit walk(std::coroutine_handle<promise_type> coroutine) : coroutine_{coroutine} {}

  std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace retail_pulse::imaging
