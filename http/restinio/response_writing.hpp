#pragma once

#include <asio.hpp>
#include <atomic>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <restinio/http_server.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "http/responder.hpp"
#include "http/restinio/connection_books.hpp"
#include "http/restinio/guarded_socket.hpp"
#include "http/restinio/open_streams.hpp"
#include "http/restinio/pending_requests.hpp"
#include "http/shares/permit.hpp"
#include "observe/log.hpp"

/// Responses over RESTinio's connections (included by listener.cpp only). They are written as
/// RESTinio's write groups, without its builders: those announce a length where there must be none
/// (204, 304), and cannot break a body off.
namespace retail_pulse::http {

/// Set while a handler runs on this thread: RESTinio mixes up pipelined requests when one is
/// answered before its handler has returned.
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

inline constexpr std::string_view server_name = "retail-pulse";

inline std::string date_now() { return restinio::make_date_field_value(std::time(nullptr)); }

/// A response as text, for a connection that RESTinio has given up; it writes its own from the same
/// parts.
inline std::string text_of(const response& r, const std::string& request_id) {
  std::string text = "HTTP/1.1 " + std::to_string(r.status) + " " +
                     std::string{reason_of(r.status)} + "\r\nConnection: close\r\n";
  const auto add = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Length", std::to_string(r.body.size()));
  for (const auto& field : r.headers) add(field.name, field.value);
  add("X-Request-Id", request_id);
  add("Server", server_name);
  add("Date", date_now());
  return text + "\r\n" + r.body;
}

struct head_shape {
  bool keep_alive = true;
  bool chunked = false;
  std::optional<std::size_t> length{};
};

inline std::string head_of(response& r, const std::string& request_id, const head_shape& shape) {
  restinio::http_response_header_t head{
      {restinio::http_status_code_t{static_cast<std::uint16_t>(r.status)},
       std::string{reason_of(r.status)}}};
  head.should_keep_alive(shape.keep_alive);
  for (auto& field : r.headers) head.add_field(std::move(field.name), std::move(field.value));
  head.add_field("X-Request-Id", request_id);
  head.add_field("Server", std::string{server_name});
  head.add_field("Date", date_now());
  if (shape.chunked) head.add_field("Transfer-Encoding", "chunked");
  if (shape.length) head.content_length(*shape.length);
  using presence = restinio::impl::content_length_field_presence_t;
  return restinio::impl::create_header_string(
      head, shape.length ? presence::add_content_length : presence::skip_content_length);
}

/// What a listener shares with the writers of its responses.
struct listener_state {
  const std::shared_ptr<open_streams> streams = std::make_shared<open_streams>();
  std::atomic<std::size_t> being_written{0};  ///< responses, and ends of streams
  std::atomic<bool> stopping{false};
  asio::io_context context;  ///< destroyed before the counters, which its handlers hold permits of
  connection_books& books = asio::use_service<connection_books>(context);

  /// Counts until it is written, or can't be any more.
  permit count() {
    ++being_written;
    return permit{[this] { --being_written; }};
  }
};

/// Where the parts of one response go.
struct response_target {
  restinio::impl::connection_handle_t connection;
  restinio::request_id_t request;
  bool keep_alive;

  void write(restinio::write_group_t group, restinio::response_parts_attr_t parts,
             bool connection_stays = true) const {
    const auto afterwards = restinio::response_connection_attr(keep_alive && connection_stays);
    connection->write_response_parts(request, {parts, afterwards}, std::move(group));
  }
};

/// Everything goes over a strand: in order, and nothing is given to RESTinio while a handler runs
/// (see handler_mark).
class restinio_chunk_writer final : public chunk_writer,
                                    public std::enable_shared_from_this<restinio_chunk_writer> {
 public:
  restinio_chunk_writer(listener_state& all, connection_ptr on, response_target target,
                        std::string head, bool chunked)
      : all_{all},
        on_{std::move(on)},
        strand_{asio::make_strand(all.context)},
        target_{std::move(target)},
        head_{std::move(head)},
        chunked_{chunked} {}

  void write(std::string chunk, std::function<void(bool ok)> written) override {
    restinio::writable_items_container_t items;
    auto unread = all_.books.writes(on_, chunk.size());
    if (!chunk.empty()) {  // as a chunk it would be the end
      if (chunked_) items.emplace_back(fmt::format("{:X}\r\n", chunk.size()));
      items.emplace_back(std::move(chunk));
      if (chunked_) items.emplace_back("\r\n");
    }
    restinio::write_group_t group{std::move(items)};
    group.after_write_notificator([written = std::move(written), unread = std::move(unread)](
                                      const asio::error_code& failed) mutable {
      unread.reset();
      written(!failed);
    });
    post(std::move(group), restinio::response_parts_attr_t::not_final_parts, true);
  }

  void finish(bool whole) override {
    restinio::writable_items_container_t items;
    if (whole && chunked_) items.emplace_back("0\r\n\r\n");
    restinio::write_group_t group{std::move(items)};
    // To a client of HTTP/1.0 the end of the connection is the end of the body: only a reset shows
    // that something is missing.
    const bool reset = !whole && !chunked_;
    group.after_write_notificator(
        [sent = whole ? all_.count() : permit{}, reset](const asio::error_code& failed) {
          if (reset && !failed)
            note_of_this_thread().reset = true;  // RESTinio closes the connection next
        });
    post(std::move(group), restinio::response_parts_attr_t::final_parts, whole);
  }

 private:
  void post(restinio::write_group_t group, restinio::response_parts_attr_t parts,
            bool connection_stays) {
    try {
      asio::post(strand_, [self = shared_from_this(), group = std::move(group), parts,
                           connection_stays]() mutable {
        if (!self->head_.empty())
          group.items().insert(group.items().begin(),
                               restinio::writable_item_t{std::exchange(self->head_, {})});
        self->target_.write(std::move(group), parts, connection_stays);
      });
    } catch (const std::exception&
                 problem) {  // no memory, say; RESTinio's time limit ends the connection
      observe::log(observe::level::warning, "a chunk could not be sent",
                   {{"detail", problem.what()}});
    }
  }

  listener_state& all_;
  const connection_ptr on_;
  asio::strand<asio::io_context::executor_type> strand_;
  const response_target target_;
  std::string head_;  ///< empty once it is sent; on the strand only
  const bool chunked_;
};

class restinio_response_writer final
    : public response_writer,
      public std::enable_shared_from_this<restinio_response_writer> {
 public:
  restinio_response_writer(listener_state& all, restinio::request_handle_t to, connection_ptr on,
                           std::string request_id)
      : all_{all}, to_{std::move(to)}, on_{std::move(on)}, id_{std::move(request_id)} {}

  void write(response r) override {
    try {
      auto written = all_.count();
      if (!handler_mark::set()) return send(std::move(r), std::move(written));
      asio::post(all_.context, [self = shared_from_this(), r = std::move(r),
                                written = std::move(written)]() mutable {
        self->send(std::move(r), std::move(written));
      });
    } catch (const std::exception&
                 problem) {  // no memory, say; RESTinio's time limit ends the connection
      observe::log(observe::level::warning, "a response could not be sent",
                   {{"request", id_}, {"detail", problem.what()}});
    }
  }

  std::shared_ptr<body_writer> stream(response head) override {
    try {
      return begin(std::move(head));
    } catch (const std::exception& problem) {
      observe::log(observe::level::warning, "a response could not be begun",
                   {{"request", id_}, {"detail", problem.what()}});
      return nullptr;
    }
  }

 private:
  bool is_head() const { return to_->header().method() == restinio::http_method_head(); }

  response_target target() const {
    // The connection stays in the request, from which RESTinio's builders take it: there is one
    // response anyway.
    return {restinio::impl::access_req_connection(*to_), to_->request_id(),
            to_->header().should_keep_alive() && !all_.stopping};
  }

  void log_status(int status) const {
    observe::log(observe::level::debug, "answered",
                 {{"status", std::int64_t{status}},
                  {"request", id_},
                  {"method", to_->header().method().c_str()}});
  }

  void send(response r, permit written) const {
    log_status(r.status);
    const auto to = target();
    const bool bodiless = r.status == 204 || r.status == 304;
    const bool has_body = !bodiless && !r.body.empty() && !is_head();
    const auto length = bodiless ? std::nullopt : std::optional{r.body.size()};
    restinio::writable_items_container_t items;
    auto unread = all_.books.writes(on_, has_body ? r.body.size() : 0);
    items.emplace_back(head_of(r, id_, {.keep_alive = to.keep_alive, .length = length}));
    if (has_body) items.emplace_back(std::move(r.body));
    restinio::write_group_t group{std::move(items)};
    group.after_write_notificator(
        [written = std::move(written), unread = std::move(unread)](const asio::error_code&) {});
    to.write(std::move(group), restinio::response_parts_attr_t::final_parts);
  }

  std::shared_ptr<body_writer> begin(response head) const {
    log_status(head.status);
    const bool chunked = to_->header().http_minor() >= 1;
    auto to = target();
    to.keep_alive &= chunked;
    auto text = head_of(head, id_, {.keep_alive = to.keep_alive, .chunked = chunked});
    auto chunks = std::make_shared<restinio_chunk_writer>(all_, on_, std::move(to), std::move(text),
                                                          chunked && !is_head());
    if (!is_head()) return all_.streams->open(std::move(chunks));
    chunks->finish(true);
    return all_.streams->open(nullptr);
  }

  listener_state& all_;
  const restinio::request_handle_t to_;
  const connection_ptr on_;
  const std::string id_;
};

}  // namespace retail_pulse::http
