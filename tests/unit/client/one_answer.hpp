#pragma once

#include <httplib.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <variant>

#include "client/rest_client.hpp"

namespace retail_pulse::client {

/// A service that gives one answer to everything, and keeps what it was asked.
struct one_answer {
  httplib::Server server;
  int port = -1;
  int status = 200;
  std::string body;
  httplib::Headers headers;
  httplib::Headers asked_headers;
  std::string asked;  // method, target and body of the last request; read when its answer is there
  std::thread thread;

  one_answer() {
    const auto answer = [this](const httplib::Request& request, httplib::Response& response) {
      asked = request.method + " " + request.target + " " + request.body;
      asked_headers = request.headers;
      response.status = status;
      response.headers = headers;
      response.set_content(body, "application/json");
    };
    server.Get(".*", answer);
    server.Post(".*", answer);
    port = server.bind_to_any_port("127.0.0.1");
    BOOST_REQUIRE(port > 0);
    thread = std::thread{[this] { server.listen_after_bind(); }};
    while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ~one_answer() {
    server.stop();
    thread.join();
  }

  rest_client api(const std::string& path = "") const {
    auto made = rest_client::for_url("http://127.0.0.1:" + std::to_string(port) + path);
    BOOST_REQUIRE(std::holds_alternative<rest_client>(made));
    return std::get<rest_client>(std::move(made));
  }
};

template <class Value>
client_error error_of(const std::variant<Value, client_error>& answer) {
  BOOST_REQUIRE(std::holds_alternative<client_error>(answer));
  return std::get<client_error>(answer);
}

}  // namespace retail_pulse::client
