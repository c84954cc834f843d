#include "config/parsers.hpp"

#include <boost/test/unit_test.hpp>

namespace {

using namespace retail_pulse::config;
using std::chrono::milliseconds;

BOOST_AUTO_TEST_SUITE(parsers)

BOOST_AUTO_TEST_CASE(a_count_is_digits_and_nothing_else) {
  BOOST_TEST(parse_count("0").value() == 0);
  BOOST_TEST(parse_count("0042").value() == 42);
  for (const auto* text : {"", " 1", "1 ", "+1", "-1", "1.0", "0x10", "1_000", "1,000", "ten"}) {
    BOOST_TEST(!parse_count(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_count_goes_up_to_the_largest_64_bit_number_and_no_further) {
  BOOST_TEST(parse_count("9223372036854775807").value() == INT64_MAX);
  BOOST_TEST(!parse_count("9223372036854775808"));
  BOOST_TEST(!parse_count("99999999999999999999999999"));
}

BOOST_AUTO_TEST_CASE(a_duration_needs_a_unit) {
  BOOST_TEST((parse_duration("500ms") == milliseconds{500}));
  BOOST_TEST((parse_duration("10s") == milliseconds{10'000}));
  BOOST_TEST((parse_duration("2m") == milliseconds{120'000}));
  BOOST_TEST((parse_duration("1h") == milliseconds{3'600'000}));
  BOOST_TEST((parse_duration("0") == milliseconds{0}));
  for (const auto* text :
       {"10", "", "s", "ms", "10 s", "1.5s", "-1s", "10S", "10sec", "00", "10s ", "10ss"}) {
    BOOST_TEST(!parse_duration(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_duration_that_does_not_fit_is_refused) {
  BOOST_TEST((parse_duration("9223372036854775s") == milliseconds{9223372036854775000}));
  BOOST_TEST(!parse_duration("9223372036854776s"));
}

BOOST_AUTO_TEST_CASE(a_range_has_its_low_end_first) {
  BOOST_TEST((parse_duration_range("100ms..400ms") ==
              duration_range{milliseconds{100}, milliseconds{400}}));
  BOOST_TEST(
      (parse_duration_range("0..1s") == duration_range{milliseconds{0}, milliseconds{1000}}));
  BOOST_TEST((parse_duration_range("0") == duration_range{}));
  BOOST_TEST(
      (parse_duration_range("250ms") == duration_range{milliseconds{250}, milliseconds{250}}));
  BOOST_TEST(
      (parse_duration_range("1s..1s") == duration_range{milliseconds{1000}, milliseconds{1000}}));
  for (const auto* text : {"400ms..100ms", "100..400ms", "100ms..", "..400ms", "..", "", "1s-2s",
                           "1s...2s", "1s..2s..3s", "1s .. 2s"}) {
    BOOST_TEST(!parse_duration_range(text), text);
  }
}

BOOST_AUTO_TEST_CASE(sizes_are_plain_bytes_or_carry_a_unit) {
  BOOST_TEST(parse_bytes("4096").value() == 4096);
  BOOST_TEST(parse_bytes("7B").value() == 7);
  BOOST_TEST(parse_bytes("50MiB").value() == 50 << 20);
  BOOST_TEST(parse_bytes("10 GiB").value() == std::int64_t{10} << 30);
  BOOST_TEST(parse_bytes("3kib").value() == 3072);
  BOOST_TEST(parse_bytes("3kB").value() == 3000);
  BOOST_TEST(parse_bytes("2 MB").value() == 2'000'000);
  BOOST_TEST(parse_bytes("1GB").value() == 1'000'000'000);
  for (const auto* text :
       {"", "MiB", "1.5MiB", "-1", "5M", "5 ", "5  MiB", " 5MiB", "5MiBs", "5TiB"}) {
    BOOST_TEST(!parse_bytes(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_size_that_does_not_fit_is_refused) {
  BOOST_TEST(parse_bytes("8589934591GiB").value() == (std::int64_t{8589934591} << 30));
  BOOST_TEST(!parse_bytes("8589934592GiB"));
}

BOOST_AUTO_TEST_CASE(hosts_are_read_as_they_stand_in_a_parsed_url) {
  BOOST_TEST(parse_host("Images.Example.COM").value() == "images.example.com");
  BOOST_TEST(parse_host("localhost").value() == "localhost");
  BOOST_TEST(parse_host("my_bucket-1.example").value() == "my_bucket-1.example");
  BOOST_TEST(parse_host("127.0.0.1").value() == "127.0.0.1");
  BOOST_TEST(parse_host("2001:DB8:0:0::1").value() == "2001:db8::1");
  BOOST_TEST(parse_host("[2001:DB8::1]").value() == "2001:db8::1");
  BOOST_TEST(parse_host("0x7f.1").value() == "127.0.0.1");
  BOOST_TEST(parse_host("B\u00DCcher\u3002example").value() == "xn--bcher-kva.example");
  BOOST_TEST(parse_host("\uFF11\uFF12\uFF17.0.0.1").value() == "127.0.0.1");
  for (const auto* text :
       {"", ".", ".example.com", "example.com.", "a..b", "*.example.com", "%2a.example.com",
        "example.com%2e", "example.com:80", "https://example.com", "a b", "1.2.3.256", "1::2::3",
        "[::1", "[example.com]", "xn--a.example.com", "b\u00FCcher\u3002", "\uFF0Aexample"}) {
    BOOST_TEST(!parse_host(text), text);
  }
}

BOOST_AUTO_TEST_CASE(a_label_has_at_most_63_bytes_and_a_host_253) {
  const std::string label(63, 'a');
  BOOST_TEST(parse_host(label + ".com").has_value());
  BOOST_TEST(!parse_host(label + "a.com"));
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  BOOST_TEST(longest.size() == 253U);
  BOOST_TEST(parse_host(longest).has_value());
  BOOST_TEST(!parse_host(longest + "b"));
}

BOOST_AUTO_TEST_CASE(a_list_is_split_at_commas_and_keeps_an_empty_part_for_others_to_refuse) {
  BOOST_TEST(split_list("a") == (std::vector<std::string>{"a"}), boost::test_tools::per_element());
  BOOST_TEST(split_list(" a , b,c ") == (std::vector<std::string>{"a", "b", "c"}),
             boost::test_tools::per_element());
  BOOST_TEST(split_list("a,,b,") == (std::vector<std::string>{"a", "", "b", ""}),
             boost::test_tools::per_element());
  BOOST_TEST(split_list("").empty());
  BOOST_TEST(split_list("  ").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
