#include <boost/test/unit_test.hpp>
#include <random>

#include "samples.hpp"

namespace retail_pulse::imaging {
namespace {

/// Seeded; `%` instead of a distribution, because those differ between standard libraries.
class chance {
 public:
  explicit chance(std::uint64_t seed) : engine_{seed} {}
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(engine_() % bound); }
  char byte() { return static_cast<char>(engine_() & 0xFF); }

 private:
  std::mt19937_64 engine_;
};

std::string noise(chance& dice, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = dice.byte();
  return bytes;
}

std::string mutated(std::string file, chance& dice) {
  for (std::size_t left = 1 + dice.below(8); left > 0; --left) {
    const std::size_t at = dice.below(file.size());
    switch (dice.below(6)) {
      case 0:
        file[at] = '\xFF';
        break;
      case 1:
        file[at] = '\0';
        break;
      case 2:
        file[at] = static_cast<char>(file[at] ^ (1 << dice.below(8)));
        break;
      case 3:
        file.insert(at, noise(dice, 1 + dice.below(4)));
        break;
      case 4:
        file.erase(at, std::min(file.size() - 1, 1 + dice.below(4)));
        break;
      default:
        file[at] = dice.byte();
        break;
    }
  }
  return file;
}

/// Reads in pieces of random size, and with `jumps` leaves out what is not wanted.
image_reader::outcome read_at_random(std::string_view file, chance& dice, bool jumps) {
  image_reader reader;
  for (std::size_t at = 0; at < file.size();) {
    const std::size_t piece = dice.below(12);
    reader.feed(as_piece(file.substr(at, piece)));
    at = std::min(file.size(), at + piece);
    if (!jumps || reader.wanted() >= file.size()) continue;
    reader.skip_to(reader.wanted());
    at = static_cast<std::size_t>(reader.position());
  }
  return reader.finish();
}

/// What holds for any bytes: one answer however they are cut, sizes if and only if the answer is
/// good or came too late.
void check_any_file(const std::string& file, chance& dice) {
  const auto whole = read_in_pieces(file);
  for (const bool jumps : {false, true}) {
    const auto in_pieces = read_at_random(file, dice, jumps);
    BOOST_TEST(whole.code == in_pieces.code);
    BOOST_TEST(whole.measured == in_pieces.measured);
  }
  BOOST_TEST((whole.measured.width == 0) == (whole.measured.height == 0));
  if (whole.code == error_code::none) BOOST_TEST(whole.measured.width > 0U);
  if (whole.code != error_code::none && whole.code != error_code::truncated)
    BOOST_TEST(whole.measured.width == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hostile_files)

BOOST_AUTO_TEST_CASE(with_random_damage_get_one_answer_however_they_are_cut) {
  for (std::size_t i = 0; i < all_samples().size(); ++i) {
    const int mutations = all_samples()[i].is_large() ? 3 : 300;
    for (int n = 0; n < mutations; ++n) {
      chance dice{i * 1'000'003 + static_cast<std::uint64_t>(n)};
      BOOST_TEST_CONTEXT(all_samples()[i].name << ", mutation " << n) {
        check_any_file(mutated(all_samples()[i].file, dice), dice);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_noise_behind_a_signature_get_one_answer_however_they_are_cut) {
  constexpr std::size_t longest_signature = 12;
  for (std::size_t i = 0; i < all_samples().size(); ++i) {
    for (std::uint64_t n = 0; n < 50; ++n) {
      chance dice{i * 7'000'003 + n};
      const std::string file = all_samples()[i].file.substr(0, longest_signature + dice.below(20)) +
                               noise(dice, dice.below(600));
      BOOST_TEST_CONTEXT(all_samples()[i].name << ", noise " << n) { check_any_file(file, dice); }
    }
  }
}

BOOST_AUTO_TEST_CASE(of_mere_noise_are_never_images) {
  for (std::uint64_t n = 0; n < 5000; ++n) {
    chance dice{n};
    const auto outcome = read_in_pieces(noise(dice, 64 + dice.below(200)));
    BOOST_TEST(outcome.code != error_code::none, "noise " << n);
  }
}

BOOST_AUTO_TEST_CASE(of_one_byte_over_and_over_end) {
  const std::string start = jpeg(8, 8).substr(0, 30);
  for (const char byte : {'\0', '\1', '\x21', '\x2C', '\xFF'}) {
    chance dice{1};
    const std::string filler(200'000, byte);
    check_any_file(filler, dice);
    check_any_file(start + filler, dice);
    check_any_file(gif(8, 8).substr(0, 13) + filler, dice);
    check_any_file(png(8, 8).substr(0, 33) + filler, dice);
    check_any_file(psd_start({.width = 30000, .height = 30000, .channels = 56}) +
                       std::string("\0\1", 2) + filler,
                   dice);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
