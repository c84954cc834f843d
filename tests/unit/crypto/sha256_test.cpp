#include "crypto/sha256.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "core/text.hpp"

namespace retail_pulse::crypto {

BOOST_AUTO_TEST_SUITE(sha_256)

/// The examples of FIPS 180-4 that NIST publishes.
BOOST_AUTO_TEST_CASE(a_text_has_the_digest_of_the_standard) {
  BOOST_TEST(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(hex(sha256("abc")) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(pieces_have_the_digest_of_the_whole) {
  const std::string text(10'000, 'x');
  for (const std::size_t piece : {1, 63, 64, 65, 9'999, 10'000}) {
    sha256_stream stream;
    for (std::size_t at = 0; at < text.size(); at += piece)
      stream.add(std::string_view{text}.substr(at, piece));
    BOOST_TEST(hex(stream.end()) == hex(sha256(text)));
  }
  sha256_stream nothing;
  BOOST_TEST(hex(nothing.end()) == hex(sha256("")));
}

/// RFC 4231, test cases 1 and 2.
BOOST_AUTO_TEST_CASE(a_text_is_authenticated_as_the_standard_says) {
  BOOST_TEST(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  BOOST_TEST(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::crypto
