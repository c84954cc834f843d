#include "app/demo/image_host.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

namespace retail_pulse::app {
namespace {

constexpr std::size_t threads =
    40;  // a kept connection holds one; the service keeps at most 32 to an origin

/// cpp-httplib would set SO_REUSEPORT, with which two servers share a port unnoticed.
void reuse_closed_ports_only(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

class image_host::implementation {
 public:
  bool start(const std::filesystem::path& folder, std::uint16_t wanted) {
    server_.new_task_queue = [] { return new httplib::ThreadPool{threads}; };
    server_.set_tcp_nodelay(true);
    server_.set_socket_options(reuse_closed_ports_only);
    if (!server_.set_mount_point("/", folder.string())) return false;
    const int bound = wanted == 0 ? server_.bind_to_any_port("127.0.0.1")
                      : server_.bind_to_port("127.0.0.1", wanted) ? wanted
                                                                  : -1;
    if (bound <= 0) return false;
    port_ = static_cast<std::uint16_t>(bound);
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running())
      std::this_thread::sleep_for(
          std::chrono::milliseconds{1});  // before that, `stop` has no effect
    return true;
  }

  ~implementation() {
    if (!thread_.joinable()) return;
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  httplib::Server server_;
  std::thread thread_;
  std::uint16_t port_ = 0;
};

image_host::image_host(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
image_host::~image_host() = default;

std::unique_ptr<image_host> image_host::start(const std::filesystem::path& folder,
                                              std::uint16_t port) {
  auto made = std::make_unique<implementation>();
  if (!made->start(folder, port)) return nullptr;
  return std::unique_ptr<image_host>{new image_host{std::move(made)}};
}

std::uint16_t image_host::port() const { return implementation_->port(); }

}  // namespace retail_pulse::app
