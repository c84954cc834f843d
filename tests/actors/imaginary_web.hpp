#pragma once

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fetch/engine/engine.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::tests {

using namespace std::chrono_literals;

/// A fetch engine whose origins are a function and whose time is the test clock. Counts what is
/// open, so that bounds can be checked.
class imaginary_web final : public fetch::engine {
 public:
  struct behaviour {
    fetch::outcome outcome;
    std::chrono::milliseconds latency{10};
    std::string ends_at;    ///< address that is asked last, when redirected or when those before it
                            ///< do not answer
    bool explodes = false;  ///< submit throws, which kills the image actor that called it
  };
  using script = std::function<behaviour(const std::string& url, int attempt)>;

  static behaviour picture(std::uint32_t width = 640, std::uint32_t height = 480,
                           std::chrono::milliseconds latency = 10ms) {
    behaviour b;
    b.outcome.measured = {image_format::jpeg, width, height};
    b.outcome.evidence.http_status = 200;
    b.latency = latency;
    return b;
  }
  static behaviour failure(error_code code, int status = 0,
                           std::chrono::milliseconds latency = 10ms) {
    behaviour b;
    b.outcome.code = code;
    b.outcome.evidence.http_status = status;
    b.latency = latency;
    return b;
  }

  explicit imaginary_web(caf::actor_system& system) : timer_{system.spawn(timer, this)} {}
  ~imaginary_web() override { caf::anon_send_exit(timer_, caf::exit_reason::kill); }

  script answers = [](const std::string&, int) { return picture(); };
  std::function<std::string(const std::string& host)> address_of = [](const std::string& host) {
    return "address of " + host;
  };

  void resolve(const std::string& url, fetch::on_resolved done) override {
    done(address_of(host_of(url)));
  }

  void submit(fetch::request request, fetch::on_fetched done) override {
    const auto url = request.url;
    auto b = answers(url, ++attempts[url]);
    if (b.explodes) throw std::runtime_error{"the engine exploded"};
    fetched.push_back(url);
    const auto address = address_of(host_of(url));
    b.outcome.evidence.address = b.ends_at.empty() ? address : b.ends_at;
    b.outcome.leads_to = address;
    b.outcome.with_origin = fetch::contact_of(b.outcome);
    ++open;
    peak = std::max(peak, open);
    peak_at[address] = std::max(peak_at[address], ++open_at[address]);
    after(b.latency, [this, address, outcome = b.outcome, done] {
      --open;
      --open_at[address];
      done(outcome);
    });
  }

  void stop() override {}

  std::map<std::string, int> attempts;  ///< per URL
  std::vector<std::string> fetched;     ///< in order
  std::size_t open = 0;
  std::size_t peak = 0;
  std::map<std::string, std::size_t> open_at, peak_at;  ///< per address

 private:
  static std::string host_of(const std::string& text) {
    const auto parsed = fetch::parse_url(text);
    return std::get<fetch::url>(parsed).host;
  }

  /// Runs `what` on the test clock.
  void after(std::chrono::milliseconds wait, std::function<void()> what) {
    waiting_[++last_] = std::move(what);
    caf::anon_send(timer_, static_cast<std::int64_t>(wait.count()), last_);
  }

  void run(std::uint64_t id) {
    const auto what = std::move(waiting_.at(id));
    waiting_.erase(id);
    what();
  }

  static caf::behavior timer(caf::event_based_actor* self, imaginary_web* web) {
    return {
        [=](std::int64_t wait_ms, std::uint64_t id) {
          self->delayed_send(self, std::chrono::milliseconds{wait_ms}, id);
        },
        [=](std::uint64_t id) { web->run(id); },
    };
  }

  caf::actor timer_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::function<void()>> waiting_;
};

}  // namespace retail_pulse::tests
