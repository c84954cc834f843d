#include "fetch/net/resolver.hpp"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/lru_map.hpp"
#include "core/require.hpp"
#include "fetch/net/address_choice.hpp"
#include "fetch/net/descriptor.hpp"
#include "fetch/net/quiet_thread.hpp"
#include "fetch/net/resolver_cache.hpp"

namespace retail_pulse::fetch {
namespace {

constexpr int rounds =
    3;  // how often c-ares asks every server; each round waits twice as long as the one before
constexpr int waits = (1 << rounds) - 1;  // of all rounds together, in units of the first

std::vector<ip_address> addresses_of(const ares_addrinfo* info) {
  std::vector<ip_address> addresses;
  for (const auto* node = info == nullptr ? nullptr : info->nodes; node != nullptr;
       node = node->ai_next) {
    ip_address address;
    if (node->ai_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(node->ai_addr);
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4, address.bytes.begin());
    } else if (node->ai_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(node->ai_addr);
      address.v6 = true;
      std::copy_n(reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16, address.bytes.begin());
    } else {
      continue;
    }
    addresses.push_back(unmapped(address));
  }
  return addresses;
}

}  // namespace

class resolver::implementation {
 public:
  implementation(const address_guard& guard, resolver_options options)
      : guard_(guard),
        options_(std::move(options)),
        cache_(options_.entries),
        preferred_(std::max<std::size_t>(1, options_.entries)) {
    if (!wake_) throw std::system_error(errno, std::generic_category(), "the resolver's eventfd");
    open_channel();
    thread_ = quiet_thread("resolver", [this] { run(); });
  }

  ~implementation() { stop(); }

  void look_up(const std::string& host, on_resolution done) {
    std::optional<resolution> answer;
    {
      std::lock_guard lock{mutex_};
      const auto now = std::chrono::steady_clock::now();
      if (stopped_) {
        answer = fault{error_code::internal, "the fetch engine is shutting down"};
      } else if (auto kept = cache_.find(host, now)) {
        answer = arranged(host, std::move(*kept));
      } else if (const auto under_way = waiting_.find(host); under_way != waiting_.end()) {
        under_way->second.callbacks.push_back(std::move(done));
        return;
      } else if (waiting_.size() >= options_.entries) {
        answer = fault{error_code::dns_failed, "too many look-ups are under way"};
      } else {
        waiting_[host].callbacks.push_back(std::move(done));
        queue_.push_back(host);
      }
    }
    // NOLINTNEXTLINE(bugprone-use-after-move): it was not moved where there is an answer
    if (answer) return done(*answer);
    wake();
  }

  void prefer(const std::string& host, const ip_address& address) {
    const std::lock_guard lock{mutex_};
    preferred_.put(host, address);
  }

  bool stop_preferring(const std::string& host, const ip_address& address) {
    const std::lock_guard lock{mutex_};
    const auto* preferred = preferred_.find(host);
    if (preferred == nullptr || *preferred != address) return false;
    preferred_.erase(host);
    return true;
  }

  void stop() {
    {
      std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct sent_look_up {
    std::string host;
    steady_time until;
  };
  struct waiters {
    std::uint64_t id = 0;  ///< of the look-up they wait for; 0 until it is sent
    std::vector<on_resolution> callbacks;
  };
  struct destroy_channel {
    void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
  };
  /// The context of a query in c-ares. Its answer may come after our own time limit; then it is
  /// only cached.
  struct query {
    implementation* owner;
    std::uint64_t id;
    std::string host;
  };

  /// c-ares must give up no later than our own time limit, so that its open queries are bounded
  /// too. How long it may wait for one server depends on their number, which only an open channel
  /// tells.
  void open_channel() {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    if (library != ARES_SUCCESS)
      throw std::runtime_error(std::string{"c-ares: "} + ares_strerror(library));
    const auto all_waits = static_cast<int>(options_.timeout.count()) / waits;
    open_channel(std::max(1, all_waits));
    if (const int servers = count_servers(); servers > 1)
      open_channel(std::max(1, all_waits / servers));
  }

  int count_servers() {
    ares_addr_port_node* first = nullptr;
    if (const int status = ares_get_servers_ports(channel_.get(), &first); status != ARES_SUCCESS) {
      throw std::runtime_error(std::string{"c-ares: "} + ares_strerror(status));
    }
    int servers = 0;
    for (const auto* server = first; server != nullptr; server = server->next) ++servers;
    ares_free_data(first);
    return servers;
  }

  void open_channel(int first_wait_ms) {
    ares_options options{};
    options.timeout = first_wait_ms;
    options.tries = rounds;
    options.ndomains = 0;  // a URL's host is a complete name; search domains do not apply
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<implementation*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    const int mask =
        ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
    ares_channel channel = nullptr;
    if (const int status = ares_init_options(&channel, &options, mask); status != ARES_SUCCESS) {
      throw std::runtime_error(std::string{"c-ares: "} + ares_strerror(status));
    }
    channel_.reset(channel);
    if (options_.servers.empty()) return;
    if (const int status = ares_set_servers_ports_csv(channel, options_.servers.c_str());
        status != ARES_SUCCESS) {
      throw std::runtime_error("DNS servers '" + options_.servers + "': " + ares_strerror(status));
    }
  }

  void wake() {
    const std::uint64_t one = 1;
    // A full counter (EAGAIN) means the thread is being woken already.
    require(write(wake_.get(), &one, sizeof one) > 0 || errno == EAGAIN,
            "the resolver can be woken");
  }

  void watch(ares_socket_t socket, bool readable, bool writable) {
    if (!readable && !writable) {
      watched_.erase(socket);
    } else {
      watched_[socket] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    }
  }

  void run() {
    while (send_queued()) {
      wait_and_process();
      expire();
    }
    channel_.reset();  // ends open queries with ARES_EDESTRUCTION
    std::map<std::string, waiters> left;
    {
      std::lock_guard lock{mutex_};
      left.swap(waiting_);
    }
    for (const auto& [host, waiting] : left) {
      for (const auto& done : waiting.callbacks)
        done(fault{error_code::internal, "the fetch engine is shutting down"});
    }
  }

  /// False when the resolver is to end.
  bool send_queued() {
    std::vector<std::unique_ptr<query>> queries;
    {
      std::lock_guard lock{mutex_};
      if (stopped_) return false;
      const auto until = std::chrono::steady_clock::now() + options_.timeout;
      while (!queue_.empty() && sent_.size() < options_.at_once) {
        auto host = take_queued();
        const auto found = waiting_.find(host);
        if (found == waiting_.end() || found->second.id != 0) continue;  // a late answer came first
        found->second.id = ++last_id_;
        sent_.emplace(last_id_, sent_look_up{host, until});
        queries.push_back(std::make_unique<query>(query{this, last_id_, std::move(host)}));
      }
    }
    for (auto& asked : queries) {
      ares_addrinfo_hints hints{};
      hints.ai_flags = ARES_AI_NOSORT;  // sorting would open sockets; see in_order
      hints.ai_family = AF_UNSPEC;
      hints.ai_socktype = SOCK_STREAM;
      const std::string host = asked->host;  // the query may end inside the call
      ares_getaddrinfo(channel_.get(), host.c_str(), nullptr, &hints, &implementation::on_answer,
                       asked.release());
    }
    return true;
  }

  /// The oldest and the newest in turn: every look-up is sent at some time, and a new one does not
  /// wait for the end of a long queue of dead names. `mutex_` is held.
  std::string take_queued() {
    std::string host;
    if (std::exchange(newest_next_, !newest_next_)) {
      host = std::move(queue_.back());
      queue_.pop_back();
    } else {
      host = std::move(queue_.front());
      queue_.pop_front();
    }
    return host;
  }

  void wait_and_process() {
    std::vector<pollfd> sockets{{wake_.get(), POLLIN, 0}};
    for (const auto& [socket, events] : watched_) sockets.push_back({socket, events, 0});
    const int ready = poll(sockets.data(), sockets.size(), wait_ms());
    if (ready < 0) return;  // EINTR; any other error would be a bug, and shows as a time-out
    std::uint64_t count = 0;
    if ((sockets.front().revents & POLLIN) != 0)
      require(read(wake_.get(), &count, sizeof count) > 0, "the resolver can read its eventfd");
    for (std::size_t i = 1; i < sockets.size(); ++i) {
      const auto events = sockets[i].revents;
      const bool failed = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
      if (events == 0) continue;
      ares_process_fd(channel_.get(),
                      (events & POLLIN) != 0 || failed ? sockets[i].fd : ARES_SOCKET_BAD,
                      (events & POLLOUT) != 0 ? sockets[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // c-ares' own time-outs
  }

  /// Milliseconds until c-ares or the next of our time limits is due; 0 while a queued look-up can
  /// be sent (one can end as it is sent).
  int wait_ms() {
    if (std::lock_guard lock{mutex_}; !queue_.empty() && sent_.size() < options_.at_once) return 0;
    timeval longest{3600, 0};
    timeval next{};
    const auto* tv = ares_timeout(channel_.get(), &longest, &next);
    std::chrono::milliseconds wait{tv->tv_sec * 1000 + tv->tv_usec / 1000 + 1};
    if (!sent_.empty()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          sent_.begin()->second.until - std::chrono::steady_clock::now());
      wait = std::clamp(left, std::chrono::milliseconds{0}, wait);
    }
    return static_cast<int>(wait.count());
  }

  /// Ends the look-ups whose time is over, which makes room for others.
  void expire() {
    const auto now = std::chrono::steady_clock::now();
    while (!sent_.empty() && sent_.begin()->second.until <= now) {
      const auto late = sent_.extract(sent_.begin());
      const auto& host = late.mapped().host;
      settle(host, fault{error_code::dns_failed, "no answer about " + host + " in time"},
             late.key());
    }
  }

  static void on_answer(void* argument, int status, int /*timeouts*/, ares_addrinfo* info) {
    const std::unique_ptr<query> asked{static_cast<query*>(argument)};
    auto addresses = addresses_of(info);
    if (info != nullptr) ares_freeaddrinfo(info);
    const bool in_time = asked->owner->sent_.erase(asked->id) != 0;
    if (status == ARES_EDESTRUCTION) return;  // `run` answers the waiting
    if (!in_time && status != ARES_SUCCESS)
      return;  // `expire` has answered it; those who wait now wait for a later query
    asked->owner->answered(asked->host, status, addresses);
  }

  void answered(const std::string& host, int status, const std::vector<ip_address>& addresses) {
    if (status != ARES_SUCCESS)
      return settle(host, fault{error_code::dns_failed, host + ": " + ares_strerror(status)});
    settle(host, choose_addresses(guard_, options_.has_route, host, addresses));
  }

  /// The preferred address in front. `mutex_` is held.
  resolution arranged(const std::string& host, resolution answer) {
    auto* addresses = std::get_if<std::vector<ip_address>>(&answer);
    const auto* first = addresses == nullptr ? nullptr : preferred_.find(host);
    if (first == nullptr) return answer;
    const auto found = std::find(addresses->begin(), addresses->end(), *first);
    if (found != addresses->end()) std::rotate(addresses->begin(), found, found + 1);
    return answer;
  }

  /// No more addresses than are tried, with the preferred one among them. In their own order,
  /// because another may be preferred while they are cached. `mutex_` is held.
  resolution shortened(const std::string& host, resolution answer) {
    auto* addresses = std::get_if<std::vector<ip_address>>(&answer);
    if (addresses == nullptr || addresses->size() <= limits::addresses_tried) return answer;
    const auto* first = preferred_.find(host);
    const auto last_tried = addresses->begin() + limits::addresses_tried - 1;
    if (first != nullptr && std::find(last_tried, addresses->end(), *first) != addresses->end())
      *last_tried = *first;
    addresses->resize(limits::addresses_tried);
    return answer;
  }

  /// Caches the answer and passes it to the waiting callbacks. `late`: the query whose time is
  /// over; callbacks that wait for another query of the name are left alone.
  void settle(const std::string& host, resolution answer,
              std::optional<std::uint64_t> late = std::nullopt) {
    std::vector<on_resolution> callbacks;
    {
      std::lock_guard lock{mutex_};
      const auto found = waiting_.find(host);
      if (late && (found == waiting_.end() || found->second.id != *late)) return;
      const bool passing = std::holds_alternative<fault>(answer) &&
                           std::get<fault>(answer).code == error_code::dns_failed;
      answer = shortened(host, std::move(answer));
      cache_.keep(
          host, answer,
          std::chrono::steady_clock::now() + (passing ? options_.failure_kept : options_.kept));
      answer = arranged(host, std::move(answer));
      if (found != waiting_.end()) {
        callbacks = std::move(found->second.callbacks);
        waiting_.erase(found);
      }
    }
    for (const auto& done : callbacks) done(answer);
  }

  const address_guard& guard_;
  const resolver_options options_;
  const descriptor wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  // Used by the resolver's thread only.
  std::unique_ptr<ares_channeldata, destroy_channel> channel_;
  std::map<ares_socket_t, short> watched_;
  std::map<std::uint64_t, sent_look_up>
      sent_;  ///< by id; ids and time limits grow together. At most `at_once`
  bool newest_next_ = false;

  std::mutex mutex_;
  resolver_cache cache_;
  lru_map<std::string, ip_address> preferred_;  ///< by name
  std::map<std::string, waiters> waiting_;      ///< by name, from the call until the answer
  std::deque<std::string> queue_;  ///< names not yet sent, the oldest first; without a time limit
  std::uint64_t last_id_ = 0;
  bool stopped_ = false;

  std::thread thread_;
};

resolver::resolver(const address_guard& guard, resolver_options options)
    : implementation_(std::make_unique<implementation>(guard, std::move(options))) {}
resolver::~resolver() = default;
void resolver::look_up(const std::string& host, on_resolution done) {
  implementation_->look_up(host, std::move(done));
}
void resolver::prefer(const std::string& host, const ip_address& address) {
  implementation_->prefer(host, address);
}
bool resolver::stop_preferring(const std::string& host, const ip_address& address) {
  return implementation_->stop_preferring(host, address);
}
void resolver::stop() { implementation_->stop(); }

}  // namespace retail_pulse::fetch
