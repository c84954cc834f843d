#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "fetch/engine/blocking_engine.hpp"
#include "tests/support/misbehaviour.hpp"

namespace retail_pulse::fetch {

using namespace std::chrono_literals;
using test_support::http_response;
using test_support::origin;
using test_support::serving;
using test_support::serving_once;
using test_support::session;
using test_support::tiny_gif;

/// An engine that may fetch from loopback, with a deadline that a healthy loopback fetch never
/// meets.
inline engine_options loopback_options() {
  engine_options options;
  options.threads = 8;
  options.deadline = 20s;
  options.allow_addresses = {"127.0.0.0/8", "::1/128"};
  return options;
}

inline engine_options with_deadline(std::chrono::milliseconds deadline) {
  auto options = loopback_options();
  options.deadline = deadline;
  return options;
}

/// Fetches and waits; "it ended" is part of every test, within a bound far above any deadline here.
inline outcome fetch(engine& from, request wanted) {
  const auto url = wanted.url;
  const auto done = std::make_shared<std::promise<outcome>>();
  auto answer = done->get_future();
  from.submit(std::move(wanted), [done](outcome result) { done->set_value(std::move(result)); });
  BOOST_REQUIRE_MESSAGE(answer.wait_for(60s) == std::future_status::ready,
                        "the fetch of " << url << " ended");
  return answer.get();
}

inline outcome fetch(engine& from, const std::string& url) { return fetch(from, request{url}); }

inline outcome fetch(engine_options options, const std::string& url) {
  return fetch(*make_blocking_engine(std::move(options)), url);
}

inline std::string resolve(engine& with, const std::string& url) {
  const auto done = std::make_shared<std::promise<std::string>>();
  auto answer = done->get_future();
  with.resolve(url, [done](std::string address) { done->set_value(std::move(address)); });
  BOOST_REQUIRE(answer.wait_for(60s) == std::future_status::ready);
  return answer.get();
}

}  // namespace retail_pulse::fetch

/// The code, with what the log would say when it is another.
#define CHECK_CODE(result, expected)                                                            \
  do {                                                                                          \
    const auto checked = (result);                                                              \
    BOOST_TEST((checked.code == error_code::expected), "code " << describe(checked.code).name   \
                                                               << " (" << checked.detail        \
                                                               << "), expected " << #expected); \
  } while (false)
