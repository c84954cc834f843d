#include "webhooks/poster.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "core/require.hpp"
#include "fetch/http1/exchange.hpp"
#include "fetch/net/address_list.hpp"
#include "fetch/net/descriptor.hpp"
#include "fetch/net/destination.hpp"
#include "fetch/net/thread_pool.hpp"
#include "fetch/net/tls_context.hpp"
#include "webhooks/own_listener.hpp"

namespace retail_pulse::webhooks {
namespace {

using namespace fetch;

std::string post_request(const url& to, std::string_view user_agent, const post& what) {
  request_text request{"POST", to, user_agent};
  for (const auto& [name, value] : what.headers) request.add(name, value);
  request.add("Content-Length", std::to_string(what.body.size()));
  request.add("Connection", "close");
  return std::move(request).finish(what.body);
}

posted failure(const fault& why, int http_status = 0) {
  return {why.code, http_status, why.detail, why.reason};
}

posted stopped() { return {error_code::internal, 0, "the poster is shutting down", {}, true}; }

class blocking_poster final : public poster {
 public:
  explicit blocking_poster(poster_options options)
      : allow_hosts_(std::move(options.allow_hosts)),
        spared_(std::move(options.spared)),
        guard_(opened_ranges(options.allow_addresses)),
        tls_(options.ca_file),
        names_(guard_, resolver_options{options.dns_servers}),
        deadline_(options.deadline),
        user_agent_(std::move(options.user_agent)),
        threads_(options.threads, limits::fetch_thread_idle, [] {}) {
    if (!cancel_) throw std::system_error(errno, std::generic_category(), "the poster's eventfd");
  }

  ~blocking_poster() override { blocking_poster::stop(); }

  void stop() override {
    if (stopping_.exchange(true)) return;
    const std::uint64_t one = 1;
    require(write(cancel_.get(), &one, sizeof one) > 0,
            "the poster can cancel its requests");  // never read, so it stays readable
    names_.stop();
    for (const auto& unbegun : threads_.stop()) unbegun();  // answers at once
  }

  void resolve(const std::string& text, on_located done) override {
    const auto parsed = parse_url(text);
    const auto* to = std::get_if<url>(&parsed);
    if (to == nullptr) return done({});
    find_addresses({guard_, allow_hosts_, names_}, *to,
                   [done = std::move(done)](const resolution& where) {
                     const auto* addresses = std::get_if<std::vector<ip_address>>(&where);
                     done(addresses == nullptr ? std::string{} : addresses->front().text());
                   });
  }

  void submit(post what, on_posted done) override {
    // Shared, because the work must be copyable and `done` is still needed if no thread takes it.
    const auto shared_done = std::make_shared<on_posted>(std::move(done));
    const bool taken = threads_.run(
        [this, what = std::move(what), shared_done] { (*shared_done)(attempt_or_failure(what)); });
    if (!taken)
      (*shared_done)(stopping_ ? stopped()
                               : failure({error_code::internal, "no thread for a request"}));
  }

 private:
  posted attempt_or_failure(const post& what) {
    if (stopping_) return stopped();
    try {
      auto result = attempt(what);
      // A request that `stop` cuts ends in many ways, depending on where it was.
      return stopping_ && result.code != error_code::none && result.http_status == 0 ? stopped()
                                                                                     : result;
    } catch (const std::exception&
                 error) {  // out of memory, at worst: this request fails, the poster goes on
      return failure({error_code::internal, error.what()});
    }
  }

  posted attempt(const post& what) {
    const io_deadline until{std::chrono::steady_clock::now() + deadline_, cancel_.get()};
    const auto parsed = parse_url(what.url);
    if (const auto* error = std::get_if<url_error>(&parsed))
      return failure({error_code::invalid_url, error->reason});
    const auto& to = std::get<url>(parsed);
    const destination_rules rules{guard_, allow_hosts_, names_};
    auto where = wait_for_addresses(rules, to, until);
    if (const auto* error = std::get_if<fault>(&where)) return failure(*error);
    address_list way{std::get<std::vector<ip_address>>(std::move(where))};
    const auto answer = ask(rules, to, way, what, until);
    if (const auto* error = std::get_if<fault>(&answer)) {
      if (is_no_answer(error->code)) stop_preferring(rules, to, way.address());
      return failure(*error);
    }
    if (way.has_moved()) prefer(rules, to, way.address());
    const int status = std::get<response_head>(answer).status;
    if (status >= 200 && status <= 299) return {error_code::none, status, {}};
    return failure({error_code::http_status, "the answer has status " + std::to_string(status)},
                   status);
  }

  /// Asks the first address that accepts a connection. Once sent, the request is not sent to
  /// another: the receiver may have it.
  std::variant<response_head, fault> ask(const destination_rules& rules, const url& to,
                                         address_list& way, const post& what,
                                         const io_deadline& until) {
    for (;;) {
      if (spared_ && spared_->is_at(way.address(), to.port)) {
        return fault{error_code::blocked_address,
                     "this service itself listens at " + way.address().text()};
      }
      const auto opened = connection::open(to, way.address(), tls_, way.share_of(until));
      const auto* error = std::get_if<fault>(&opened);
      if (error == nullptr) {
        return exchange_for_head(*std::get<std::unique_ptr<connection>>(opened),
                                 post_request(to, user_agent_, what), until);
      }
      if (!is_nobody_there(error->code, until) || way.next() == nullptr) return *error;
      stop_preferring(rules, to, way.address());
      way.move_on();
    }
  }

  const descriptor cancel_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> stopping_ = false;
  const std::vector<std::string> allow_hosts_;
  const std::shared_ptr<const own_listener> spared_;
  const address_guard guard_;
  const tls_context tls_;
  resolver names_;
  const std::chrono::milliseconds deadline_;
  const std::string user_agent_;
  thread_pool threads_;
};

}  // namespace

std::unique_ptr<poster> make_blocking_poster(poster_options options) {
  return std::make_unique<blocking_poster>(std::move(options));
}

}  // namespace retail_pulse::webhooks
