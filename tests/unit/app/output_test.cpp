#include "app/output.hpp"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

using namespace retail_pulse::app;
namespace fs = std::filesystem;

struct folder {
  fs::path path;
  folder() {
    std::string made = (fs::temp_directory_path() / "retail-pulse-output-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(made.data()) != nullptr);
    path = made;
  }
  ~folder() { fs::remove_all(path); }

  std::string file(const std::string& name) const { return (path / name).string(); }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator{path}, fs::directory_iterator{}); }
};

std::string content(const std::string& name) {
  std::ifstream file{name, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

output opened(const std::string& name) {
  auto made = output::to_file(name);
  if (const auto* problem = std::get_if<std::string>(&made)) BOOST_FAIL(*problem);
  return std::get<output>(std::move(made));
}

std::string fault(const std::string& name) {
  const auto made = output::to_file(name);
  BOOST_REQUIRE(std::holds_alternative<std::string>(made));
  return std::get<std::string>(made);
}

BOOST_FIXTURE_TEST_SUITE(outputs, folder)

BOOST_AUTO_TEST_CASE(a_file_appears_when_it_is_whole) {
  auto to = opened(file("a.csv"));
  BOOST_TEST(to.write("1,"));
  BOOST_TEST(to.write("2\n"));
  BOOST_TEST(!fs::exists(file("a.csv")));
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(file("a.csv")) == "1,2\n");
  BOOST_TEST(files() == 1);
}

BOOST_AUTO_TEST_CASE(an_unfinished_file_goes_and_the_one_before_it_stays) {
  std::ofstream{file("a.csv")} << "old";
  {
    auto to = opened(file("a.csv"));
    to.write("new");
  }
  BOOST_TEST(content(file("a.csv")) == "old");
  BOOST_TEST(files() == 1);
  auto to = opened(file("a.csv"));
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(content(file("a.csv")) == "new");
}

BOOST_AUTO_TEST_CASE(a_link_is_followed_and_stays_one) {
  fs::create_symlink("real.csv", file("link.csv"));
  std::ofstream{file("real.csv")} << "old";
  auto to = opened(file("link.csv"));
  to.write("new");
  BOOST_TEST(!to.finish().has_value());
  BOOST_TEST(fs::is_symlink(file("link.csv")));
  BOOST_TEST(content(file("real.csv")) == "new");
}

BOOST_AUTO_TEST_CASE(what_cannot_become_a_file_is_refused_by_name) {
  BOOST_TEST(fault(path.string()) == path.string() + " is not a regular file");
  BOOST_TEST(fault("/dev/null") == "/dev/null is not a regular file");
  BOOST_TEST(fault(file("no/such/folder/a.csv")) == file("no/such/folder/a.csv") + " cannot be written: No such file or directory");
}

BOOST_AUTO_TEST_CASE(control_characters_and_what_is_no_utf8_become_question_marks) {
  BOOST_TEST(printable("K\u00f6ln \u20ac \U0001F600") == "K\u00f6ln \u20ac \U0001F600");
  BOOST_TEST(printable(std::string_view{"\0\x01\x1f\x7f\xc2\x80\xc2\x9f\xc2\xa0", 10}) == "??????\u00a0");
  BOOST_TEST(printable("a\xff\xe2\x82z") == "a???z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
