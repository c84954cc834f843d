#include "http/routes.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "http/restinio/pending_requests.hpp"

using namespace retail_pulse::http;
using namespace std::chrono_literals;

namespace {

/// Keeps the responses that reach the connection.
struct noting_writer final : response_writer {
  explicit noting_writer(std::vector<response>& all) : written{all} {}
  void write(response r) override { written.push_back(std::move(r)); }
  std::shared_ptr<body_writer> stream(response) override { return nullptr; }
  std::vector<response>& written;
};

std::string type_of(const response& r) {
  for (const auto& field : r.headers) {
    if (field.name == "Content-Type") return field.value;
  }
  return "";
}

/// A table with both styles, and requests to it that need no server.
struct fixture {
  std::shared_ptr<pending_requests> waiting = std::make_shared<pending_requests>();
  std::vector<response> written{};
  std::vector<responder> kept{};
  route_table table = made();

  route_table made() {
    const auto ok = [](const request& r, const responder& answer) {
      answer({.status = 200, .body = r.parameter, .headers = {}});
    };
    const auto keep = [this](const request&, const responder& answer) { kept.push_back(answer); };
    const auto no = [](const request&, const responder& answer) {
      answer.reject({409, "taken", "it is taken"});
    };
    route_table routes;
    routes.add_plain("GET", "/api/status", keep);
    routes.add_plain("POST", "/api/submit", no);
    routes.add({"GET", "/api/jobs/{id}", ok});
    routes.add({"GET", "/api/jobs/{id}/audit", keep});
    routes.add({"POST", "/api/stores/reload", no});
    routes.add({"GET", "/api/stores/{id}", ok});
    routes.add({"GET", "/healthz", [](const request&, const responder&) {}});
    return routes;
  }

  response ask(const std::string& method, const std::string& path) {
    send(method, path);
    BOOST_REQUIRE(!written.empty());
    return written.back();
  }

  void send(const std::string& method, const std::string& path) {
    request r;
    r.id = "the-id";
    r.method = method;
    r.path = path;
    auto writer = std::make_shared<noting_writer>(written);
    const responder answer{waiting->add(r, 10s, std::move(writer))};
    table(r, answer);
  }
};

constexpr const char* plain = "application/json";
constexpr const char* problem = "application/problem+json";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(routes, fixture)

BOOST_AUTO_TEST_CASE(a_parameter_is_one_segment_and_yields_to_a_literal_path) {
  BOOST_TEST(ask("GET", "/api/jobs/7").body == "7");
  BOOST_TEST(ask("GET", "/api/stores/S1").body == "S1");
  BOOST_TEST(ask("GET", "/api/stores/reload").status == 405);
  BOOST_TEST(ask("GET", "/api/jobs/7/8").status == 404);
}

BOOST_AUTO_TEST_CASE(an_error_has_the_style_of_its_route) {
  BOOST_TEST(ask("POST", "/api/submit").body == R"({"error":"it is taken"})");
  BOOST_TEST(ask("POST", "/api/stores/reload").body ==
             R"({"type":"about:blank","title":"Conflict","status":409,"detail":"it is taken",)"
             R"("instance":"/api/stores/reload","code":"taken"})");
  BOOST_TEST(type_of(ask("PUT", "/api/submit/")) == plain);
  BOOST_TEST(type_of(ask("PUT", "/api/jobs/7")) == problem);
}

BOOST_AUTO_TEST_CASE(a_missing_path_has_the_style_of_the_routes_below_its_folder) {
  for (const auto* path : {"/api/jobs", "/api/jobs/7/8", "/api/stores", "/api/stores/"}) {
    BOOST_TEST_CONTEXT(path) BOOST_TEST(type_of(ask("GET", path)) == problem);
  }
  for (const auto* path :
       {"/", "/api", "/api/", "/api/jobsx", "/api/submit/x", "/healthz/x", "/x"}) {
    BOOST_TEST_CONTEXT(path) BOOST_TEST(type_of(ask("GET", path)) == plain);
  }
}

BOOST_AUTO_TEST_CASE(the_deadline_has_the_style_of_the_route_and_the_stop_is_plain) {
  send("GET", "/api/status");
  send("GET", "/api/jobs/7/audit");
  BOOST_TEST(written.empty());
  waiting->sweep(pending_requests::clock::now() + 11s);
  BOOST_REQUIRE_EQUAL(written.size(), 2u);
  BOOST_TEST(written[0].status == 503);
  BOOST_TEST(type_of(written[0]) == plain);
  BOOST_TEST(written[1].status == 503);
  BOOST_TEST(type_of(written[1]) == problem);
  for (const auto& late : kept) late(response{});
  BOOST_TEST(written.size() == 2u);

  send("GET", "/api/jobs/7/audit");
  waiting->close();
  BOOST_TEST(written.back().body == R"({"error":"the service is stopping"})");
}

BOOST_AUTO_TEST_CASE(a_dropped_responder_is_a_500_that_names_the_request) {
  const auto dropped = ask("GET", "/healthz");
  BOOST_TEST(dropped.status == 500);
  BOOST_TEST(dropped.body.find("under request the-id") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
