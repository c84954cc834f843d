#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "core/visit_time.hpp"
#include "support.hpp"

namespace retail_pulse::stores {
namespace {

const std::filesystem::path data{RETAIL_PULSE_SOURCE_DIR "/data"};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

store_table_ptr bundled_stores() {
  auto result = load(data / "StoreMasterAssignment.csv");
  if (const auto* error = std::get_if<load_error>(&result)) BOOST_FAIL(error->message);
  BOOST_TEST(std::get<loaded>(result).warnings.empty());
  return std::get<loaded>(result).table;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bundled_data)

BOOST_AUTO_TEST_CASE(has_a_store_master_in_the_shape_of_a_real_one) {
  const std::string text = content_of(data / "StoreMasterAssignment.csv");
  BOOST_TEST(text.starts_with("AreaCode,StoreName,StoreID\n"));
  BOOST_TEST(!text.ends_with('\n'));
  BOOST_TEST(text.find('\r') == std::string::npos);
  BOOST_TEST(text.find("  ") != std::string::npos);
  BOOST_TEST(std::any_of(text.begin(), text.end(),
                         [](char c) { return static_cast<unsigned char>(c) >= 0x80; }));

  const auto table = bundled_stores();
  BOOST_TEST(table->size() >= 1000U);
  BOOST_TEST(table->size() == static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  for (const std::string id : {"S00339218", "S01408764", "RP00001", "RP00002"})
    BOOST_TEST(table->find(id) != nullptr, id);

  const auto quoted = static_cast<double>(std::count(text.begin(), text.end(), '"')) / 2;
  BOOST_TEST(quoted / static_cast<double>(table->size()) > 0.06);
  BOOST_TEST(quoted / static_cast<double>(table->size()) < 0.08);
}

BOOST_AUTO_TEST_CASE(has_a_sample_job_with_one_unknown_store_and_one_dead_link) {
  const auto job = nlohmann::json::parse(content_of(data / "sample-job.json"));
  const auto table = bundled_stores();
  BOOST_TEST(job.at("count").get<std::size_t>() == job.at("visits").size());

  const std::string origin = "http://127.0.0.1:8081/";
  std::size_t unknown_stores = 0;
  std::size_t dead_links = 0;
  std::set<std::string> kinds;
  for (const auto& visit : job.at("visits")) {
    unknown_stores += table->find(visit.at("store_id").get<std::string>()) == nullptr ? 1 : 0;
    BOOST_TEST(visit_date(visit.at("visit_time").get<std::string>()).has_value());
    for (const auto& url : visit.at("image_url")) {
      const auto text = url.get<std::string>();
      BOOST_REQUIRE(text.starts_with(origin));
      const auto file = data / "sample-images" / text.substr(origin.size());
      kinds.insert(file.extension().string());
      dead_links += std::filesystem::exists(file) ? 0 : 1;
    }
  }
  BOOST_TEST(unknown_stores == 1U);
  BOOST_TEST(dead_links == 1U);
  BOOST_TEST((kinds == std::set<std::string>{".jpg", ".png", ".gif", ".bmp", ".webp"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::stores
