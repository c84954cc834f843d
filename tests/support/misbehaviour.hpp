#pragma once

#include <chrono>
#include <string>

#include "tests/support/origin.hpp"

/// What hosts do to a client, as scripts of an origin.
namespace retail_pulse::test_support {

/// Serves one response, whatever is asked and however often.
inline origin::script serving(std::string response) {
  return [response = std::move(response)](session& with) {
    while (with.read_request() && with.send(response)) {
    }
  };
}

/// Serves one response, whatever is asked, and closes.
inline origin::script serving_once(std::string response) {
  return [response = std::move(response)](session& with) {
    if (with.read_request()) with.send(response);
  };
}

/// Sends `start`, then `again` until nobody listens.
inline origin::script endless(std::string start, std::string again) {
  return [start = std::move(start), again = std::move(again)](session& with) {
    if (!with.read_request() || !with.send(start)) return;
    while (with.send(again)) {
    }
  };
}

/// Sends `start`, then one byte of `drops` every 20 ms, and then nothing.
inline origin::script dripping(std::string start, std::string drops) {
  return [start = std::move(start), drops = std::move(drops)](session& with) {
    if (with.read_request() && with.send(start) && with.drip(drops, std::chrono::milliseconds{20}))
      with.wait_for_close();
  };
}

/// Says these bytes without having been asked, and again after each request.
inline origin::script speaking_first(std::string bytes) {
  return [bytes = std::move(bytes)](session& with) {
    while (with.send(bytes) && with.read_request()) {
    }
  };
}

/// Sends `start` and breaks the connection.
inline origin::script resetting_after(std::string start) {
  return [start = std::move(start)](session& with) {
    if (!with.read_request() || !with.send(start)) return;
    with.pause(std::chrono::milliseconds{50});  // so that it is read before the reset
    with.reset();
  };
}

inline void says_nothing(session& with) { with.wait_for_close(); }

}  // namespace retail_pulse::test_support
