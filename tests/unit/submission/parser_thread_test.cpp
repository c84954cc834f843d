#include "http/request/parser_thread.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "parsing.hpp"

using namespace retail_pulse::http;
using namespace std::chrono_literals;

namespace {

/// A future that must come: no test hangs.
template <class T>
T soon(std::future<T> f) {
  if (f.wait_for(20s) != std::future_status::ready) throw std::runtime_error{"it did not come"};
  return f.get();
}

/// Holds the thread in the first body's `done` until it is opened.
struct gate {
  std::promise<void> arrived;
  std::promise<void> opened;
  std::shared_future<void> open{opened.get_future()};

  void pass() {
    arrived.set_value();
    open.wait();
  }
};

constexpr client_address somebody{};

/// Told when the last copy of a callback is gone.
std::shared_ptr<void> told_when_gone(std::promise<void>& gone) {
  return {&gone, [](void* p) { static_cast<std::promise<void>*>(p)->set_value(); }};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_parser_thread)

BOOST_AUTO_TEST_CASE(a_body_is_digested_where_that_is_wanted) {
  parser_thread parser{{.total = 1000}};
  std::promise<std::string> with, without;
  BOOST_REQUIRE(parser.parse(
      somebody, "abc", true,
      [&](const parser_thread::parsed&, const std::string& digest) { with.set_value(digest); }));
  BOOST_REQUIRE(parser.parse(
      somebody, "abc", false,
      [&](const parser_thread::parsed&, const std::string& digest) { without.set_value(digest); }));
  BOOST_TEST(with.get_future().get() ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(without.get_future().get() == "");
}

BOOST_AUTO_TEST_CASE(bodies_are_parsed_in_order_and_elsewhere) {
  parser_thread parser{{.total = 1 << 20}};
  std::vector<std::string> seen;
  std::promise<std::thread::id> last;
  BOOST_REQUIRE(
      parser.parse(somebody, "[]", false, [&](const parser_thread::parsed& p, const std::string&) {
        seen.push_back(std::get<rejection>(p).sentence);
      }));
  BOOST_REQUIRE(
      parser.parse(somebody, "", false, [&](const parser_thread::parsed& p, const std::string&) {
        seen.push_back(std::get<rejection>(p).sentence);
      }));
  BOOST_REQUIRE(parser.parse(
      somebody, with_root(""), false, [&](const parser_thread::parsed& p, const std::string&) {
        seen.push_back(std::get<retail_pulse::submission_ptr>(p)->visit_count() == 1 ? "one visit"
                                                                                     : "?");
        last.set_value(std::this_thread::get_id());
      }));
  BOOST_TEST((soon(last.get_future()) != std::this_thread::get_id()));
  BOOST_TEST(seen == (std::vector<std::string>{"the body is not a JSON object", "the body is empty",
                                               "one visit"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_queue_is_bounded_by_its_bytes) {
  gate held;
  parser_thread parser{{.total = 100}};
  std::promise<void> last;
  const auto ignore = [](const parser_thread::parsed&, const std::string&) {};
  BOOST_REQUIRE(
      parser.parse(somebody, std::string(60, ' '), false,
                   [&](const parser_thread::parsed&, const std::string&) { held.pass(); }));
  soon(held.arrived.get_future());
  BOOST_TEST(
      !parser.parse(somebody, std::string(41, ' '), false, ignore));  // what is being parsed counts
  BOOST_TEST(
      parser.parse(somebody, std::string(40, ' '), false,
                   [&](const parser_thread::parsed&, const std::string&) { last.set_value(); }));
  BOOST_TEST(!parser.parse(somebody, " ", false, ignore));
  BOOST_TEST(!parser.parse(somebody, std::string(1000, ' '), false, ignore));
  held.opened.set_value();
  soon(last.get_future());
}

BOOST_AUTO_TEST_CASE(a_body_larger_than_the_queue_is_taken_when_it_is_alone) {
  gate held;
  parser_thread parser{{.total = 100}};
  std::promise<void> done;
  BOOST_REQUIRE(parser.parse(somebody, std::string(1000, ' '), false,
                             [&](const parser_thread::parsed&, const std::string&) {
                               held.pass();
                               done.set_value();
                             }));
  soon(held.arrived.get_future());
  BOOST_TEST(
      !parser.parse(somebody, " ", false, [](const parser_thread::parsed&, const std::string&) {}));
  held.opened.set_value();
  soon(done.get_future());
}

BOOST_AUTO_TEST_CASE(a_stop_drops_what_waits_and_takes_nothing_more) {
  gate held;
  parser_thread parser{{.total = std::size_t{1} << 30}};
  std::atomic<int> parsed{0};
  std::promise<void> gone;
  BOOST_REQUIRE(
      parser.parse(somebody, "[]", false, [&](const parser_thread::parsed&, const std::string&) {
        held.pass();
        ++parsed;
      }));
  soon(held.arrived.get_future());
  BOOST_REQUIRE(parser.parse(somebody, "[]", false,
                             [&parsed, t = told_when_gone(gone)](
                                 const parser_thread::parsed&, const std::string&) { ++parsed; }));
  auto stopping = std::async(std::launch::async, [&parser] { parser.stop(); });
  while (parser.parse(somebody, "[]", false,
                      [&](const parser_thread::parsed&, const std::string&) { ++parsed; }))
    std::this_thread::yield();
  held.opened.set_value();
  soon(std::move(stopping));
  soon(gone.get_future());
  BOOST_TEST(parsed == 1);
  BOOST_TEST(!parser.parse(somebody, "[]", false,
                           [&](const parser_thread::parsed&, const std::string&) { ++parsed; }));
}

BOOST_AUTO_TEST_CASE(a_body_that_cannot_be_handled_is_let_go_and_the_next_one_comes) {
  parser_thread parser{{.total = 1000}};
  std::promise<void> gone;
  std::promise<void> next;
  BOOST_REQUIRE(
      parser.parse(somebody, "[]", false,
                   [t = told_when_gone(gone)](const parser_thread::parsed&, const std::string&) {
                     throw std::bad_alloc{};
                   }));
  BOOST_REQUIRE(
      parser.parse(somebody, "[]", false,
                   [&](const parser_thread::parsed&, const std::string&) { next.set_value(); }));
  soon(gone.get_future());
  soon(next.get_future());
}

BOOST_AUTO_TEST_SUITE_END()
