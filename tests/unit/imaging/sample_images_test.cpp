#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "builders.hpp"

namespace retail_pulse::imaging {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_sample_images)

BOOST_AUTO_TEST_CASE(are_measured_and_whole) {
  const std::map<std::string, measurement> expected{
      {"aisle-palette.png", {image_format::png, 320, 240}},
      {"checkout.bmp", {image_format::bmp, 210, 168}},
      {"cooler-progressive.jpg", {image_format::jpeg, 600, 800}},
      {"endcap.png", {image_format::png, 200, 150}},
      {"promotion.gif", {image_format::gif, 300, 200}},
      {"shelf-evening.jpg", {image_format::jpeg, 480, 360}},
      {"shelf-morning.jpg", {image_format::jpeg, 640, 480}},
      {"tag-lossless.webp", {image_format::webp, 160, 120}},
      {"window.webp", {image_format::webp, 512, 384}},
  };
  std::size_t found = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator{RETAIL_PULSE_SOURCE_DIR "/data/sample-images"}) {
    const std::string name = entry.path().filename().string();
    BOOST_TEST_CONTEXT(name) {
      BOOST_REQUIRE(expected.contains(name));
      ++found;
      const std::string file = content_of(entry.path());
      for (const std::size_t piece : {0, 1, 1000}) {
        const auto outcome = read_in_pieces(file, piece);
        BOOST_TEST(outcome.code == error_code::none);
        BOOST_TEST(outcome.measured == expected.at(name));
      }
      const std::size_t trailer =
          expected.at(name).format == image_format::gif ? 1 : 0;  // which decoders do without
      BOOST_TEST(code_of(std::string_view{file}.substr(0, file.size() - 1 - trailer)) ==
                     error_code::truncated,
                 "the last byte counts");
      BOOST_TEST(code_of(std::string_view{file}.substr(0, file.size() / 2)) ==
                 error_code::truncated);
    }
  }
  BOOST_TEST(found == expected.size());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
