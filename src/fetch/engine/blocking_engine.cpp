#include "fetch/engine/blocking_engine.hpp"

#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/require.hpp"
#include "fetch/engine/attempt.hpp"
#include "fetch/net/descriptor.hpp"
#include "fetch/net/thread_pool.hpp"

namespace retail_pulse::fetch {
namespace {

std::unique_ptr<picture_store> opened_store(const engine_options& options) {
  if (options.keep_images.empty()) return nullptr;
  auto opened = picture_store::open(options.keep_images, options.keep_images_bytes,
                                    options.keep_images_mode, options.tell);
  if (const auto* error = std::get_if<std::string>(&opened)) throw std::runtime_error(*error);
  return std::get<std::unique_ptr<picture_store>>(std::move(opened));
}

class blocking_engine final : public engine {
 public:
  explicit blocking_engine(engine_options options)
      : allow_hosts_(std::move(options.allow_hosts)),
        guard_(opened_ranges(options.allow_addresses)),
        tls_(options.ca_file),
        connections_(options.idle_connections),
        names_(guard_, resolver_options{options.dns_servers}),
        circuits_(options.deadline),
        permits_(options.address_connections),
        pictures_(opened_store(options)),
        tools_{{guard_, allow_hosts_, names_},
               connections_,
               tls_,
               circuits_,
               permits_,
               pictures_.get(),
               options.how,
               options.deadline,
               options.max_image_bytes,
               std::move(options.user_agent),
               cancel_.get()},
        threads_(options.threads, limits::fetch_thread_idle,
                 [this] { connections_.close_expired(); }) {
    if (!cancel_)
      throw std::system_error(errno, std::generic_category(), "the fetch engine's eventfd");
  }

  ~blocking_engine() override { blocking_engine::stop(); }

  void stop() override {
    if (stopping_.exchange(true)) return;
    const std::uint64_t one = 1;
    require(write(cancel_.get(), &one, sizeof one) > 0,
            "the fetch engine can cancel its fetches");  // never read, so it stays readable
    names_.stop();
    permits_.stop();
    for (const auto& unbegun : threads_.stop()) unbegun();  // answers `internal` at once
  }

  void resolve(const std::string& text, on_resolved done) override {
    const auto parsed = parse_url(text);
    const auto* to = std::get_if<url>(&parsed);
    if (to == nullptr) return done({});
    find_addresses(tools_.rules, *to, [done = std::move(done)](const resolution& where) {
      const auto* addresses = std::get_if<std::vector<ip_address>>(&where);
      done(addresses == nullptr ? std::string{} : addresses->front().text());
    });
  }

  void submit(request request, on_fetched done) override {
    // Shared, because the work must be copyable and `done` is still needed if no thread takes it.
    const auto shared_done = std::make_shared<on_fetched>(std::move(done));
    const bool taken = threads_.run([this, wanted = std::move(request), shared_done] {
      (*shared_done)(attempt_or_failure(wanted));
    });
    if (!taken)
      (*shared_done)(internal_failure(stopping_ ? "the fetch engine is shutting down"
                                                : "no thread for a fetch"));
  }

 private:
  outcome attempt_or_failure(const request& wanted) const {
    if (stopping_) return internal_failure("the fetch engine is shutting down");
    try {
      return run_attempt(tools_, wanted);
    } catch (const std::exception&
                 error) {  // out of memory, at worst: this image fails, the engine goes on
      return internal_failure(error.what());
    }
  }

  const descriptor cancel_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> stopping_ = false;
  const std::vector<std::string> allow_hosts_;
  const address_guard guard_;
  const tls_context tls_;
  connection_pool connections_;
  resolver names_;
  circuit_breaker circuits_;
  address_permits permits_;
  const std::unique_ptr<picture_store> pictures_;
  const attempt_tools tools_;
  thread_pool threads_;
};

}  // namespace

std::unique_ptr<engine> make_blocking_engine(engine_options options) {
  return std::make_unique<blocking_engine>(std::move(options));
}

}  // namespace retail_pulse::fetch
