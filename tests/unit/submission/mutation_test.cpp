#include <boost/test/unit_test.hpp>
#include <string>

#include "core/random.hpp"
#include "parsing.hpp"

using namespace retail_pulse;
using namespace retail_pulse::http;

namespace {

/// A stream of numbers from a seed.
class chance {
 public:
  explicit chance(std::uint64_t seed) : state_{seed} {}
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>((state_ = mix(state_)) % bound);
  }

 private:
  std::uint64_t state_;
};

const std::string& sound() {
  static const std::string text =
      R"({"count":2,"visits":[{"store_id":"S1","image_url":["http://h/1","é\u00e9"],"visit_time":"2023-03-09"},)"
      R"({"x":[1,-2.5e3,{"y":null}],"visit_time":"","image_url":["http://h/2"],"store_id":"S2"}]})";
  return text;
}

std::string mutated(chance& random) {
  using namespace std::string_literals;
  static const std::string alphabet = "{}[]\",:\\u0123456789eE+-. \n\t\0\x80\xC3\xFF truefalsn"s;
  std::string text = sound();
  const auto changes = 1 + random.below(6);
  for (std::size_t i = 0; i < changes; ++i) {
    const auto at = random.below(text.size() + 1);
    switch (random.below(5)) {
      case 0:
        text.insert(at, 1, alphabet[random.below(alphabet.size())]);
        break;
      case 1:
        text.erase(at, 1 + random.below(4));
        break;
      case 2:
        text.resize(at);
        break;
      case 3:
        text.insert(at, text.substr(random.below(text.size() + 1), random.below(40)));
        break;
      default:
        if (at < text.size()) text[at] = alphabet[random.below(alphabet.size())];
    }
  }
  return text;
}

/// What must hold of everything that is accepted.
void check_whole(const submission& job) {
  std::size_t next = 0;
  for (std::size_t v = 0; v < job.visit_count(); ++v) {
    const auto visit = job.visit_at(v);
    BOOST_REQUIRE(!visit.store_id.empty());
    BOOST_REQUIRE(visit.first_image == next);
    BOOST_REQUIRE(visit.image_count > 0);
    for (std::size_t i = 0; i < visit.image_count; ++i) BOOST_REQUIRE(job.visit_of(next + i) == v);
    next += visit.image_count;
  }
  BOOST_REQUIRE(job.visit_count() > 0);
  BOOST_REQUIRE(job.image_count() == next);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mutated_submissions)

BOOST_AUTO_TEST_CASE(a_mutated_submission_is_whole_or_refused_with_a_reason) {
  int taken = 0;
  int refusals = 0;
  for (std::uint64_t seed = 0; seed < 60'000; ++seed) {
    chance random{seed};
    const auto result = parse_submission(mutated(random), with_webhooks);
    if (const auto* error = std::get_if<rejection>(&result)) {
      if (error->sentence.empty()) BOOST_FAIL("seed " << seed << " is refused without a reason");
      ++refusals;
    } else {
      check_whole(*std::get<submission_ptr>(result));
      ++taken;
    }
  }
  BOOST_TEST(taken > 100);  // both ways were really taken
  BOOST_TEST(refusals > 10'000);
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_submission_is_refused) {
  for (std::size_t length = 0; length < sound().size(); ++length)
    BOOST_REQUIRE(refused(sound().substr(0, length)) != "accepted");
  BOOST_TEST(refused(sound()) == "accepted");
}

BOOST_AUTO_TEST_CASE(noise_is_refused) {
  for (std::uint64_t seed = 0; seed < 5'000; ++seed) {
    chance random{seed};
    std::string text(random.below(200), ' ');
    for (char& c : text) c = static_cast<char>(random.below(256));
    BOOST_REQUIRE(refused(text) != "accepted");
  }
}

BOOST_AUTO_TEST_SUITE_END()
