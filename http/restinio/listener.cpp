#include "http/restinio/listener.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <asio.hpp>
#include <atomic>
#include <cstdio>
#include <exception>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "http/request/asker.hpp"
#include "http/response/errors.hpp"
#include "http/restinio/guarded_socket.hpp"
#include "http/restinio/parser_hooks.hpp"
#include "http/restinio/pending_requests.hpp"
#include "http/restinio/response_writing.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {
namespace {

using namespace std::chrono_literals;

/// RESTinio's log. It is the only place that learns the parser's errors: they become a note for the
/// socket, which RESTinio shuts down next.
class restinio_log {
 public:
  template <class Text>
  void trace(Text&&) const {}
  template <class Text>
  void info(Text&&) const {}
  template <class Text>
  void warn(Text&&) const {}
  template <class Text>
  void error(Text&& make_text) const {
    const std::string text = make_text();
    observe::log(observe::level::debug, "http connection", {{"detail", text}});
    constexpr std::string_view mark = "parser error ";
    const auto at = text.find(mark);
    auto& note = note_of_this_thread();
    if (at == std::string::npos || note.rejected) return;
    const auto name = text.substr(at + mark.size());
    note.rejected = rejection_for(std::string_view{name}.substr(0, name.find(':')), note.parser);
  }
};

struct our_traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio_log,
                                       restinio::details::autodetect_request_handler_type,
                                       restinio::default_strand_t, guarded_socket> {
  using http_methods_mapper_t = our_methods;
  static constexpr bool use_connection_count_limiter = true;
};
using restinio_server = restinio::http_server_t<our_traits>;

class request_ids {
 public:
  std::string next() {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(mix(seed_ + number_++)));
    return text;
  }

 private:
  const std::uint64_t seed_ = std::uint64_t{std::random_device{}()} << 32 ^ std::random_device{}();
  std::atomic<std::uint64_t> number_{0};
};

/// Sets path, query and authority. RFC 9112 requires servers to accept targets with a scheme and
/// host, too.
void set_target(request& r, std::string_view target) {
  if (const auto authority = authority_of(target)) {
    r.authority = *authority;
    target.remove_prefix(
        static_cast<std::size_t>(authority->data() + authority->size() - target.data()));
  } else if (const auto* host = r.header("Host")) {
    r.authority = trimmed(*host);
  }
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  r.path = target.substr(0, mark);
  if (r.path.empty()) r.path = "/";
  if (mark != std::string_view::npos) r.query = target.substr(mark + 1);
}

request read_request(const restinio::request_handle_t& from, request_ids& ids) {
  request r;
  r.method = from->header().method().c_str();
  from->header().for_each_field([&r](const restinio::http_header_field_t& field) {
    r.headers.push_back({field.name(), field.value()});
  });
  set_target(r, from->header().request_target());
  const auto* id = r.header("X-Request-Id");
  r.id = id != nullptr && is_sane_request_id(*id) ? *id : ids.next();
  // RESTinio keeps the request until it is answered and offers its body read-only; a large one must
  // not live on beside its parsed form.
  r.body = std::move(const_cast<std::string&>(from->body()));
  // So are its header fields, of which there may be 80 KiB.
  static_cast<restinio::http_header_fields_t&>(
      const_cast<restinio::http_request_header_t&>(from->header())) = {};
  return r;
}

std::string shown(const std::string& bind, std::uint16_t port) {
  const bool v6 = bind.find(':') != std::string::npos;
  return (v6 ? "[" + bind + "]:" : bind + ":") + std::to_string(port);
}

}  // namespace

class listener::implementation {
 public:
  implementation(const listener_options& options, const asio::ip::address& address, handler handle)
      : options_{options}, handle_{std::move(handle)}, sweeper_{state_.context} {
    state_.books.use({.connections = options.max_connections,
                      .client_percent = options.client_percent,
                      .body_bytes = std::max(options.received_bodies_bytes,
                                             options.max_body_bytes + options.max_body_bytes / 4),
                      .largest_body = options.max_body_bytes,
                      .unread_bytes = options.unread_answers_bytes,
                      .idle = options.idle,
                      .head = options.request_head});
    state_.books.trusts = options.trusts_client;
    state_.books.as_text = [this](const early_rejection& why) {
      const auto id = why.request_id.empty() ? ids_.next() : why.request_id;
      observe::log(
          observe::level::debug, "rejected",
          {{"status", std::int64_t{why.status}}, {"request", id}, {"detail", why.sentence}});
      const auto reason =
          why.status == 503 ? unavailable(why.sentence) : rejection{why.status, {}, why.sentence};
      return text_of(render(reason, error_style::plain, {}, id), id);
    };
    server_ = std::make_unique<restinio_server>(restinio::external_io_context(state_.context),
                                                settings(address));
    server_->open_sync();  // throws; allowed off the context's threads while there are none
    sweep_later();
    for (std::size_t i = 0; i < options.threads; ++i)
      threads_.emplace_back([this] { state_.context.run(); });
  }

  ~implementation() { stop(); }

  std::uint16_t port() const { return port_; }
  void stop();

 private:
  restinio::server_settings_t<our_traits> settings(const asio::ip::address& address);
  restinio::request_handling_status_t take(const restinio::request_handle_t& from);
  bool is_vital(const request& r) const;
  void sweep_later();
  template <class Done>
  bool run_until(std::chrono::milliseconds longest, Done done);

  const listener_options options_;
  const handler handle_;
  request_ids ids_;
  const std::shared_ptr<pending_requests> requests_ = std::make_shared<pending_requests>();
  std::uint16_t port_ = 0;
  // The context is destroyed after the server, and both after all connections: a connection uses
  // the server's acceptor when it ends.
  listener_state state_;
  asio::steady_timer sweeper_;
  std::unique_ptr<restinio_server> server_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

restinio::server_settings_t<our_traits> listener::implementation::settings(
    const asio::ip::address& address) {
  restinio::server_settings_t<our_traits> s;
  s.port(options_.port)
      .protocol(address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4())
      .address(address)
      .request_handler([this](const restinio::request_handle_t& from) { return take(from); })
      .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                    .max_url_size(limits::request_url_bytes)
                                    .max_field_name_size(limits::request_header_bytes)
                                    .max_field_value_size(limits::request_header_bytes +
                                                          1)  // RESTinio rejects what equals it
                                    .max_field_count(limits::request_headers)
                                    .max_body_size(options_.max_body_bytes))
      .buffer_size(8 << 10)
      .max_pipelined_requests(1)
      .max_parallel_connections(options_.max_connections)
      .read_next_http_message_timelimit(options_.request_read)
      // Ours comes first, with a response. In a stream it starts anew with each chunk.
      .handle_request_timeout(std::max(options_.request_handle, options_.longest_answer) +
                              options_.hang_up_after)
      .write_http_response_timelimit(options_.response_write)
      .socket_options_setter([most = static_cast<int>(options_.response_write.count())](
                                 restinio::socket_options_t& socket) {
        asio::error_code gone;  // the client may be; the first read will show it
        socket.set_option(asio::ip::tcp::no_delay{true}, gone);
        // Events are small: for a client that has vanished the kernel would keep them for a quarter
        // of an hour.
        socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>{most},
                          gone);
      })
      .acceptor_post_bind_hook(
          [this](asio::ip::tcp::acceptor& acceptor) { port_ = acceptor.local_endpoint().port(); });
  return s;
}

restinio::request_handling_status_t listener::implementation::take(
    const restinio::request_handle_t& from) {
  const handler_mark mark;
  auto r = read_request(from, ids_);
  const auto& on = guarded_socket::of_this_thread();  // RESTinio calls this when bytes have come,
                                                      // or a response has gone
  if (on) r.client = on->who;
  const bool is_served = !on || state_.books.begins(*on, is_vital(r));
  auto writer = std::make_shared<restinio_response_writer>(state_, from, on, r.id);
  const responder answer{requests_->add(r, options_.request_handle, std::move(writer))};
  if (!answer.waits())
    return restinio::request_accepted();  // stopping: no actor shall get this request
  if (!is_served) {
    const_cast<restinio::http_request_header_t&>(from->header())
        .should_keep_alive(false);  // as after every rejection in this folder
    answer.reject(unavailable("too many requests are being served, in all or for this client"));
    return restinio::request_accepted();
  }
  try {
    handle_(std::move(r), answer);
  } catch (const std::exception& problem) {
    observe::log(observe::level::error, "a handler failed",
                 {{"request", answer.request_id()}, {"detail", problem.what()}});
    answer.reject(internal_error());
  }
  return restinio::request_accepted();
}

bool listener::implementation::is_vital(const request& r) const {
  return std::ranges::find(options_.vital_paths, r.path) != options_.vital_paths.end();
}

void listener::implementation::sweep_later() {
  sweeper_.expires_after(100ms);  // how late the response to a deadline may be
  sweeper_.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled) return;
    requests_->sweep(pending_requests::clock::now());
    state_.books.sweep(connection_books::clock::now());
    sweep_later();
  });
}

template <class Done>
bool listener::implementation::run_until(std::chrono::milliseconds longest, Done done) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    state_.context.run_one_for(10ms);
  }
  return true;
}

/// RESTinio's acceptor must not be closed while another thread handles its connections, nor be
/// destroyed before the last of them. So the threads end first, and this thread runs the context
/// until all connections have ended.
void listener::implementation::stop() {
  if (std::exchange(stopped_, true)) return;
  state_.stopping = true;
  requests_->close();
  state_.streams->close();
  state_.context.stop();
  for (auto& thread : threads_) thread.join();

  state_.context.restart();
  sweeper_.cancel();
  server_->close_sync();
  if (!run_until(limits::stop_flush, [this] { return state_.being_written == 0; })) {
    observe::log(observe::level::warning, "some responses were not read by their clients in time");
  }
  state_.books.hang_up_all();
  if (!run_until(limits::stop_flush, [this] { return state_.books.open() == 0; })) {
    observe::log(observe::level::error, "connections are left after the server has stopped");
  }
  run_until(limits::stop_flush, [this] {
    return state_.books.lingering == 0;
  });  // a client that is still sending may lose the response
  state_.context.poll();
}

listener::listener(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
listener::~listener() = default;
std::uint16_t listener::port() const { return implementation_->port(); }
void listener::stop() { implementation_->stop(); }

std::variant<std::unique_ptr<listener>, std::string> listener::open(const listener_options& options,
                                                                    handler handle) {
  const std::string failed = "cannot listen on " + shown(options.bind, options.port) + ": ";
  asio::error_code not_an_address;
  const auto address = asio::ip::make_address(options.bind, not_an_address);
  if (not_an_address) return failed + "the address is not an IP address";
  try {
    return std::unique_ptr<listener>{
        new listener{std::make_unique<implementation>(options, address, std::move(handle))}};
  } catch (const asio::system_error& error) {
    return failed + error.code().message();
  } catch (const std::exception& error) {
    return failed + error.what();
  }
}

}  // namespace retail_pulse::http
