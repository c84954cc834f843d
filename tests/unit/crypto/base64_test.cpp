#include "crypto/base64.hpp"

#include <boost/test/unit_test.hpp>

namespace retail_pulse::crypto {

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(the_examples_of_the_rfc_hold_both_ways) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : rows) {
    BOOST_TEST(to_base64(bytes) == text);
    BOOST_TEST(from_base64(text).value_or("nothing") == bytes);
  }
}

BOOST_AUTO_TEST_CASE(every_byte_survives_at_every_place) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t place = 0; place < 3; ++place) {
      std::string bytes(place, 'x');
      bytes += static_cast<char>(value);
      BOOST_TEST(from_base64(to_base64(bytes)).value_or("nothing") == bytes);
    }
  }
}

BOOST_AUTO_TEST_CASE(any_other_text_is_refused) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=",
                           "Zg==Zg==", "Z=g=", "Zm9-", "Zm9_", "Zm 9", "Zm9v\n", "Zh==", "Zm9="}) {
    BOOST_TEST(!from_base64(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::crypto
