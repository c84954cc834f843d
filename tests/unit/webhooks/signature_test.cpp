#include "webhooks/signature.hpp"

#include <boost/test/unit_test.hpp>

#include "crypto/base64.hpp"

namespace retail_pulse::webhooks {

BOOST_AUTO_TEST_SUITE(webhook)

/// The example that the libraries of Standard Webhooks test themselves with.
BOOST_AUTO_TEST_CASE(a_message_is_signed_as_the_standard_says) {
  const auto key = crypto::from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  BOOST_REQUIRE(key.has_value());
  const auto headers = signed_headers(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                      unix_millis{1'614'265'330'999}, R"({"test": 2432232314})");
  BOOST_REQUIRE(headers.size() == 3u);
  BOOST_TEST(headers[0].name == "webhook-id");
  BOOST_TEST(headers[0].value == "msg_p5jXN8AQM9LWM0D4loKWxJek");
  BOOST_TEST(headers[1].name == "webhook-timestamp");
  BOOST_TEST(headers[1].value == "1614265330");
  BOOST_TEST(headers[2].name == "webhook-signature");
  BOOST_TEST(headers[2].value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

BOOST_AUTO_TEST_CASE(every_part_of_the_message_is_signed) {
  const std::string key(32, 'k');
  const auto signature = [](const std::vector<header_line>& headers) {
    return headers.at(2).value;
  };
  const auto of_all = signature(signed_headers(key, "id", unix_millis{1000}, "body"));
  BOOST_TEST(signature(signed_headers(key, "id", unix_millis{1000}, "body")) == of_all);
  BOOST_TEST(signature(signed_headers(std::string(32, 'l'), "id", unix_millis{1000}, "body")) !=
             of_all);
  BOOST_TEST(signature(signed_headers(key, "ie", unix_millis{1000}, "body")) != of_all);
  BOOST_TEST(signature(signed_headers(key, "id", unix_millis{2000}, "body")) != of_all);
  BOOST_TEST(signature(signed_headers(key, "id", unix_millis{1000}, "bodx")) != of_all);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::webhooks
