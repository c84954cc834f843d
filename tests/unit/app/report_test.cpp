#include "app/demo/report.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse;
using namespace retail_pulse::app;

client::listed_image measured(const std::string& store, const std::string& url,
                              const std::string& format, int width, int height) {
  client::listed_image image;
  image.store_id = store;
  image.url = url;
  image.state = "succeeded";
  image.format = format;
  image.width = width;
  image.height = height;
  image.perimeter = 2 * (width + height);
  return image;
}

client::listed_image failed(const std::string& store, const std::string& url,
                            const std::string& code, const std::string& error) {
  client::listed_image image;
  image.store_id = store;
  image.url = url;
  image.state = "failed";
  image.code = code;
  image.error = error;
  return image;
}

const stores::store_table two_stores{
    {{"A1", "Corner Shop, North", "7100"}, {"B2", "Kiosk", "7200"}}};

BOOST_AUTO_TEST_SUITE(demo_report)

BOOST_AUTO_TEST_CASE(a_report_tells_every_image_under_its_store_and_the_totals) {
  const std::vector<client::listed_image> images{
      measured("A1", "http://127.0.0.1/photos/a.jpg?x=/y", "jpeg", 640, 480),
      failed("X9", "http://127.0.0.1/b.png", "store_not_found", "Store ID does not exist"),
      failed("B2", "http://127.0.0.1/gone.gif", "http_status",
             "The image host answered with an error status (404)"),
      measured("A1", "http://127.0.0.1/c.webp", "webp", 65535, 65535),
  };
  BOOST_TEST(report_of(job_id{4}, images, two_stores) ==
             "Job 4\n"
             "\n"
             "A1  Corner Shop, North, area 7100\n"
             "  a.jpg     jpeg    640 x 480    perimeter   2240\n"
             "  c.webp    webp  65535 x 65535  perimeter 262140\n"
             "\n"
             "X9  (not in the Store Master)\n"
             "  b.png     Store ID does not exist\n"
             "\n"
             "B2  Kiosk, area 7200\n"
             "  gone.gif  The image host answered with an error status (404)\n"
             "\n"
             "4 images of 3 stores: 2 measured, 2 failed, perimeters add up to 264380 pixels\n");
}

BOOST_AUTO_TEST_CASE(
    a_single_image_is_counted_in_the_singular_and_a_pending_one_is_neither_good_nor_bad) {
  client::listed_image image;
  image.store_id = "A1";
  image.url = "http://127.0.0.1/";
  image.state = "pending";
  BOOST_TEST(report_of(job_id{1}, std::vector{image}, two_stores) ==
             "Job 1\n\nA1  Corner Shop, North, area 7100\n  http://127.0.0.1/  pending\n\n1 image "
             "of 1 store: 0 measured, 0 failed, "
             "perimeters add up to 0 pixels\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
