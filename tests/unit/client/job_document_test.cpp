#include "client/job_document.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using retail_pulse::client::job_document;
using retail_pulse::client::submitted_visit;

BOOST_AUTO_TEST_SUITE(job_documents)

BOOST_AUTO_TEST_CASE(visits_and_their_images_keep_their_order) {
  const std::vector<submitted_visit> visits{{"S1", "2026-03-09", {"http://h/b", "http://h/a"}},
                                            {"S2", "later", {"http://h/b"}}};
  BOOST_TEST(
      job_document(visits) ==
      R"({"count":2,"visits":[{"store_id":"S1","visit_time":"2026-03-09","image_url":["http://h/b","http://h/a"]},)"
      R"({"store_id":"S2","visit_time":"later","image_url":["http://h/b"]}]})");
}

BOOST_AUTO_TEST_CASE(text_is_escaped_where_json_wants_it) {
  const std::vector<submitted_visit> visits{{"a\"b\\", "1\n2\x01", {"http://h/K\u00f6ln"}}};
  BOOST_TEST(
      job_document(visits) ==
      R"({"count":1,"visits":[{"store_id":"a\"b\\","visit_time":"1\n2\u0001","image_url":["http://h/Köln"]}]})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
