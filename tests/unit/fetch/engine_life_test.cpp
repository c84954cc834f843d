#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <thread>
#include <vector>

#include "core/limits.hpp"
#include "fetch/net/connection_pool.hpp"
#include "fetch/net/thread_pool.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/unit/fetch/engine_fixture.hpp"

namespace retail_pulse::fetch {

BOOST_AUTO_TEST_SUITE(engine_life)

namespace {

/// Collects outcomes and waits for a number of them.
class collector {
 public:
  on_fetched callback() {
    return [this](outcome result) {
      std::lock_guard lock{mutex_};
      outcomes_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::vector<outcome> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    BOOST_REQUIRE(changed_.wait_for(lock, 120s, [&] { return outcomes_.size() >= count; }));
    return outcomes_;
  }
  std::size_t size() {
    std::lock_guard lock{mutex_};
    return outcomes_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<outcome> outcomes_;
};

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(thousands_of_fetches_at_once_use_no_more_than_the_threads) {
  origin host{[](session& with) {
    while (with.read_request()) {
      with.pause(1ms);
      if (!with.send(http_response(200, tiny_gif(1, 1)))) return;
    }
  }};
  auto options = loopback_options();
  options.threads = 16;
  options.deadline = 60s;
  collector results;
  const auto engine = make_blocking_engine(options);
  constexpr std::size_t many = 3000;
  for (std::size_t i = 0; i < many; ++i)
    engine->submit({host.url("/" + std::to_string(i))}, results.callback());
  for (const auto& result : results.wait_for(many)) CHECK_CODE(result, none);
  BOOST_TEST(host.most_at_once() <= 16);
  BOOST_TEST(host.most_at_once() > 1);
  BOOST_TEST(host.connections() <=
             32);  // kept connections are used again; the odd one is lost to a race for it
}

BOOST_AUTO_TEST_CASE(the_end_of_an_engine_cancels_whatever_a_fetch_waits_for) {
  const test_support::silent_listener silent;
  const test_support::dns_stub mute{[](const std::string&, bool, int) { return std::nullopt; }};
  origin quiet{[](session& with) { with.wait_for_close(); }};
  origin half{[](session& with) {
    if (with.read_request() && with.send("HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\nGIF89a"))
      with.wait_for_close();
  }};
  const auto port = [](auto& of) { return std::to_string(of.port()); };
  auto options = loopback_options();
  options.deadline = 10min;
  options.dns_servers = mute.server();
  collector results;
  std::atomic<int> resolved = 0;
  {
    const auto engine = make_blocking_engine(options);
    engine->submit({"http://127.0.0.1:" + port(silent) + "/"}, results.callback());  // connecting
    engine->submit({"https://127.0.0.1:" + port(quiet) + "/"},
                   results.callback());                    // in the TLS handshake
    engine->submit({quiet.url("/")}, results.callback());  // waiting for the response
    engine->submit({half.url("/")}, results.callback());   // in the body
    for (int i = 0; i < 4; ++i)
      engine->submit({"http://mute.example/"}, results.callback());  // looking up
    for (int i = 0; i < 20; ++i)
      engine->submit({quiet.url("/")}, results.callback());  // eight threads: not begun
    engine->resolve("http://mute.example/",
                    [&](const std::string& address) { resolved += address.empty() ? 1 : 100; });
    while (half.requests().empty() || quiet.connections() < 2) std::this_thread::sleep_for(1ms);
    BOOST_TEST(results.size() == 0u);
  }
  BOOST_TEST(resolved == 1);
  BOOST_TEST(results.size() == 28u);
  for (const auto& result : results.wait_for(28)) CHECK_CODE(result, internal);
}

BOOST_AUTO_TEST_CASE(a_fetch_gives_way_while_its_host_has_not_answered) {
  const test_support::silent_listener silent;
  origin quiet{[](session& with) { with.wait_for_close(); }};
  origin trickling{[](session& with) {
    if (!with.read_request()) return;
    for (const char c : std::string{"HTTP/1.1 200 OK\r\nX-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
      with.pause(100ms);
      if (!with.send(std::string{c})) return;
    }
    with.wait_for_close();
  }};
  const auto port = [](auto& of) { return std::to_string(of.port()); };
  const std::string urls[] = {
      "http://127.0.0.1:" + port(silent) + "/",  // connecting
      "https://127.0.0.1:" + port(quiet) + "/",  // in the TLS handshake
      quiet.url("/"),                            // waiting for the response
      trickling.url("/"),                        // in its head
  };
  auto options = loopback_options();
  options.deadline = 10min;
  const auto engine = make_blocking_engine(options);
  for (const auto& url : urls) {
    const auto result = fetch(*engine, request{url, std::nullopt, [] { return true; }});
    CHECK_CODE(result, origin_unavailable);
    BOOST_TEST(result.postponed);
    BOOST_TEST(result.gave_way);
    BOOST_TEST((result.with_origin == contact::none));
    BOOST_TEST(result.leads_to == "127.0.0.1");
  }
}

BOOST_AUTO_TEST_CASE(a_fetch_gives_way_only_when_it_is_asked_to) {
  origin late{[](session& with) {
    if (!with.read_request()) return;
    with.pause(limits::first_look + 500ms);
    with.send(http_response(200, tiny_gif(1, 1)));
  }};
  std::atomic<int> asked = 0;
  const auto engine = make_blocking_engine(loopback_options());
  const auto result = fetch(*engine, request{late.url("/"), std::nullopt, [&] {
                                               ++asked;
                                               return false;
                                             }});
  CHECK_CODE(result, none);
  BOOST_TEST(asked > 0);
}

BOOST_AUTO_TEST_CASE(a_host_that_has_answered_may_take_its_time_for_the_body) {
  const auto picture = tiny_gif(1, 1);
  origin slow{[&](session& with) {
    if (!with.read_request()) return;
    const auto whole = http_response(200, picture);
    if (!with.send(whole.substr(0, whole.size() - 5))) return;
    with.pause(limits::first_look + 500ms);
    with.send(whole.substr(whole.size() - 5));
  }};
  std::atomic<int> asked = 0;
  const auto engine = make_blocking_engine(loopback_options());
  const auto result = fetch(*engine, request{slow.url("/"), std::nullopt, [&] {
                                               ++asked;
                                               return true;
                                             }});
  CHECK_CODE(result, none);
  BOOST_TEST(asked == 0);
}

BOOST_AUTO_TEST_CASE(a_callback_may_submit_the_next_fetch) {
  origin host{
      origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })};
  collector results;
  const auto engine = make_blocking_engine(loopback_options());
  engine->submit({host.url("/1")}, [&](outcome first) {
    results.callback()(std::move(first));
    engine->submit({host.url("/2")}, results.callback());
  });
  for (const auto& result : results.wait_for(2)) CHECK_CODE(result, none);
}

BOOST_AUTO_TEST_CASE(resolving_takes_no_fetch_thread) {
  origin quiet{[](session& with) { with.wait_for_close(); }};
  auto options = loopback_options();
  options.threads = 1;
  collector results;
  const auto engine = make_blocking_engine(options);
  engine->submit({quiet.url("/")}, results.callback());
  while (quiet.connections() == 0) std::this_thread::sleep_for(1ms);
  BOOST_TEST(resolve(*engine, "http://127.0.0.1/") == "127.0.0.1");
  BOOST_TEST(resolve(*engine, "http://localhost/") == "127.0.0.1");
  BOOST_TEST(results.size() == 0u);
}

BOOST_AUTO_TEST_CASE(no_descriptor_outlives_the_engine) {
  origin host{origin::answering([](const std::string& path) {
    return http_response(path == "/404" ? 404 : 200, tiny_gif(1, 1));
  })};
  CHECK_CODE(fetch(loopback_options(), host.url("/")), none);
  while (host.open_now() > 0) std::this_thread::sleep_for(1ms);
  const auto before = open_descriptors();
  {
    const auto engine = make_blocking_engine(loopback_options());
    for (int i = 0; i < 20; ++i) fetch(*engine, host.url(i % 2 == 0 ? "/" : "/404"));
    fetch(*engine, "http://127.0.0.1:1/");
    BOOST_TEST(open_descriptors() > before);
  }
  while (host.open_now() > 0) std::this_thread::sleep_for(1ms);
  BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(idle_connections_are_bounded_and_the_longest_idle_goes_first) {
  std::vector<std::unique_ptr<origin>> hosts;
  for (int i = 0; i < 3; ++i) {
    hosts.push_back(std::make_unique<origin>(
        origin::answering([](const std::string&) { return http_response(200, tiny_gif(1, 1)); })));
  }
  auto options = loopback_options();
  options.idle_connections = 2;
  const auto engine = make_blocking_engine(options);
  for (const int i : {0, 1, 2, 1, 2, 0})
    CHECK_CODE(fetch(*engine, hosts[static_cast<std::size_t>(i)]->url("/")), none);
  BOOST_TEST(hosts[0]->connections() == 2);
  BOOST_TEST(hosts[1]->connections() == 1);
  BOOST_TEST(hosts[2]->connections() == 1);
}

BOOST_AUTO_TEST_CASE(
    a_connection_is_kept_while_it_is_not_idle_too_long_and_for_its_origin_and_address_alone) {
  origin host{[](session& with) { with.wait_for_close(); }};
  const auto to = std::get<url>(parse_url(host.url("/")));
  const auto address = *parse_address("127.0.0.1");
  const auto key = connection_pool::key_of(to, address);
  const tls_context tls{""};
  const auto open = [&] {
    return std::get<std::unique_ptr<connection>>(
        connection::open(to, address, tls, {std::chrono::steady_clock::now() + 20s, -1}));
  };
  connection_pool patient{4, 10min};
  patient.keep(key, open());
  patient.close_expired();
  BOOST_TEST(patient.size() == 1u);
  BOOST_TEST((patient.take(connection_pool::key_of(std::get<url>(parse_url("http://localhost/")),
                                                   address)) == nullptr));
  BOOST_TEST((patient.take(connection_pool::key_of(to, *parse_address("127.0.0.2"))) == nullptr));
  BOOST_TEST((patient.take(key) != nullptr));
  BOOST_TEST((patient.take(key) == nullptr));
  connection_pool hasty{4, 0ms};
  hasty.keep(key, open());
  BOOST_TEST((hasty.take(key) == nullptr));
  BOOST_TEST(hasty.size() == 0u);
}

std::ptrdiff_t threads_of_this_process() {
  return std::distance(std::filesystem::directory_iterator{"/proc/self/task"}, {});
}

BOOST_AUTO_TEST_CASE(threads_start_with_work_and_end_when_idle) {
  std::atomic<int> rests = 0;
  const auto before = threads_of_this_process();
  thread_pool pool{4, 20ms, [&] { ++rests; }};
  BOOST_TEST(threads_of_this_process() == before);
  for (int round = 1; round <= 3; ++round) {
    std::atomic<int> ran = 0;
    for (int i = 0; i < 100; ++i) BOOST_TEST(pool.run([&] { ++ran; }));
    BOOST_TEST(threads_of_this_process() <= before + 4);
    while (ran < 100 || threads_of_this_process() > before) std::this_thread::sleep_for(1ms);
  }
  pool.stop();
  BOOST_TEST(rests >= 3);
  BOOST_TEST(!pool.run([] {}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::fetch
