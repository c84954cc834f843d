#include "app/demo/image_host.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

namespace retail_pulse::app {
namespace {

constexpr std::size_t threads = 40;  // a connection kept open holds one; the service keeps at most 32 to an origin

/// As everywhere but in cpp-httplib, which sets SO_REUSEPORT: two servers would then share a port without a word.
void reuse_closed_ports_only(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

class demo_origin::implementation {
 public:
  bool start(const std::filesystem::path& folder, std::uint16_t wanted) {
    server_.new_task_queue = [] { return new httplib::ThreadPool{threads}; };
    server_.set_tcp_nodelay(true);
    server_.set_socket_options(reuse_closed_ports_only);
    if (!server_.set_mount_point("/", folder.string())) return false;
    const int bound = wanted == 0 ? server_.bind_to_any_port("127.0.0.1") : server_.bind_to_port("127.0.0.1", wanted) ? wanted : -1;
    if (bound <= 0) return false;
    port_ = static_cast<std::uint16_t>(bound);
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});  // `stop` before that would do nothing
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

demo_origin::demo_origin(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
demo_origin::~demo_origin() = default;

std::unique_ptr<demo_origin> demo_origin::start(const std::filesystem::path& folder, std::uint16_t port) {
  auto made = std::make_unique<implementation>();
  if (!made->start(folder, port)) return nullptr;
  return std::unique_ptr<demo_origin>{new demo_origin{std::move(made)}};
}

std::uint16_t demo_origin::port() const { return implementation_->port(); }

}  // namespace retail_pulse::app
