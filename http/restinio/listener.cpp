#include "http/restinio/listener.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <asio.hpp>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <exception>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/random.hpp"
#include "core/text.hpp"
#include "http/request/asker.hpp"
#include "http/response/responses.hpp"
#include "http/restinio/guarded_socket.hpp"
#include "http/restinio/open_exchanges.hpp"
#include "http/restinio/open_streams.hpp"
#include "http/restinio/parser_hooks.hpp"
#include "observe/log.hpp"

namespace retail_pulse::http {
namespace {

using namespace std::chrono_literals;

/// RESTinio's log: the parser's errors become a note for the socket, which is told to hang up next.
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
    if (at == std::string::npos || note.refused) return;
    const auto name = text.substr(at + mark.size());
    note.refused = refusal_for(std::string_view{name}.substr(0, name.find(':')), note.parser);
  }
};

struct our_traits : restinio::traits_t<restinio::asio_timer_manager_t, restinio_log, restinio::details::autodetect_request_handler_type,
                                       restinio::default_strand_t, guarded_socket> {
  using http_methods_mapper_t = our_methods;
  static constexpr bool use_connection_count_limiter = true;
};
using restinio_server = restinio::http_server_t<our_traits>;

/// Set while a handler runs on this thread: RESTinio mixes up pipelined requests when one is answered before its handler has returned.
class handler_mark {
 public:
  handler_mark() { flag() = true; }
  ~handler_mark() { flag() = false; }
  handler_mark(const handler_mark&) = delete;
  handler_mark& operator=(const handler_mark&) = delete;
  static bool set() { return flag(); }

 private:
  static bool& flag() {
    thread_local bool in_handler = false;
    return in_handler;
  }
};

class request_ids {
 public:
  std::string next() {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(mix(seed_ + number_++)));
    return text;
  }

 private:
  const std::uint64_t seed_ = std::uint64_t{std::random_device{}()} << 32 ^ std::random_device{}();
  std::atomic<std::uint64_t> number_{0};
};

constexpr std::string_view server_name = "retail-pulse";

std::string date_now() { return restinio::make_date_field_value(std::time(nullptr)); }

/// What is written for a request that RESTinio did not refuse is written here, not by RESTinio's builders: those announce a length where
/// there must be none (204, 304), and cannot break a body off.
struct head_shape {
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::size_t> length{};
};

std::string head_of(response& r, const std::string& request_id, const head_shape& shape) {
  restinio::http_response_header_t head{
      {restinio::http_status_code_t{static_cast<std::uint16_t>(r.status)}, std::string{reason_of(r.status)}}};
  head.should_keep_alive(shape.keep_alive);
  for (auto& field : r.headers) head.add_field(std::move(field.name), std::move(field.value));
  head.add_field("X-Request-Id", request_id);
  head.add_field("Server", std::string{server_name});
  head.add_field("Date", date_now());
  if (shape.chunked) head.add_field("Transfer-Encoding", "chunked");
  if (shape.length) head.content_length(*shape.length);
  using presence = restinio::impl::content_length_field_presence_t;
  return restinio::impl::create_header_string(head, shape.length ? presence::add_content_length : presence::skip_content_length);
}

/// The place of an answer on its connection.
struct answer_place {
  restinio::impl::connection_handle_t connection;
  restinio::request_id_t request;
  bool keep_alive;

  void write(restinio::write_group_t group, restinio::response_parts_attr_t parts, bool connection_stays = true) const {
    const auto afterwards = restinio::response_connection_attr(keep_alive && connection_stays);
    connection->write_response_parts(request, {parts, afterwards}, std::move(group));
  }
};

/// Counts until the last copy goes.
std::shared_ptr<void> counted(std::atomic<std::size_t>& by) {
  ++by;
  return {&by, [](void* count) { --*static_cast<std::atomic<std::size_t>*>(count); }};
}

/// Where the bytes of a connection are counted that its client has not taken yet.
struct unread_account {
  connection_books& books;
  connection_ptr connection;

  /// Until the last copy goes.
  std::shared_ptr<void> of(std::size_t bytes) const { return books.writes(connection, bytes); }
};

/// The chunks of a stream. Everything goes over a strand of its own: in order, and nothing is handed to RESTinio while a handler runs
/// (see handler_mark).
class stream_outlet final : public chunk_outlet, public std::enable_shared_from_this<stream_outlet> {
 public:
  /// `being_written` counts an end until it is written, or will never be.
  stream_outlet(asio::io_context& context, std::atomic<std::size_t>& being_written, unread_account unread, answer_place place,
                std::string head, bool chunked)
      : strand_{asio::make_strand(context)},
        being_written_{being_written},
        unread_{std::move(unread)},
        place_{std::move(place)},
        head_{std::move(head)},
        chunked_{chunked} {}

  void write(std::string chunk, std::function<void(bool ok)> written) override {
    restinio::writable_items_container_t items;
    auto unread = unread_.of(chunk.size());
    if (!chunk.empty()) {  // as a chunk it would be the end
      if (chunked_) items.emplace_back(fmt::format("{:X}\r\n", chunk.size()));
      items.emplace_back(std::move(chunk));
      if (chunked_) items.emplace_back("\r\n");
    }
    restinio::write_group_t group{std::move(items)};
    group.after_write_notificator([written = std::move(written), unread = std::move(unread)](const asio::error_code& failed) mutable {
      unread.reset();
      written(!failed);
    });
    post(std::move(group), restinio::response_parts_attr_t::not_final_parts, true);
  }

  void finish(bool whole) override {
    restinio::writable_items_container_t items;
    if (whole && chunked_) items.emplace_back("0\r\n\r\n");
    restinio::write_group_t group{std::move(items)};
    // To a client of HTTP/1.0 the end of the connection is the end of the body: only a reset tells it that something is missing.
    const bool reset = !whole && !chunked_;
    group.after_write_notificator([sent = whole ? counted(being_written_) : nullptr, reset](const asio::error_code& failed) {
      if (reset && !failed) note_of_this_thread().reset = true;  // RESTinio closes the connection next
    });
    post(std::move(group), restinio::response_parts_attr_t::final_parts, whole);
  }

 private:
  void post(restinio::write_group_t group, restinio::response_parts_attr_t parts, bool connection_stays) {
    try {
      asio::post(strand_, [self = shared_from_this(), group = std::move(group), parts, connection_stays]() mutable {
        if (!self->head_.empty()) group.items().insert(group.items().begin(), restinio::writable_item_t{std::exchange(self->head_, {})});
        self->place_.write(std::move(group), parts, connection_stays);
      });
    } catch (const std::exception& problem) {  // no memory, say; RESTinio's time limit ends the connection
      observe::log(observe::level::warning, "a chunk could not be sent", {{"detail", problem.what()}});
    }
  }

  asio::strand<asio::io_context::executor_type> strand_;
  std::atomic<std::size_t>& being_written_;
  const unread_account unread_;
  const answer_place place_;
  std::string head_;  ///< empty once it is sent; on the strand only
  const bool chunked_;
};

void log_answer(int status, const std::string& request_id, const restinio::request_t& to) {
  observe::log(observe::level::debug, "answered",
               {{"status", std::int64_t{status}}, {"request", request_id}, {"method", to.header().method().c_str()}});
}

/// RESTinio writes its own answers from the same parts.
std::string as_text(const response& r, const std::string& request_id) {
  std::string text = "HTTP/1.1 " + std::to_string(r.status) + " " + std::string{reason_of(r.status)} + "\r\nConnection: close\r\n";
  const auto add = [&text](std::string_view name, std::string_view value) { text.append(name).append(": ").append(value).append("\r\n"); };
  add("Content-Length", std::to_string(r.body.size()));
  for (const auto& field : r.headers) add(field.name, field.value);
  add("X-Request-Id", request_id);
  add("Server", server_name);
  add("Date", date_now());
  return text + "\r\n" + r.body;
}

/// The target without a scheme and host (RFC 9112 wants servers to take both forms), cut at the query.
void set_target(request& r, std::string_view target) {
  if (const auto authority = authority_of(target)) {
    r.authority = *authority;
    target.remove_prefix(static_cast<std::size_t>(authority->data() + authority->size() - target.data()));
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
  from->header().for_each_field([&r](const restinio::http_header_field_t& field) { r.headers.push_back({field.name(), field.value()}); });
  set_target(r, from->header().request_target());
  const auto* id = r.header("X-Request-Id");
  r.id = id != nullptr && is_sane_request_id(*id) ? *id : ids.next();
  // RESTinio keeps the request until it is answered and offers its body read-only; a large one must not live on beside its parsed form.
  r.body = std::move(const_cast<std::string&>(from->body()));
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
      : options_{options}, handle_{std::move(handle)}, books_{asio::use_service<connection_books>(context_)}, sweeper_{context_} {
    books_.use({.connections = options.max_connections,
                .client_percent = options.client_percent,
                .body_bytes = std::max(options.received_bodies_bytes, options.max_body_bytes + options.max_body_bytes / 2),
                .largest_body = options.max_body_bytes,
                .unread_bytes = options.unread_answers_bytes,
                .idle = options.idle,
                .head = options.request_head});
    books_.trusts = options.trusts_client;
    books_.written = [this](const refusal& why) {
      const auto id = why.request_id.empty() ? ids_.next() : why.request_id;
      observe::log(observe::level::debug, "refused", {{"status", std::int64_t{why.status}}, {"request", id}, {"detail", why.sentence}});
      return as_text(why.status == 503 ? unavailable(why.sentence) : error_response(why.status, why.sentence), id);
    };
    server_ = std::make_unique<restinio_server>(restinio::external_io_context(context_), settings(address));
    server_->open_sync();  // throws; allowed off the context's threads while there are none
    sweep_later();
    for (std::size_t i = 0; i < options.threads; ++i) threads_.emplace_back([this] { context_.run(); });
  }

  ~implementation() { stop(); }

  std::uint16_t port() const { return port_; }
  void stop();

 private:
  restinio::server_settings_t<our_traits> settings(const asio::ip::address& address);
  restinio::request_handling_status_t take(const restinio::request_handle_t& from);
  class answer_outlet;
  void send(restinio::request_t& to, const connection_ptr& on, const std::string& request_id, response r, std::shared_ptr<void> written);
  std::shared_ptr<body_writer> stream(restinio::request_t& to, const connection_ptr& on, const std::string& request_id, response head);
  bool is_vital(const request& r) const;
  answer_place place_of(restinio::request_t& to) const;
  void sweep_later();
  template <class Done>
  bool run_until(std::chrono::milliseconds patience, Done done);

  const listener_options options_;
  const handler handle_;
  request_ids ids_;
  const std::shared_ptr<open_exchanges> exchanges_ = std::make_shared<open_exchanges>();
  const std::shared_ptr<open_streams> streams_ = std::make_shared<open_streams>();
  std::atomic<std::size_t> being_written_{0};  ///< answers, and ends of streams
  std::atomic<bool> stopping_{false};
  std::uint16_t port_ = 0;
  // The context goes after the server, and both after all connections: a connection touches the server's acceptor when it goes.
  asio::io_context context_;
  connection_books& books_;
  asio::steady_timer sweeper_;
  std::unique_ptr<restinio_server> server_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

restinio::server_settings_t<our_traits> listener::implementation::settings(const asio::ip::address& address) {
  restinio::server_settings_t<our_traits> s;
  s.port(options_.port)
      .protocol(address.is_v6() ? asio::ip::tcp::v6() : asio::ip::tcp::v4())
      .address(address)
      .request_handler([this](const restinio::request_handle_t& from) { return take(from); })
      .incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                    .max_url_size(limits::request_url_bytes)
                                    .max_field_name_size(limits::request_header_bytes)
                                    .max_field_value_size(limits::request_header_bytes + 1)  // RESTinio refuses what equals it
                                    .max_field_count(limits::request_headers)
                                    .max_body_size(options_.max_body_bytes))
      .buffer_size(8 << 10)
      .max_pipelined_requests(1)
      .max_parallel_connections(options_.max_connections)
      .read_next_http_message_timelimit(options_.request_read)
      // Ours comes first, with an answer. In a stream it counts from each chunk anew.
      .handle_request_timeout(std::max(options_.request_handle, options_.longest_answer) + options_.hang_up_after)
      .write_http_response_timelimit(options_.response_write)
      .socket_options_setter([most = static_cast<int>(options_.response_write.count())](restinio::socket_options_t& socket) {
        asio::error_code gone;  // the client may be; the first read will tell
        socket.set_option(asio::ip::tcp::no_delay{true}, gone);
        // What is written is small in a stream of events: the kernel would keep it for a client that has vanished for a quarter of an hour.
        socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>{most}, gone);
      })
      .acceptor_post_bind_hook([this](asio::ip::tcp::acceptor& acceptor) { port_ = acceptor.local_endpoint().port(); });
  return s;
}

class listener::implementation::answer_outlet final : public outlet {
 public:
  answer_outlet(implementation& server, restinio::request_handle_t from, connection_ptr on, std::string request_id)
      : server_{server}, from_{std::move(from)}, on_{std::move(on)}, id_{std::move(request_id)} {}

  void answer(response r) override {
    try {
      auto written = counted(server_.being_written_);  // or until it will never be
      if (handler_mark::set()) {
        asio::post(server_.context_,
                   [&server = server_, from = from_, on = on_, id = id_, r = std::move(r), written = std::move(written)]() mutable {
                     server.send(*from, on, id, std::move(r), std::move(written));
                   });
      } else {
        server_.send(*from_, on_, id_, std::move(r), std::move(written));
      }
    } catch (const std::exception& problem) {  // no memory, say; RESTinio's time limit ends the connection
      observe::log(observe::level::warning, "an answer could not be sent", {{"request", id_}, {"detail", problem.what()}});
    }
  }

  std::shared_ptr<body_writer> stream(response head) override {
    try {
      return server_.stream(*from_, on_, id_, std::move(head));
    } catch (const std::exception& problem) {
      observe::log(observe::level::warning, "an answer could not be begun", {{"request", id_}, {"detail", problem.what()}});
      return nullptr;
    }
  }

 private:
  implementation& server_;
  restinio::request_handle_t from_;
  connection_ptr on_;
  std::string id_;
};

restinio::request_handling_status_t listener::implementation::take(const restinio::request_handle_t& from) {
  const handler_mark mark;
  auto r = read_request(from, ids_);
  const auto id = r.id;
  const auto& on = guarded_socket::of_this_thread();  // RESTinio calls this where bytes have come, or an answer has gone
  if (on) r.client = on->who;
  const bool has_place = !on || books_.begins(*on, is_vital(r));
  const responder answer{exchanges_->open(id, options_.request_handle, std::make_unique<answer_outlet>(*this, from, on, id))};
  if (!answer.waits()) return restinio::request_accepted();  // stopping: no actor shall hear of this request
  if (!has_place) {
    const_cast<restinio::http_request_header_t&>(from->header()).should_keep_alive(false);  // as with all that is refused here
    answer(unavailable("too many requests are being served; no client may have all their places"));
    return restinio::request_accepted();
  }
  try {
    handle_(std::move(r), answer);
  } catch (const std::exception& problem) {
    observe::log(observe::level::error, "a handler failed", {{"request", id}, {"detail", problem.what()}});
    answer(internal_error(id));
  }
  return restinio::request_accepted();
}

answer_place listener::implementation::place_of(restinio::request_t& to) const {
  // The connection is not taken out of the request, as RESTinio's builders do: an exchange is answered once anyway.
  return {restinio::impl::access_req_connection(to), to.request_id(), to.header().should_keep_alive() && !stopping_};
}

bool listener::implementation::is_vital(const request& r) const {
  return std::ranges::find(options_.vital_paths, r.path) != options_.vital_paths.end();
}

void listener::implementation::send(restinio::request_t& to, const connection_ptr& on, const std::string& request_id, response r,
                                    std::shared_ptr<void> written) {
  log_answer(r.status, request_id, to);
  const auto place = place_of(to);
  const bool bodiless = r.status == 204 || r.status == 304;
  const bool has_body = !bodiless && !r.body.empty() && to.header().method() != restinio::http_method_head();
  const auto length = bodiless ? std::nullopt : std::optional{r.body.size()};
  restinio::writable_items_container_t items;
  auto unread = books_.writes(on, has_body ? r.body.size() : 0);
  items.emplace_back(head_of(r, request_id, {.keep_alive = place.keep_alive, .length = length}));
  if (has_body) items.emplace_back(std::move(r.body));
  restinio::write_group_t group{std::move(items)};
  group.after_write_notificator([written = std::move(written), unread = std::move(unread)](const asio::error_code&) {});
  place.write(std::move(group), restinio::response_parts_attr_t::final_parts);
}

std::shared_ptr<body_writer> listener::implementation::stream(restinio::request_t& to, const connection_ptr& on,
                                                              const std::string& request_id, response head) {
  log_answer(head.status, request_id, to);
  const bool only_head = to.header().method() == restinio::http_method_head();
  const bool chunked = to.header().http_minor() >= 1;
  auto place = place_of(to);
  place.keep_alive &= chunked;
  auto text = head_of(head, request_id, {.keep_alive = place.keep_alive, .chunked = chunked});
  auto out = std::make_shared<stream_outlet>(context_, being_written_, unread_account{books_, on}, std::move(place), std::move(text),
                                             chunked && !only_head);
  if (!only_head) return streams_->open(std::move(out));
  out->finish(true);
  return streams_->open(nullptr);
}

void listener::implementation::sweep_later() {
  sweeper_.expires_after(100ms);  // how late an answer to a deadline may be
  sweeper_.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled) return;
    exchanges_->sweep(open_exchanges::clock::now());
    books_.sweep(connection_books::clock::now());
    sweep_later();
  });
}

template <class Done>
bool listener::implementation::run_until(std::chrono::milliseconds patience, Done done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    context_.run_one_for(10ms);
  }
  return true;
}

/// RESTinio's acceptor may not be closed while another thread handles its connections, and must not go before the last of them. So the
/// threads end first, and this one carries everything to its end.
void listener::implementation::stop() {
  if (std::exchange(stopped_, true)) return;
  stopping_ = true;
  exchanges_->close();
  streams_->close();
  context_.stop();
  for (auto& thread : threads_) thread.join();

  context_.restart();
  sweeper_.cancel();
  server_->close_sync();
  if (!run_until(limits::stop_flush, [this] { return being_written_ == 0; })) {
    observe::log(observe::level::warning, "some answers were not read by their clients in time");
  }
  books_.hang_up_all();
  if (!run_until(limits::stop_flush, [this] { return books_.open() == 0; })) {
    observe::log(observe::level::error, "connections are left after the server has stopped");
  }
  run_until(limits::stop_flush, [this] { return books_.lingering == 0; });  // who sends on after that may lose the answer
  context_.poll();
}

listener::listener(std::unique_ptr<implementation> made) : implementation_{std::move(made)} {}
listener::~listener() = default;
std::uint16_t listener::port() const { return implementation_->port(); }
void listener::stop() { implementation_->stop(); }

std::variant<std::unique_ptr<listener>, std::string> listener::open(const listener_options& options, handler handle) {
  const std::string failed = "cannot listen on " + shown(options.bind, options.port) + ": ";
  asio::error_code not_an_address;
  const auto address = asio::ip::make_address(options.bind, not_an_address);
  if (not_an_address) return failed + "the address is not an IP address";
  try {
    return std::unique_ptr<listener>{new listener{std::make_unique<implementation>(options, address, std::move(handle))}};
  } catch (const asio::system_error& error) {
    return failed + error.code().message();
  } catch (const std::exception& error) {
    return failed + error.what();
  }
}

}  // namespace retail_pulse::http
