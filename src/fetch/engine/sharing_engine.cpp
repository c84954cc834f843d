#include "fetch/engine/sharing_engine.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/lru_map.hpp"
#include "crypto/sha256.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {
namespace {

/// SHA-256 of a canonical URL, which may have 24 KiB. No two URLs can be made that share one.
using digest = crypto::sha256_digest;

struct digest_hash {
  std::size_t operator()(const digest& of) const {
    std::size_t front = 0;
    std::memcpy(&front, of.data(), sizeof front);
    return front;
  }
};

/// Successes by URL, each with an expiry. Not thread safe.
class result_memory {
 public:
  struct entry {
    outcome result;  ///< in the form in which it is reused: without address, bytes and times
    steady_time until;
  };

  result_memory(std::chrono::milliseconds keep_for, std::size_t most)
      : keep_for_(keep_for), entries_(most) {}

  /// The entry of a URL, if it has not expired or can be revalidated.
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
    success.with_origin = contact::none;  // nor may health
    success.leads_to.clear();             // it may be outdated; limits per address must not use it
    evidence.address.clear();
    evidence.bytes = 0;
    evidence.dns_ms = evidence.connect_ms = evidence.total_ms = 0;
    if (text_bytes(success) > limits::reuse_text_bytes) return entries_.erase(of);
    entries_.put(of, {std::move(success), now + keep_for_});
  }

 private:
  static std::size_t text_bytes(const outcome& of) {
    const auto version = of.version.value_or(file_version{});
    return of.evidence.final_url.size() + version.url.size() + version.etag.size() +
           version.last_modified.size();
  }

  const std::chrono::milliseconds keep_for_;
  lru_map<digest, entry, digest_hash> entries_;
};

/// The remembered result after the server has confirmed it: its measurement and copy, with the
/// evidence of the confirmation.
outcome confirmed(outcome answer, const std::optional<outcome>& known) {
  if (!known) return internal_failure("the server confirmed a version that was not in the request");
  answer.not_modified = false;
  answer.measured = known->measured;
  answer.evidence.kept = known->evidence.kept;
  if (!answer.version) answer.version = known->version;
  return answer;
}

class sharing_engine final : public engine {
 public:
  sharing_engine(std::unique_ptr<engine> inner, sharing_options options)
      : clock_(std::move(options.clock)), inner_(std::move(inner)) {
    if (options.reuse_for.count() > 0) memory_.emplace(options.reuse_for, options.reuse_entries);
  }

  ~sharing_engine() override { sharing_engine::stop(); }

  void resolve(const std::string& url, on_resolved done) override {
    inner_->resolve(url, std::move(done));
  }

  void stop() override {
    inner_->stop();  // concludes every fetch with its joined requests,
    std::unique_lock lock{mutex_};
    concluded_.wait(lock,
                    [this] { return open_ == 0; });  // but one may still be on its way to `inner`
  }

  void submit(request request, on_fetched done) override {
    const auto parsed = parse_url(request.url);
    const auto* target = std::get_if<url>(&parsed);
    if (target == nullptr) return inner_->submit(std::move(request), std::move(done));
    auto answer = join(target->text(), std::move(request), done);
    if (auto* remembered = std::get_if<outcome>(&answer)) return done(std::move(*remembered));
    if (const auto& begun = std::get<shared_fetch_pointer>(answer)) start(begun);
  }

 private:
  /// One fetch and all requests that wait for it.
  struct shared_fetch {
    std::string url;        ///< canonical
    std::string submitted;  ///< not canonical: that form may exceed limits::url_bytes
    std::function<bool()> gives_way;
    std::optional<digest> key;
    std::optional<outcome>
        known;  ///< the outcome to revalidate; a copy, because the memory may drop it meanwhile
    std::vector<on_fetched> begun_for;
    std::vector<on_fetched> joined;  ///< later
  };
  using shared_fetch_pointer = std::shared_ptr<shared_fetch>;

  /// Returns a remembered outcome, and does not use `done` then. Else `done` waits for a fetch: a
  /// new one, which is returned, or one that has begun (null).
  std::variant<outcome, shared_fetch_pointer> join(std::string url, request&& submitted,
                                                   on_fetched& done) {
    std::optional<digest> key;
    if (memory_) key = crypto::sha256(url);
    const std::lock_guard lock{mutex_};
    std::optional<outcome> known;
    if (memory_) {
      const auto now = clock_();
      if (auto found = memory_->find(*key, now)) {
        if (now < found->until) return std::move(found->result);
        known = std::move(found->result);
      }
    }
    auto& under_way = fetches_[url];
    if (under_way != nullptr) {
      under_way->joined.push_back(std::move(done));
      return nullptr;
    }
    under_way = std::make_shared<shared_fetch>(shared_fetch{std::move(url),
                                                            std::move(submitted.url),
                                                            std::move(submitted.gives_way),
                                                            key,
                                                            std::move(known),
                                                            {},
                                                            {}});
    under_way->begun_for.push_back(std::move(done));
    ++open_;
    return under_way;
  }

  void start(const shared_fetch_pointer& begun) {
    request wanted{begun->submitted, std::nullopt, begun->gives_way};
    if (begun->known) wanted.known = begun->known->version;
    try {
      inner_->submit(std::move(wanted),
                     [this, begun](outcome result) { conclude(begun, std::move(result)); });
    } catch (const std::exception&
                 error) {  // probably out of memory; the joined requests must not wait for ever
      conclude(begun, internal_failure(error.what()));
    }
  }

  /// A second fetch for the requests that joined one that timed out. It has its whole time for
  /// them, so its outcome is final for all.
  static shared_fetch_pointer begun_again(shared_fetch& ended) {
    return std::make_shared<shared_fetch>(shared_fetch{ended.url,
                                                       ended.submitted,
                                                       ended.gives_way,
                                                       ended.key,
                                                       std::move(ended.known),
                                                       std::exchange(ended.joined, {}),
                                                       {}});
  }

  void conclude(const shared_fetch_pointer& ended, outcome result) {
    if (result.not_modified) result = confirmed(std::move(result), ended->known);
    std::vector<on_fetched> answered;
    shared_fetch_pointer next;
    {
      const std::lock_guard lock{mutex_};
      const auto found = fetches_.find(ended->url);
      if (found == fetches_.end() || found->second != ended)
        return;  // `inner` threw after it had called back
      answered.swap(ended->begun_for);
      if (result.code == error_code::timed_out && !ended->joined.empty()) {
        next = found->second = begun_again(*ended);
        ++open_;
      } else {
        std::move(ended->joined.begin(), ended->joined.end(), std::back_inserter(answered));
        fetches_.erase(found);
      }
      if (memory_ && result.code == error_code::none) memory_->keep(*ended->key, result, clock_());
    }
    for (const auto& done : answered) done(result);
    if (next) start(next);
    const std::lock_guard lock{mutex_};
    if (--open_ == 0) concluded_.notify_all();
  }

  const std::function<steady_time()> clock_;
  std::mutex mutex_;
  std::condition_variable concluded_;
  std::size_t open_ = 0;                 ///< fetches whose callbacks have not all returned
  std::optional<result_memory> memory_;  ///< only if results are reused
  std::unordered_map<std::string, shared_fetch_pointer> fetches_;  ///< by canonical URL
  const std::unique_ptr<engine> inner_;
};

}  // namespace

std::unique_ptr<engine> make_sharing_engine(std::unique_ptr<engine> inner,
                                            sharing_options options) {
  return std::make_unique<sharing_engine>(std::move(inner), std::move(options));
}

}  // namespace retail_pulse::fetch
