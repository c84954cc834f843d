#include "core/submission.hpp"

#include <boost/test/unit_test.hpp>

using namespace retail_pulse;

BOOST_AUTO_TEST_SUITE(submissions)

BOOST_AUTO_TEST_CASE(images_are_numbered_over_the_whole_job_in_order) {
  submission job;
  job.add_url("http://a/1");
  job.add_url("http://a/2");
  job.add_visit("S1", "today");
  job.add_url("http://b/1");
  job.add_visit("S2", "");
  BOOST_TEST(job.visit_count() == 2U);
  BOOST_TEST(job.image_count() == 3U);
  BOOST_TEST(job.url_at(2) == "http://b/1");
  BOOST_TEST(job.visit_of(1) == 0U);
  BOOST_TEST(job.visit_of(2) == 1U);
  BOOST_TEST(job.visit_at(0).image_count == 2U);
  BOOST_TEST(job.visit_at(1).first_image == 2U);
  BOOST_TEST(job.visit_at(1).store_id == "S2");
  BOOST_TEST(job.visit_at(1).visit_time == "");
}

BOOST_AUTO_TEST_CASE(texts_survive_the_growth_of_the_block) {
  submission job;
  for (int i = 0; i < 10'000; ++i) job.add_url("http://a/" + std::to_string(i));
  job.add_visit("S1", "t");
  for (std::size_t i = 0; i < 10'000; ++i)
    BOOST_TEST_REQUIRE(job.url_at(i) == "http://a/" + std::to_string(i));
}

BOOST_AUTO_TEST_CASE(images_have_the_numbers_of_their_origins_and_origins_know_their_images) {
  submission job;
  job.add_url("http://b/1", origin_number{1});
  job.add_url("x", not_fetchable);
  job.add_url("http://a/1", origin_number{2});
  job.add_url("http://b/2", origin_number{1});
  job.add_url("y");
  job.set_origins({"http://b:80", "http://a:80"});
  BOOST_TEST(job.origin_of(1).value == 0);
  BOOST_TEST(job.origin_of(3).value == 1);
  BOOST_TEST(job.origin_of(4).value == -1);
  BOOST_TEST(job.use_of(origin_number{1}).first_image == 0U);
  BOOST_TEST(job.use_of(origin_number{1}).images == 2U);
  BOOST_TEST(job.use_of(not_fetchable).first_image == 1U);
  BOOST_TEST(job.use_of(origin_number{2}).first_image == 2U);
  BOOST_TEST(job.origins().at(1) == "http://a:80");
}

BOOST_AUTO_TEST_CASE(its_memory_counts_its_origins) {
  submission job;
  job.add_url("http://a/1", origin_number{1});
  const auto before = job.bytes();
  job.set_origins({std::string(10'000, 'x')});
  BOOST_TEST(job.bytes() >= before + 10'000);
}

BOOST_AUTO_TEST_SUITE_END()
