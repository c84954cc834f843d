// Replaces the allocator of this program to count what a reader holds. stb_image has an allocator
// of its own; what it takes it gives back before it answers.
#include <malloc.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <new>

#include "builders_heif.hpp"
#include "builders_tiff.hpp"
#include "core/limits.hpp"
#include "samples.hpp"

namespace {

thread_local std::size_t live_bytes = 0;
thread_local std::size_t most_live_bytes = 0;

void* counted_allocation(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  live_bytes += malloc_usable_size(memory);
  most_live_bytes = std::max(most_live_bytes, live_bytes);
  return memory;
}

void counted_release(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return counted_allocation(size); }
void* operator new[](std::size_t size) { return counted_allocation(size); }
void operator delete(void* memory) noexcept { counted_release(memory); }
void operator delete[](void* memory) noexcept { counted_release(memory); }
void operator delete(void* memory, std::size_t) noexcept { counted_release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { counted_release(memory); }

namespace retail_pulse::imaging {
namespace {

/// The most that a reader holds at any time while it reads `file` and much behind it.
std::size_t bytes_held_for(std::string_view file) {
  static const std::string filler(1 << 20, '\1');
  const std::size_t before = live_bytes;
  most_live_bytes = before;
  image_reader reader;
  reader.feed(as_piece(file));
  for (int piece = 0; piece < 8; ++piece) reader.feed(as_piece(filler));
  return most_live_bytes - before;
}

/// As many sizes and associations as are remembered, in the order that makes it hold both at once.
std::string most_remembered() {
  heif_options options = plain_heif(640, 480);
  options.properties.resize(limits::image_properties + 1, size_property(1, 1));
  options.primary_is_last = true;
  for (std::size_t left = limits::image_associations - options.items[0].properties.size();
       left > 0;) {
    const std::size_t some = std::min<std::size_t>(left, 255);
    options.items.push_back({.number = 2, .properties = std::vector<std::uint32_t>(some, 1)});
    left -= some;
  }
  return heif(options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(of_a_reader_stays_below_4_KiB_whatever_it_reads_of_a_usual_file) {
  for (const auto& each : all_samples()) {
    const std::size_t held =
        bytes_held_for(std::string_view{each.file}.substr(0, each.file.size() - 1));
    BOOST_TEST(held > 0U, "the reader itself is counted");
    BOOST_TEST(held <= 4096U, each.name);
  }
}

BOOST_AUTO_TEST_CASE(of_a_reader_stays_below_4_KiB_for_an_icon_file_full_of_largest_pictures) {
  const std::string file = ico(std::vector<icon>(255, {0, 0, png(300, 300)}));
  BOOST_TEST(code_of(file) == error_code::none);
  BOOST_TEST(bytes_held_for(file) <= 4096U);
}

BOOST_AUTO_TEST_CASE(
    of_a_reader_stays_below_4_KiB_for_a_tiff_of_as_many_directories_as_are_followed) {
  // The first holds all others, and each of those an array that never comes.
  std::vector<tiff_directory> directories(limits::tiff_directories,
                                          {.width = 5, .height = 3, .kind = 1, .strip = 0});
  for (std::size_t n = 1; n < directories.size(); ++n) directories[0].inner.push_back(n);
  std::string file = tiff_of(directories);
  BOOST_TEST(code_of(file) == error_code::unsupported_format);
  const std::string height = std::string{tiff_bytes{false}.raw_entry(257, tiff_type::u32, 1, 3)};
  for (std::size_t at = file.find(height); at != std::string::npos;
       at = file.find(height, at + 1)) {
    file.replace(at, 12,
                 std::string{tiff_bytes{false}.raw_entry(330, tiff_type::u32, 2,
                                                         0x7FFFFFFF)});  // in place of the height
  }
  BOOST_TEST(code_of(file) == error_code::truncated);
  BOOST_TEST(bytes_held_for(file) <= 4096U);
}

BOOST_AUTO_TEST_CASE(of_a_reader_stays_below_40_KiB_whatever_there_is_to_remember) {
  const std::string file = most_remembered();
  BOOST_TEST(code_of(file) == error_code::none);
  const std::size_t held = bytes_held_for(file);
  BOOST_TEST(held > 28U * 1024, "all of it was remembered");
  BOOST_TEST(held <= 40U * 1024);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
