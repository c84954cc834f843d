#include "app/demo/image_host.hpp"

#include <httplib.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using retail_pulse::app::image_host;

const std::filesystem::path samples =
    std::filesystem::path{RETAIL_PULSE_SOURCE_DIR} / "data/sample-images";

BOOST_AUTO_TEST_SUITE(the_image_host)

BOOST_AUTO_TEST_CASE(every_sample_is_served_byte_by_byte_and_nothing_else) {
  const auto origin = image_host::start(samples, 0);
  BOOST_REQUIRE(origin);
  httplib::Client web{"127.0.0.1", origin->port()};
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator{samples}) {
    std::ifstream file{entry.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    const auto answer = web.Get("/" + entry.path().filename().string());
    BOOST_REQUIRE(answer);
    BOOST_TEST(answer->status == 200);
    BOOST_TEST((answer->body == bytes), entry.path());
    ++files;
  }
  BOOST_TEST(files > 0);
  BOOST_TEST(web.Get("/no-such-photo.jpg")->status == 404);
  BOOST_TEST(web.Get("/../sample-job.json")->status == 404);
}

BOOST_AUTO_TEST_CASE(a_taken_port_is_not_shared) {
  const auto first = image_host::start(samples, 0);
  BOOST_REQUIRE(first);
  BOOST_TEST(!image_host::start(samples, first->port()));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_refused) {
  BOOST_TEST(!image_host::start(samples / "none", 0));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
