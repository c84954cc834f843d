#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "http/shares/client_shares.hpp"

namespace retail_pulse::http {

/// A counted right to use something, given back when its last copy is destroyed. An empty one is no
/// right at all. Any thread.
class permit {
 public:
  permit() = default;
  /// `give_back` is called once; it must not throw.
  template <class GiveBack>
  explicit permit(GiveBack give_back)
      : held_{std::make_shared<held<GiveBack>>(std::move(give_back))} {}

  explicit operator bool() const { return held_ != nullptr; }
  void reset() { held_.reset(); }

 private:
  template <class GiveBack>
  struct held {
    explicit held(GiveBack g) : give_back{std::move(g)} {}
    ~held() { give_back(); }
    held(const held&) = delete;
    held& operator=(const held&) = delete;
    GiveBack give_back;
  };
  std::shared_ptr<const void> held_;
};

/// A bounded number of permits, of which each client may have a share. Any thread.
class permits {
 public:
  explicit permits(const share_bounds& bounds) : given_{std::make_shared<given>(bounds)} {}

  /// Empty when all are given, or the client has its share.
  permit take(const client_address& client) const {
    {
      const std::lock_guard lock{given_->mutex};
      if (!given_->shares.allows(client, 1)) return {};
      given_->shares.take(client, 1);
    }
    return permit{[given = given_, client] {
      const std::lock_guard lock{given->mutex};
      given->shares.give_back(client, 1);
    }};
  }

 private:
  struct given {
    explicit given(const share_bounds& bounds) : shares{bounds} {}
    std::mutex mutex;
    client_shares shares;
  };
  std::shared_ptr<given> given_;  ///< shared: permits may outlive this
};

}  // namespace retail_pulse::http
