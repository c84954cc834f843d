// What chromium makes of the page is in chart_test.py.
#include "simulation/chart/chart.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/stories.hpp"

namespace retail_pulse::simulation {

BOOST_AUTO_TEST_SUITE(a_chart)

namespace {

using nlohmann::json;

constexpr std::string_view data_begin = "<script id=\"data\" type=\"application/json\">";

std::string page_of(const std::vector<story_line>& lines, const outcome& of = {}) {
  chart made;
  for (const auto& each : lines) made.read(each);
  return made.page(of, "retail-pulse simulate --seed 9");
}

json data_in(const std::string& page) {
  const auto begin = page.find(data_begin) + data_begin.size();
  return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// The elements that are open at the end, or the first end tag that ends none; empty for a page in
/// order.
std::string wrong_elements(const std::string& page) {
  static const std::set<std::string> without_end{"!doctype", "meta", "input"};
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool is_end = page[at + 1] == '/';
    const auto from = at + (is_end ? 2 : 1);
    const auto name = page.substr(from, page.find_first_of(" >\n", from) - from);
    if (without_end.contains(name)) continue;
    if (!is_end) {
      open.push_back(name);
      if (name == "script" || name == "style") at = page.find("</" + name, at) - 1;
      continue;
    }
    if (open.empty() || open.back() != name) return "</" + name + ">";
    open.pop_back();
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_one_page_in_order_that_needs_no_other_file) {
  outcome of;
  const auto page = page_of(story_of(9, &of), of);
  BOOST_TEST(wrong_elements(page) == "");
  BOOST_TEST(page.starts_with("<!doctype html>"));
  BOOST_TEST(page.find("default-src 'none'") != std::string::npos);
  BOOST_TEST(count_of(page, "src=\"") + count_of(page, "href=\"") + count_of(page, "@import") ==
             0u);
  BOOST_TEST(count_of(page, "/*style*/") + count_of(page, "/*script*/") +
                 count_of(page, "/*data*/") ==
             0u);
}

BOOST_AUTO_TEST_CASE(holds_every_message_of_the_story_between_columns_that_there_are) {
  for (const std::uint64_t seed : {3, 9, 17}) {
    outcome of;
    const auto lines = story_of(seed, &of);
    std::vector<const story_line*> messages;
    for (const auto& each : lines) {
      if (each.what == story_line::kind::message) messages.push_back(&each);
    }
    const auto data = data_in(page_of(lines, of));
    const auto columns = static_cast<int>(data["members"].size());
    std::size_t count = 0;
    for (const auto& each : data["lines"]) {
      const int to = each["to"], from = each.value("from", to);
      BOOST_TEST((to >= 0 && to < columns && from >= 0 && from < columns), each.dump());
      if (each.contains("note")) continue;
      BOOST_TEST_REQUIRE(count < messages.size());
      BOOST_TEST(each["text"].get<std::string>() == messages[count]->text);
      BOOST_TEST(each["step"].get<std::uint64_t>() == messages[count]->step);
      ++count;
    }
    BOOST_TEST(count == messages.size());
    BOOST_TEST(data["steps"].get<std::uint64_t>() == of.steps);
  }
}

BOOST_AUTO_TEST_CASE(takes_no_text_for_markup) {
  const std::string nasty =
      "http://h/</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>?a=\"b\"&c='d' "
      "\xff /*data*/";
  story_line message;
  message.what = story_line::kind::message;
  message.name = "image";
  message.sender = "image_pool";
  message.text = nasty;
  outcome of;
  of.violation = nasty;
  const auto page = page_of({message}, of);
  BOOST_TEST(wrong_elements(page) == "");
  BOOST_TEST(count_of(page, "<script") == 2u);
  BOOST_TEST(page.find("alert(1)</script>") == std::string::npos);
  BOOST_TEST(page.find("<!--") == std::string::npos);
  BOOST_TEST(page.find("<img") == std::string::npos);
  auto expected = nasty;
  expected.replace(expected.find('\xff'), 1, "\xef\xbf\xbd");
  const auto data = data_in(page);
  BOOST_TEST(data["lines"][0]["text"].get<std::string>() == expected);
  BOOST_TEST(data["violation"].get<std::string>() == expected);
}

BOOST_AUTO_TEST_CASE(marks_faults_violations_and_the_life_of_the_process) {
  story_line fault, violation, start, passing;
  fault.name = "fault";
  fault.text = "crash";
  violation.name = "VIOLATION";
  start.name = "start";
  passing.name = "time";
  const auto lines = data_in(page_of({fault, violation, start, passing}))["lines"];
  BOOST_TEST_REQUIRE(lines.size() == 3u);  // that time passes is in the time of the other lines
  BOOST_TEST(lines[0]["style"] == "fault");
  BOOST_TEST(lines[1]["style"] == "violation");
  BOOST_TEST(lines[2]["style"] == "process");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::simulation
