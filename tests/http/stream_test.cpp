#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "http/response/errors.hpp"
#include "http/response/job_json.hpp"
#include "http/restinio/listener.hpp"
#include "tests/http/client.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using namespace std::chrono_literals;

namespace {

/// Writes chunk after chunk, each when the one before is written, until there are no more or the
/// stream is over.
class producer : public std::enable_shared_from_this<producer> {
 public:
  /// The chunk of that number, or nothing at the end.
  using chunks = std::function<std::optional<std::string>(std::size_t)>;

  producer(std::shared_ptr<http::body_writer> to, chunks from)
      : to_{std::move(to)}, from_{std::move(from)} {}

  void go_on() {
    const auto chunk = from_(given);
    if (!chunk) {
      to_->end();
      return finished_.set_value(true);
    }
    ++given;
    to_->write(*chunk, [self = shared_from_this()](bool ok) {
      ok ? self->go_on() : self->finished_.set_value(false);
    });
  }

  /// Whether the stream was sent to its end; waits for it.
  bool came_to_its_end() {
    if (result_.wait_for(60s) != std::future_status::ready)
      throw std::runtime_error{"the stream is not over"};
    return result_.get();
  }

  std::atomic<std::size_t> given{0};

 private:
  std::shared_ptr<http::body_writer> to_;
  chunks from_;
  std::promise<bool> finished_;
  std::future<bool> result_{finished_.get_future()};
};

producer::chunks counted_chunks(std::size_t count, std::function<std::string(std::size_t)> chunk) {
  return [count, chunk = std::move(chunk)](std::size_t number) {
    return number < count ? std::optional{chunk(number)} : std::nullopt;
  };
}

http::response text_head() {
  return {.status = 200, .body = {}, .headers = {{"Content-Type", "text/plain"}}};
}

/// A listener whose handler is the test's, on a free port.
class streaming_server {
 public:
  explicit streaming_server(http::listener::handler handle,
                            std::function<void(http::listener_options&)> change = nullptr) {
    http::listener_options options{.bind = "127.0.0.1",
                                   .max_body_bytes = 1 << 20,
                                   .max_connections = 512,
                                   .threads = 2,
                                   .request_read = 20s,
                                   .idle = 20s,
                                   .request_handle = 20s};
    if (change) change(options);
    listener_ =
        std::get<std::unique_ptr<http::listener>>(http::listener::open(options, std::move(handle)));
  }

  std::uint16_t port() const { return listener_->port(); }
  void stop() { listener_->stop(); }
  void destroy() { listener_.reset(); }

 private:
  std::unique_ptr<http::listener> listener_;
};

/// What the handler passes to the test thread.
template <class T>
class handed_over {
 public:
  void give(T value) { promise_.set_value(std::move(value)); }
  T take() {
    if (future_.wait_for(20s) != std::future_status::ready)
      throw std::runtime_error{"the handler handed nothing over"};
    return future_.get();
  }

 private:
  std::promise<T> promise_;
  std::future<T> future_{promise_.get_future()};
};

/// Writes from the test thread, and waits for the outcome.
bool write_and_wait(http::body_writer& to, std::string chunk) {
  auto told = std::make_shared<std::promise<bool>>();
  auto result = told->get_future();
  to.write(std::move(chunk), [told](bool ok) { told->set_value(ok); });
  if (result.wait_for(60s) != std::future_status::ready)
    throw std::runtime_error{"no outcome of a chunk came"};
  return result.get();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(streams)

BOOST_AUTO_TEST_CASE(a_stream_arrives_whole_with_the_headers_of_every_answer) {
  streaming_server server{[](const http::request&, const http::responder& answer) {
    std::make_shared<producer>(
        answer.stream(text_head()),
        counted_chunks(1000,
                       [](std::size_t n) {
                         return std::string(n * 7 % 3000,
                                            static_cast<char>('a' + n % 26));  // some are empty
                       }))
        ->go_on();
  }};
  std::string expected;
  for (std::size_t n = 0; n < 1000; ++n)
    expected.append(n * 7 % 3000, static_cast<char>('a' + n % 26));

  client c{server.port()};
  c.send(get_text("/", "X-Request-Id: mine\r\n"));
  const auto head = c.read_head();
  BOOST_TEST(head.status == 200);
  BOOST_TEST(head.header("Transfer-Encoding").value() == "chunked");
  BOOST_TEST(head.header("Content-Type").value() == "text/plain");
  BOOST_TEST(head.header("X-Request-Id").value() == "mine");
  BOOST_TEST(head.header("Server").value() == "retail-pulse");
  BOOST_TEST(head.header("Date").has_value());
  BOOST_TEST(!head.header("Content-Length").has_value());
  BOOST_TEST((c.read_chunks() == expected));
}

BOOST_AUTO_TEST_CASE(the_connection_serves_other_requests_after_a_stream) {
  streaming_server server{[](const http::request& r, const http::responder& answer) {
    if (r.path == "/plain") return answer(http::alive());
    std::make_shared<producer>(answer.stream(text_head()),
                               counted_chunks(3, [](std::size_t n) { return std::to_string(n); }))
        ->go_on();
  }};
  client c{server.port()};
  for (int i = 0; i < 3; ++i) {
    c.send(get_text("/"));
    BOOST_TEST(c.read_head().header("Connection").value() == "keep-alive");
    BOOST_TEST(c.read_chunks().value() == "012");
    BOOST_TEST(c.ask(get_text("/plain")).status == 200);
  }
  c.send(get_text("/") + get_text("/plain") + get_text("/") +
         get_text("/", "Connection: close\r\n"));  // all at once
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunks().value() == "012");
  BOOST_TEST(c.read().body == R"({"status":"ok"})");
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunks().value() == "012");
  BOOST_TEST(c.read_head().header("Connection").value() == "close");
  BOOST_TEST(c.read_chunks().value() == "012");
  BOOST_TEST(c.closed());
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_at_once_has_a_head) {
  streaming_server server{[](const http::request&, const http::responder& answer) {
    answer.stream(text_head())->end();
  }};
  client c{server.port()};
  c.send(get_text("/"));
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunks().value() == "");
}

BOOST_AUTO_TEST_CASE(an_end_goes_behind_the_chunk_that_is_on_its_way) {
  std::atomic<int> late{0};
  streaming_server server{[&](const http::request&, const http::responder& answer) {
    const auto body = answer.stream(text_head());
    body->write(std::string(1 << 20, 'x'), [](bool) {});
    body->end();
    body->end();  // a second end does nothing
    body->write("late", [&](bool ok) { late += ok ? 100 : 1; });
  }};
  for (int i = 0; i < 20; ++i) {
    client c{server.port()};
    c.send(get_text("/"));
    BOOST_TEST(c.read_head().status == 200);
    BOOST_TEST(c.read_chunks().value().size() == 1u << 20);
  }
  BOOST_TEST(late == 20);
}

BOOST_AUTO_TEST_CASE(a_head_request_gets_the_head_alone) {
  std::atomic<int> told{0};
  streaming_server server{[&](const http::request&, const http::responder& answer) {
    const auto body = answer.stream(text_head());
    if (!body->open()) body->write("not sent", [&](bool ok) { told += ok ? 100 : 1; });
    body->end();
  }};
  client c{server.port()};
  for (int i = 0; i < 2; ++i) {
    c.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto head = c.read_head();
    BOOST_TEST(head.status == 200);
    BOOST_TEST(head.header("Content-Type").value() == "text/plain");
    BOOST_TEST(head.header("Connection").value() == "keep-alive");
  }
  BOOST_TEST(told == 2);
  BOOST_TEST(!c.has_data());
}

BOOST_AUTO_TEST_CASE(a_client_of_http_1_0_reads_until_the_connection_closes) {
  streaming_server server{[](const http::request& r, const http::responder& answer) {
    const auto body = answer.stream(text_head());
    const bool whole = r.path == "/whole";
    body->write("all there is", [body, whole](bool) {
      if (whole) body->end();
    });
  }};
  client c{server.port()};
  c.send("GET /whole HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto head = c.read_head();
  BOOST_TEST(!head.header("Transfer-Encoding").has_value());
  BOOST_TEST(head.header("Connection").value() == "close");
  BOOST_TEST(c.read_until_closed().value() == "all there is");

  client cut{server.port()};
  cut.send("GET /broken HTTP/1.0\r\n\r\n");
  BOOST_TEST(cut.read_head().status == 200);
  BOOST_TEST(!cut.read_until_closed().has_value());  // a reset, which no client takes for the end
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_given_up_is_seen_to_be_broken) {
  streaming_server server{[](const http::request& r, const http::responder& answer) {
    const auto body = answer.stream(text_head());
    if (r.path == "/at-once") return;
    body->write("a part", [body](bool) {});  // and the writer goes
  }};
  client c{server.port()};
  c.send(get_text("/part"));
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunk().value() == "a part");
  BOOST_TEST(!c.read_chunk().has_value());
  BOOST_TEST(c.closed());
  client d{server.port()};
  d.send(get_text("/at-once"));
  BOOST_TEST(d.read_head().status == 200);
  BOOST_TEST(!d.read_chunk().has_value());
}

BOOST_AUTO_TEST_CASE(a_request_is_answered_once_by_a_stream_or_otherwise) {
  std::atomic<int> second_answers{0};
  streaming_server server{[&](const http::request& r, const http::responder& answer) {
                            if (r.path == "/stream") {
                              const auto body = answer.stream(text_head());
                              if (answer.waits() || answer.stream(text_head())) ++second_answers;
                              answer(http::alive());
                              answer.within(0ms, http::supervisor_silent);
                              body->write("streamed", [body](bool) { body->end(); });
                            } else {
                              answer(http::alive());
                              if (answer.stream(text_head())) ++second_answers;
                            }
                          },
                          [](auto& options) { options.request_handle = 50ms; }};
  client c{server.port()};
  c.send(get_text("/stream"));
  BOOST_TEST(c.read_head().status == 200);
  BOOST_TEST(c.read_chunks().value() == "streamed");
  BOOST_TEST(c.ask(get_text("/plain")).body == R"({"status":"ok"})");
  BOOST_TEST(second_answers == 0);
}

BOOST_AUTO_TEST_CASE(a_handler_that_may_take_longer_is_not_hung_up_before) {
  handed_over<http::responder> kept;
  streaming_server server{[&](const http::request&, const http::responder& answer) {
                            answer.within(3s, http::supervisor_silent);
                            kept.give(answer);
                          },
                          [](auto& options) {
                            options.request_handle = 100ms;
                            options.longest_answer = 5s;
                            options.hang_up_after = 100ms;
                          }};
  client c{server.port()};
  BOOST_TEST(c.ask(get_text("/")).status == 503);
}

BOOST_AUTO_TEST_CASE(nothing_behind_what_is_refused_is_carried_out_however_many_are_refused) {
  std::atomic<int> handled{0};
  streaming_server server{[&](const http::request&, const http::responder& answer) {
    ++handled;
    answer(http::alive());
  }};
  // Each of these is listened to for a while, so that it reads why; for the last ones there is no
  // room for that.
  const std::string folded = "GET /a HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n";
  const std::string padding = "GET /b HTTP/1.1\r\nHost: a\r\nX: " + std::string(9000, 'x') +
                              "\r\n\r\n";  // more than is read at once
  std::vector<std::unique_ptr<client>> refused;
  for (std::size_t i = 0; i < limits::refusals_lingering + 8; ++i) {
    refused.push_back(std::make_unique<client>(server.port()));
    refused.back()->send(folded + padding + get_text("/c"));
  }
  for (std::size_t i = 0; i < limits::refusals_lingering; ++i)
    BOOST_TEST(refused[i]->read().status == 400);
  BOOST_TEST(get(server.port(), "/alive").status == 200);
  BOOST_TEST(handled == 1);
}

BOOST_AUTO_TEST_CASE(a_slow_reader_is_given_no_more_than_the_kernel_keeps_for_it) {
  constexpr std::size_t chunk = 64 << 10;
  constexpr std::size_t chunks = 1024;      // 64 MiB
  constexpr std::size_t kernel = 16 << 20;  // both sockets' buffers together have less
  handed_over<std::shared_ptr<producer>> made;
  streaming_server server{[&](const http::request&, const http::responder& answer) {
    auto p = std::make_shared<producer>(
        answer.stream(text_head()), counted_chunks(chunks, [](std::size_t n) {
          return std::string(chunk, static_cast<char>('a' + n % 26));
        }));
    p->go_on();
    made.give(p);
  }};
  client c{server.port()};
  c.send(get_text("/"));
  BOOST_TEST(c.read_head().status == 200);
  const auto p = made.take();
  for (std::size_t n = 0; n < chunks; ++n) {
    if (n % 128 == 0) std::this_thread::sleep_for(50ms);  // it could run ahead
    BOOST_REQUIRE(p->given <= n + 2 + kernel / chunk);
    BOOST_REQUIRE((c.read_chunk().value() == std::string(chunk, static_cast<char>('a' + n % 26))));
  }
  BOOST_TEST(c.read_chunk().value() == "");
  BOOST_TEST(p->came_to_its_end());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut_off) {
  handed_over<std::shared_ptr<producer>> made;
  streaming_server server{[&](const http::request& r, const http::responder& answer) {
                            if (r.path != "/") return answer(http::alive());
                            auto p = std::make_shared<producer>(
                                answer.stream(text_head()),
                                [](std::size_t) { return std::string(64 << 10, 'x'); });
                            p->go_on();
                            made.give(p);
                          },
                          [](auto& options) { options.response_write = 500ms; }};
  client c{server.port()};
  c.send(get_text("/"));
  const auto p = made.take();
  BOOST_TEST(!p->came_to_its_end());
  BOOST_TEST(p->given < 256u);  // 16 MiB
  BOOST_TEST(get(server.port(), "/alive").status == 200);
}

BOOST_AUTO_TEST_CASE(a_client_that_goes_away_ends_the_stream) {
  handed_over<std::shared_ptr<producer>> made;
  streaming_server server{[&](const http::request&, const http::responder& answer) {
    auto p = std::make_shared<producer>(answer.stream(text_head()),
                                        [](std::size_t) { return std::string(1000, 'x'); });
    p->go_on();
    made.give(p);
  }};
  client c{server.port()};
  c.send(get_text("/"));
  BOOST_TEST(c.read_head().status == 200);
  c.reset();
  BOOST_TEST(!made.take()->came_to_its_end());
}

BOOST_AUTO_TEST_CASE(a_stream_outlives_the_limits_of_requests_as_long_as_chunks_are_given) {
  handed_over<std::shared_ptr<http::body_writer>> made;
  streaming_server server{[&](const http::request&, const http::responder& answer) {
                            made.give(answer.stream(text_head()));
                          },
                          [](auto& options) {
                            options.request_read = 1s;
                            options.idle = 100ms;
                            options.request_handle = 100ms;
                            options.response_write = 3s;
                            options.hang_up_after = 3s;
                          }};
  client c{server.port()};
  c.send(get_text("/"));
  const auto body = made.take();
  for (int i = 0; i < 20; ++i) {  // 5 s: longer than each of them
    BOOST_REQUIRE(write_and_wait(*body, "heartbeat "));
    std::this_thread::sleep_for(250ms);
  }
  BOOST_TEST(body->open());
  BOOST_TEST(c.read_head().status == 200);
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE_EQUAL(c.read_chunk().value(), "heartbeat ");
  BOOST_TEST(!c.read_chunk().has_value());  // and ends when none are
  BOOST_TEST(!write_and_wait(*body, "too late"));
  BOOST_TEST(!body->open());
}

BOOST_AUTO_TEST_CASE(many_streams_run_at_once) {
  streaming_server server{[](const http::request& r, const http::responder& answer) {
    std::make_shared<producer>(
        answer.stream(text_head()),
        counted_chunks(
            50, [path = r.path](std::size_t n) { return path + " " + std::to_string(n) + "\n"; }))
        ->go_on();
  }};
  std::vector<client> clients;
  for (int i = 0; i < 200; ++i)
    clients.emplace_back(server.port()).send(get_text("/" + std::to_string(i)));
  for (int i = 0; i < 200; ++i) {
    std::string expected;
    for (int n = 0; n < 50; ++n)
      expected += "/" + std::to_string(i) + " " + std::to_string(n) + "\n";
    BOOST_REQUIRE_EQUAL(clients[static_cast<std::size_t>(i)].read_head().status, 200);
    BOOST_REQUIRE_EQUAL(clients[static_cast<std::size_t>(i)].read_chunks().value(), expected);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_breaks_open_streams_off) {
  std::mutex mutex;
  std::vector<std::shared_ptr<http::body_writer>> writers;
  std::vector<std::shared_ptr<producer>> producers;
  streaming_server server{[&](const http::request& r, const http::responder& answer) {
    auto body = answer.stream(text_head());
    const std::lock_guard lock{mutex};
    if (r.path == "/quiet") {
      writers.push_back(body);
      body->write("one", [](bool) {});
    } else {
      producers.push_back(std::make_shared<producer>(
          std::move(body), [](std::size_t) { return std::string(10'000, 'x'); }));
      producers.back()->go_on();
    }
  }};
  std::vector<client> quiet;
  std::vector<client> unread;
  for (int i = 0; i < 20; ++i) {
    quiet.emplace_back(server.port()).send(get_text("/quiet"));
    unread.emplace_back(server.port()).send(get_text("/endless"));
  }
  for (auto& c : quiet) {
    BOOST_TEST(c.read_head().status == 200);
    BOOST_TEST(c.read_chunk().value() == "one");
  }
  for (auto& c : unread) BOOST_TEST(c.read_head().status == 200);
  server.stop();
  for (auto& c : quiet) BOOST_TEST(!c.read_chunk().has_value());
  for (auto& c : unread) BOOST_TEST(!c.read_chunks().has_value());
  for (const auto& p : producers) BOOST_TEST(!p->came_to_its_end());
  for (const auto& w : writers) {
    BOOST_TEST(!w->open());
    BOOST_TEST(!write_and_wait(*w, "after the stop"));
  }
  server.destroy();
  BOOST_TEST(!write_and_wait(*writers.front(), "after the server"));
  writers.front()->end();
  writers.clear();
}

BOOST_AUTO_TEST_CASE(what_has_ended_before_the_stop_arrives_whole) {
  for (int i = 0; i < 20; ++i) {
    handed_over<std::shared_ptr<http::body_writer>> made;
    streaming_server server{[&](const http::request&, const http::responder& answer) {
      made.give(answer.stream(text_head()));
    }};
    client c{server.port()};
    c.send(get_text("/"));
    const auto body = made.take();
    body->write(std::string(30'000, 'x'), [](bool) {});
    body->end();
    server.stop();
    BOOST_REQUIRE_EQUAL(c.read_head().status, 200);
    BOOST_REQUIRE_EQUAL(c.read_chunks().value().size(), 30'000u);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_while_streams_begin_and_end_ends) {
  for (int i = 0; i < 5; ++i) {
    std::atomic<int> served{0};
    streaming_server server{[&](const http::request&, const http::responder& answer) {
      const auto body = answer.stream(text_head());
      if (!body) return;
      ++served;
      std::make_shared<producer>(
          body, counted_chunks(20, [](std::size_t) { return std::string(500, 'x'); }))
          ->go_on();
    }};
    std::atomic<bool> go_on{true};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, port = server.port()] {
        try {
          while (go_on) {
            client c{port};
            while (go_on && c.send(get_text("/")) && c.read_head().status == 200 &&
                   c.read_chunks()) {
            }
          }
        } catch (const std::exception&) {
          return;  // the server no longer listens, as expected
        }
      });
    }
    while (served < 50) std::this_thread::yield();
    server.stop();
    const int before = served;
    go_on = false;
    for (auto& thread : threads) thread.join();
    BOOST_TEST(served == before);  // no handler runs any more
  }
}

BOOST_AUTO_TEST_SUITE_END()
