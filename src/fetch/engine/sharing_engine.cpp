#include "fetch/engine/sharing_engine.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/lru_map.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {
namespace {

/// SHA-256 of a canonical URL, which may have 24 KiB. Nobody can make two URLs that share one.
using digest = std::array<unsigned char, 32>;

struct digest_hash {
  std::size_t operator()(const digest& of) const {
    std::size_t front = 0;
    std::memcpy(&front, of.data(), sizeof front);
    return front;
  }
};

digest digest_of(const std::string& text) {
  digest result;
  if (EVP_Digest(text.data(), text.size(), result.data(), nullptr, EVP_sha256(), nullptr) != 1) throw std::runtime_error("no SHA-256");
  return result;
}

outcome internal_failure(std::string detail) {
  outcome result;
  result.code = error_code::internal;
  result.detail = std::move(detail);
  return result;
}

/// Successes by URL, each good until its time. Not thread safe.
class result_memory {
 public:
  struct entry {
    outcome result;  ///< as it is given out again: a success without traces of the network
    steady_time until;
  };

  result_memory(std::chrono::milliseconds keep_for, std::size_t most) : keep_for_(keep_for), entries_(most) {}

  /// Whatever is known of the URL: an answer while it is good; after that, something to ask the server about.
  std::optional<entry> find(const digest& of, steady_time now) {
    const auto* found = entries_.find(of);
    if (found == nullptr) return std::nullopt;
    if (now < found->until || found->result.version) return *found;
    entries_.erase(of);
    return std::nullopt;
  }

  void keep(const digest& of, outcome success, steady_time now) {
    success.detail.clear();
    auto& evidence = success.evidence;
    success.leads_to.clear();  // origins move; the limit per address must not follow an old one
    evidence.address.clear();
    evidence.bytes = 0;
    evidence.dns_ms = evidence.connect_ms = evidence.total_ms = 0;
    if (text_bytes(success) > limits::reuse_text_bytes) return entries_.erase(of);
    entries_.put(of, {std::move(success), now + keep_for_});
  }

 private:
  static std::size_t text_bytes(const outcome& of) {
    const auto version = of.version.value_or(file_version{});
    return of.evidence.final_url.size() + version.url.size() + version.etag.size() + version.last_modified.size();
  }

  const std::chrono::milliseconds keep_for_;
  lru_map<digest, entry, digest_hash> entries_;
};

/// The remembered result after the server has confirmed it: its measurement and copy, with the evidence of the confirmation.
outcome confirmed(outcome answer, const std::optional<outcome>& known) {
  if (!known) return internal_failure("the server confirmed a version that nobody asked about");
  answer.not_modified = false;
  answer.measured = known->measured;
  answer.evidence.kept = known->evidence.kept;
  if (!answer.version) answer.version = known->version;
  return answer;
}

class sharing_engine final : public engine {
 public:
  sharing_engine(std::unique_ptr<engine> inner, sharing_options options) : clock_(std::move(options.clock)), inner_(std::move(inner)) {
    if (options.reuse_for.count() > 0) memory_.emplace(options.reuse_for, options.reuse_entries);
  }

  ~sharing_engine() override { sharing_engine::stop(); }

  void resolve(const std::string& url, on_resolved done) override { inner_->resolve(url, std::move(done)); }

  void stop() override {
    inner_->stop();  // answers every flight, and so whoever joined one,
    std::unique_lock lock{mutex_};
    landed_.wait(lock, [this] { return open_ == 0; });  // but one may be on its way to `inner` still
  }

  void submit(request request, on_fetched done) override {
    const auto parsed = parse_url(request.url);
    const auto* target = std::get_if<url>(&parsed);
    if (target == nullptr) return inner_->submit(std::move(request), std::move(done));
    auto answer = join(target->text(), request.url, done);
    if (auto* remembered = std::get_if<outcome>(&answer)) return done(std::move(*remembered));
    if (const auto& begun = std::get<flight_pointer>(answer)) take_off(begun);
  }

 private:
  /// One fetch and everybody who waits for it.
  struct flight {
    std::string url;        ///< canonical
    std::string submitted;  ///< as it came: the canonical form may be too long to be a URL
    std::optional<digest> key;
    std::optional<outcome> known;  ///< what the server is asked to confirm; here, because the memory may lose it meanwhile
    std::vector<on_fetched> begun_for;
    std::vector<on_fetched> joined;  ///< later
  };
  using flight_pointer = std::shared_ptr<flight>;

  /// A remembered outcome (`done` is left alone then); else `done` waits for a flight: a new one, which is returned, or one under way.
  std::variant<outcome, flight_pointer> join(std::string url, const std::string& submitted, on_fetched& done) {
    std::optional<digest> key;
    if (memory_) key = digest_of(url);
    const std::lock_guard lock{mutex_};
    std::optional<outcome> known;
    if (memory_) {
      const auto now = clock_();
      if (auto found = memory_->find(*key, now)) {
        if (now < found->until) return std::move(found->result);
        known = std::move(found->result);
      }
    }
    auto& under_way = flights_[url];
    if (under_way != nullptr) {
      under_way->joined.push_back(std::move(done));
      return nullptr;
    }
    under_way = std::make_shared<flight>(flight{std::move(url), submitted, key, std::move(known), {}, {}});
    under_way->begun_for.push_back(std::move(done));
    ++open_;
    return under_way;
  }

  void take_off(const flight_pointer& begun) {
    request wanted{begun->submitted, std::nullopt};
    if (begun->known) wanted.known = begun->known->version;
    try {
      inner_->submit(std::move(wanted), [this, begun](outcome result) { land(begun, std::move(result)); });
    } catch (const std::exception& error) {  // out of memory, at worst; those who joined must not wait for ever
      land(begun, internal_failure(error.what()));
    }
  }

  /// For those who joined a flight whose time is over: they had only a part of it. This one has all of its time for them, so what comes of
  /// it counts for everybody, and nobody waits for more than two.
  static flight_pointer begun_again(flight& ended) {
    return std::make_shared<flight>(
        flight{ended.url, ended.submitted, ended.key, std::move(ended.known), std::exchange(ended.joined, {}), {}});
  }

  void land(const flight_pointer& ended, outcome result) {
    if (result.not_modified) result = confirmed(std::move(result), ended->known);
    std::vector<on_fetched> answered;
    flight_pointer next;
    {
      const std::lock_guard lock{mutex_};
      const auto found = flights_.find(ended->url);
      if (found == flights_.end() || found->second != ended) return;  // `inner` threw after it had answered
      answered.swap(ended->begun_for);
      if (result.code == error_code::timed_out && !ended->joined.empty()) {
        next = found->second = begun_again(*ended);
        ++open_;
      } else {
        std::move(ended->joined.begin(), ended->joined.end(), std::back_inserter(answered));
        flights_.erase(found);
      }
      if (memory_ && result.code == error_code::none) memory_->keep(*ended->key, result, clock_());
    }
    for (const auto& done : answered) done(result);
    if (next) take_off(next);
    const std::lock_guard lock{mutex_};
    if (--open_ == 0) landed_.notify_all();
  }

  const std::function<steady_time()> clock_;
  std::mutex mutex_;
  std::condition_variable landed_;
  std::size_t open_ = 0;                                     ///< flights whose callbacks have not all returned
  std::optional<result_memory> memory_;                      ///< when results are used again
  std::unordered_map<std::string, flight_pointer> flights_;  ///< by canonical URL
  const std::unique_ptr<engine> inner_;
};

}  // namespace

std::unique_ptr<engine> make_sharing_engine(std::unique_ptr<engine> inner, sharing_options options) {
  return std::make_unique<sharing_engine>(std::move(inner), std::move(options));
}

}  // namespace retail_pulse::fetch
