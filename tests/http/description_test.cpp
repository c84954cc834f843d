#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "core/error_code.hpp"
#include "core/job.hpp"
#include "http/embedded.hpp"
#include "tests/http/client.hpp"
#include "tests/http/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

using nlohmann::json;

const json& document() {
  static const json parsed = json::parse(http::openapi_json);
  return parsed;
}

/// Routes that are no part of the API: for people and for Prometheus.
const std::set<std::string> not_described = {"GET /", "GET /metrics"};

std::set<std::string> described_routes() {
  std::set<std::string> all;
  for (const auto& [path, item] : document()["paths"].items()) {
    for (const auto* method : {"get", "post", "put", "delete", "patch"}) {
      if (!item.contains(method)) continue;
      std::string name{method};
      std::ranges::transform(name, name.begin(),
                             [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      all.insert(name + " " + path);
      if (item.contains("x-trailing-slash")) all.insert(name + " " + path + "/");
    }
  }
  return all;
}

std::set<std::string> enum_of(const char* schema) {
  return document()["components"]["schemas"][schema]["enum"].get<std::set<std::string>>();
}

/// A folder with what scripts/install-docs puts there, for as long as this lives.
class docs_folder {
 public:
  explicit docs_folder(std::string script = "var SwaggerUIBundle;") {
    std::string name =
        (std::filesystem::temp_directory_path() / "retail-pulse-docs-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::ofstream{path_ / "swagger-ui-bundle.js"} << script;
    std::ofstream{path_ / "swagger-ui.css"} << ".swagger-ui{}";
  }
  ~docs_folder() { std::filesystem::remove_all(path_); }
  docs_folder(const docs_folder&) = delete;
  docs_folder& operator=(const docs_folder&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

answer get_with(const world& w, std::string_view target, const std::string& headers) {
  return ask(w.port(), get_text(target, headers));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(description)

BOOST_AUTO_TEST_CASE(routes_and_description_are_the_same_set) {
  world w;
  std::set<std::string> served{w.routes().begin(), w.routes().end()};
  BOOST_TEST(served.size() == w.routes().size());
  for (const auto& route : not_described) served.erase(route);
  const auto described = described_routes();
  BOOST_TEST(served == described, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_vocabulary_is_that_of_the_code) {
  std::set<std::string> codes;
  for (const auto& row : error_table) {
    if (row.code != error_code::none) codes.emplace(row.name);
  }
  BOOST_TEST(enum_of("ErrorCode") == codes, boost::test_tools::per_element());
  const std::set<std::string> states{std::string{name_of(job_state::ongoing)},
                                     std::string{name_of(job_state::completed)},
                                     std::string{name_of(job_state::failed)}};
  BOOST_TEST(enum_of("JobState") == states, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_description_is_served_and_need_not_be_sent_twice) {
  world w;
  const auto first = get(w.port(), "/openapi.json");
  BOOST_TEST(first.status == 200);
  BOOST_TEST(first.header("Content-Type").value() == "application/json");
  BOOST_TEST((first.body == http::openapi_json));
  const auto tag = first.header("ETag").value();
  for (const auto& known : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
    const auto again = get_with(w, "/openapi.json", "If-None-Match: " + known + "\r\n");
    BOOST_TEST(again.status == 304);
    BOOST_TEST(again.body == "");
    BOOST_TEST(again.header("ETag").value() == tag);
    BOOST_TEST(!again.header("Content-Length"));
  }
  BOOST_TEST(get_with(w, "/openapi.json", "If-None-Match: \"other\"\r\n").status == 200);
  world after_a_restart;
  BOOST_TEST(get(after_a_restart.port(), "/openapi.json").header("ETag").value() == tag);
}

BOOST_AUTO_TEST_CASE(a_head_of_the_description_tells_its_length_and_tag) {
  world w;
  client c{w.port()};
  c.send("HEAD /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto a = c.read(true);
  BOOST_TEST(a.status == 200);
  BOOST_TEST(a.header("Content-Length").value() == std::to_string(http::openapi_json.size()));
  BOOST_TEST(a.header("ETag").value() == get(w.port(), "/openapi.json").header("ETag").value());
  const auto options = c.ask("OPTIONS /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n");
  BOOST_TEST(options.status == 200);
  BOOST_TEST(options.header("Allow").value() == "GET, HEAD, OPTIONS");
}

BOOST_AUTO_TEST_CASE(an_accept_header_that_leaves_nothing_is_406) {
  world w;
  for (const auto* accept :
       {"*/*", "application/*", "application/json", "Application/JSON;q=0.1",
        "text/html, */*;q=0.1", "text/html,application/json;charset=utf-8",
        "application/json, application/*;q=0", "", "nonsense", "application/json;q=0.001",
        "application/json;q=1.000", "text/html;q=0, application/json"}) {
    BOOST_TEST_CONTEXT(accept) {
      BOOST_TEST(get_with(w, "/openapi.json", "Accept: " + std::string{accept} + "\r\n").status ==
                 200);
      BOOST_TEST(
          get_with(w, "/api/jobs/1/audit", "Accept: " + std::string{accept} + "\r\n").status ==
          404);
      BOOST_TEST(get_with(w, "/healthz", "Accept: " + std::string{accept} + "\r\n").status == 200);
      BOOST_TEST(get_with(w, "/readyz", "Accept: " + std::string{accept} + "\r\n").status == 200);
    }
  }
  for (const auto* accept :
       {"text/html", "text/*", "application/xml", "application/json;q=0", "*/*;q=0",
        "*/*, application/json;q=0.0", "*/*, application/*; q=0.000", "application/json-seq",
        "*/json", "application/problem+json"}) {
    BOOST_TEST_CONTEXT(accept) {
      const auto a = get_with(w, "/openapi.json", "Accept: " + std::string{accept} + "\r\n");
      BOOST_TEST(a.status == 406);
      BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
      BOOST_TEST(json::parse(a.body)["code"] == "not_acceptable");
      BOOST_TEST(json::parse(a.body)["instance"] == "/openapi.json");
      BOOST_TEST(
          get_with(w, "/api/jobs/1/audit", "Accept: " + std::string{accept} + "\r\n").status ==
          406);
      BOOST_TEST(get_with(w, "/healthz", "Accept: " + std::string{accept} + "\r\n").status == 406);
      // Its clients have always sent what they liked.
      BOOST_TEST(
          get_with(w, "/api/status?jobid=1", "Accept: " + std::string{accept} + "\r\n").status ==
          400);
    }
  }
  BOOST_TEST(
      get_with(w, "/openapi.json", "Accept: text/html\r\nAccept: application/json\r\n").status ==
      200);
}

BOOST_AUTO_TEST_CASE(
    every_route_answers_options_and_other_methods_and_an_accept_header_as_described) {
  world w;
  for (const auto& [described, item] : document()["paths"].items()) {
    const auto path = std::regex_replace(described, std::regex{R"(\{[^}]+\})"}, "1");
    const auto asked = [&](const std::string& method, const std::string& headers) {
      return ask(w.port(), method + " " + path + " HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
    };
    BOOST_TEST_CONTEXT(path) {
      const auto options = asked("OPTIONS", "Accept: image/png\r\n");
      BOOST_TEST(options.status == 200);
      BOOST_TEST(options.body == "");
      const auto other = asked("PATCH", "");
      BOOST_TEST(other.status == 405);
      BOOST_TEST(other.header("Allow").value() == options.header("Allow").value());
      for (const auto* method : {"get", "post"}) {
        if (!item.contains(method)) continue;
        const bool refuses =
            asked(method == std::string{"get"} ? "GET" : "POST", "Accept: image/png\r\n").status ==
            406;
        BOOST_TEST(refuses == item[method]["responses"].contains("406"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(errors_below_the_jobs_stores_and_docs_are_problems_and_elsewhere_sentences) {
  world w;
  for (const auto* path : {"/api/jobs/1/nothing", "/api/jobs/1/audit/x", "/api/jobs/",
                           "/api/stores/1/2", "/docs/nothing"}) {
    const auto a = get(w.port(), path);
    BOOST_TEST(a.status == 404);
    BOOST_TEST(a.header("Content-Type").value() == "application/problem+json");
    BOOST_TEST(json::parse(a.body)["code"] == "not_found");
    BOOST_TEST(json::parse(a.body)["instance"] == path);
  }
  for (const auto* path : {"/nothing", "/api", "/api/jobsx", "/api/submit/x", "/docsx"}) {
    BOOST_TEST(get(w.port(), path).body == R"({"error":"there is nothing at this path"})");
  }
}

BOOST_AUTO_TEST_CASE(the_page_loads_what_is_installed_and_nothing_from_elsewhere) {
  const docs_folder folder;
  world w{{.docs_folders = {"/nonexistent", folder.path()}}};
  for (const auto* path : {"/docs", "/docs/"}) {
    const auto page = get(w.port(), path);
    BOOST_TEST(page.status == 200);
    BOOST_TEST(page.header("Content-Type").value() == "text/html; charset=utf-8");
    BOOST_TEST((page.body == http::docs_page));
    const auto policy = page.header("Content-Security-Policy").value();
    BOOST_TEST(policy.find("default-src 'none'") != std::string::npos);
    BOOST_TEST(policy.find("unsafe") == std::string::npos);
  }
  BOOST_TEST(http::docs_page.find("http:") == std::string::npos);
  BOOST_TEST(http::docs_page.find("https:") == std::string::npos);
  const auto script = get(w.port(), "/docs/swagger-ui-bundle.js");
  BOOST_TEST(script.body == "var SwaggerUIBundle;");
  BOOST_TEST(script.header("Content-Type").value() == "text/javascript; charset=utf-8");
  BOOST_TEST(get_with(w, "/docs/swagger-ui-bundle.js",
                      "If-None-Match: " + script.header("ETag").value() + "\r\n")
                 .status == 304);
  BOOST_TEST(get(w.port(), "/docs/swagger-ui.css").header("Content-Type").value() ==
             "text/css; charset=utf-8");
  BOOST_TEST((get(w.port(), "/docs/page.js").body == http::docs_script));
  for (const auto* path : {"/docs/../docs", "/docs/LICENSE", "/docs/swagger-ui.css/",
                           "/docs/%2e%2e/etc/passwd", "/docs//"}) {
    BOOST_TEST(get(w.port(), path).status == 404);
  }
}

BOOST_AUTO_TEST_CASE(a_page_that_is_not_installed_says_how_to) {
  const docs_folder empty_script{""};
  for (const auto& folders : {std::vector<std::string>{}, std::vector<std::string>{"/nonexistent"},
                              std::vector{empty_script.path()}}) {
    world w{{.docs_folders = folders}};
    const auto page = get(w.port(), "/docs");
    BOOST_TEST(page.status == 200);
    BOOST_TEST((page.body == http::docs_not_installed));
    BOOST_TEST(page.body.find("scripts/install-docs") != std::string::npos);
    BOOST_TEST(page.body.find("/openapi.json") != std::string::npos);
    BOOST_TEST(get(w.port(), "/docs/swagger-ui.css").status == 404);
    BOOST_TEST(get(w.port(), "/docs/swagger-ui-bundle.js").status == 404);
    BOOST_TEST(
        get_with(w, "/docs", "If-None-Match: " + page.header("ETag").value() + "\r\n").status ==
        304);
  }
}

BOOST_AUTO_TEST_SUITE_END()
