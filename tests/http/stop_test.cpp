#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

BOOST_AUTO_TEST_SUITE(start_and_stop)

BOOST_AUTO_TEST_CASE(a_port_that_is_taken_is_reported) {
  world first;
  world second{{.port = first.port()}};
  BOOST_TEST(second.problem() == "cannot listen on 127.0.0.1:" + std::to_string(first.port()) +
                                     ": Address already in use");
  BOOST_TEST(get(first.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(an_invalid_address_is_reported) {
  BOOST_TEST(world{{.bind = "shop.example"}}.problem() ==
             "cannot listen on shop.example:0: the address is not an IP address");
  BOOST_TEST(world{{.bind = "localhost"}}.problem() ==
             "cannot listen on localhost:0: the address is not an IP address");
  BOOST_TEST(world{{.bind = ""}}.problem() ==
             "cannot listen on :0: the address is not an IP address");
  BOOST_TEST(world{{.bind = "192.0.2.1"}}.problem() ==
             "cannot listen on 192.0.2.1:0: Cannot assign requested address");
}

BOOST_AUTO_TEST_CASE(the_server_can_listen_on_all_addresses) {
  world w{{.bind = "0.0.0.0"}};
  BOOST_REQUIRE_EQUAL(w.problem(), "");
  BOOST_TEST(get(w.port(), "/healthz").status == 200);
}

BOOST_AUTO_TEST_CASE(a_port_is_free_again_after_the_stop) {
  std::uint16_t port = 0;
  for (int i = 0; i < 3; ++i) {
    world w{{.port = port}};
    BOOST_REQUIRE_EQUAL(w.problem(), "");
    port = w.port();
    BOOST_TEST(get(port, "/healthz").status == 200);
  }
}

BOOST_AUTO_TEST_CASE(a_stop_answers_what_is_open_and_closes_everything) {
  world w;
  w.supervisor_is(manner::hold);
  w.reader_is(manner::hold);
  client idle{w.port()};
  BOOST_TEST(idle.ask(get_text("/healthz")).status == 200);
  client never_used{w.port()};
  client half{w.port()};
  half.send("POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{");
  client submitting{w.port()};
  submitting.send(post_text("/api/submit", good_submission()));
  client asking{w.port()};
  asking.send(get_text("/api/status?jobid=1"));
  w.wait_for_held(2);
  w.stop_server();
  for (auto* c : {&submitting, &asking}) {
    const auto a = c->read();
    BOOST_TEST(a.status == 503);
    BOOST_TEST(a.header("Connection").value() == "close");
    BOOST_TEST(a.body == R"({"error":"the service is stopping"})");
    BOOST_TEST(c->closed());
  }
  const auto a = half.read();
  BOOST_TEST(
      (a.status == 503 || a.status == 0));  // 0: the stop came before its first byte was seen
  BOOST_TEST(idle.closed());
  BOOST_TEST(never_used.closed());
  w.stop_server();  // a second stop does nothing
}

BOOST_AUTO_TEST_CASE(a_stop_answers_what_is_half_received) {
  world w;
  client half{w.port()};
  half.send(
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(half.read().status == 100);  // the server has seen it
  half.send("{");
  w.stop_server();
  const auto a = half.read();
  BOOST_TEST(a.status == 503);
  BOOST_TEST(a.header("Retry-After").value() == "5");
  BOOST_TEST(a.header("Connection").value() == "close");
  BOOST_TEST(a.body == R"({"error":"the service is stopping"})");
  BOOST_TEST(half.closed());
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_while_the_server_stops_reads_the_reason) {
  world w{{.max_body_bytes = std::size_t{64} << 20}};
  client busy{w.port()};
  busy.send(
      "POST /api/submit HTTP/1.1\r\nHost: h\r\nContent-Length: 67108864\r\nExpect: "
      "100-continue\r\n\r\n");
  BOOST_TEST(busy.read().status == 100);
  std::thread sending{[&busy] {
    const std::string part(64 << 10, ' ');
    for (int sent = 0; sent < 1000 && !busy.has_data() && busy.send(part); ++sent)
      std::this_thread::yield();
  }};
  w.stop_server();
  sending.join();
  BOOST_TEST(busy.read().status == 503);
}

BOOST_AUTO_TEST_CASE(answers_given_before_the_stop_arrive) {
  for (int i = 0; i < 20; ++i) {
    world w;
    w.supervisor_is(manner::hold);
    client c{w.port()};
    c.send(post_text("/api/submit", good_submission()));
    w.wait_for_held(1);
    w.let_go();
    w.stop_server();
    BOOST_REQUIRE_EQUAL(c.read().status, 201);
  }
}

BOOST_AUTO_TEST_CASE(actors_may_answer_after_the_server_is_gone) {
  world w;
  w.supervisor_is(manner::hold);
  w.reader_is(manner::hold);
  client c{w.port()};
  c.send(post_text("/api/submit", good_submission()));
  client d{w.port()};
  d.send(get_text("/api/status?jobid=1"));
  client e{w.port()};
  e.send(get_text("/readyz"));
  w.wait_for_held(3);
  w.destroy_server();
  w.let_go();
  BOOST_TEST(c.read().status == 503);
}

BOOST_AUTO_TEST_CASE(a_stop_under_load_ends) {
  for (int i = 0; i < 5; ++i) {
    world w;
    std::atomic<bool> go_on{true};
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
      threads.emplace_back([&w, &go_on, t, port = w.port()] {
        try {
          while (go_on) {
            client c{port};
            for (int n = 0; n < 20 && go_on; ++n) {
              if (c.ask(post_text("/api/submit", good_submission(t % 2 == 0 ? 0 : 40'000)))
                      .status == 0)
                break;
            }
          }
        } catch (const std::exception&) {
          return;  // the server no longer listens, as expected
        }
      });
    }
    while (w.submissions() < 50) std::this_thread::yield();
    w.stop_server();
    w.supervisor_is(manner::hold);
    const auto heard = w.submissions();
    go_on = false;
    for (auto& thread : threads) thread.join();
    w.destroy_server();
    BOOST_TEST(w.submissions() - heard <= 6u);  // only what was in the mailbox, one per client
  }
}

BOOST_AUTO_TEST_SUITE_END()
