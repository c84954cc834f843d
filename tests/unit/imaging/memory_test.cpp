// Replaces the allocator of this program to count what a reader holds. stb_image has an allocator of its own; what it takes it gives back
// before it answers.
#include <malloc.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <new>

#include "samples.hpp"

namespace {

thread_local std::size_t live_bytes = 0;

void* counted_allocation(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc{};
  live_bytes += malloc_usable_size(memory);
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

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(of_a_reader_stays_below_4_KiB_whatever_it_reads) {
  const std::string filler(1 << 20, '\1');
  for (const auto& each : all_samples()) {
    const std::string start = each.file.substr(0, each.file.size() - 1);
    const std::size_t before = live_bytes;
    image_reader reader;
    reader.feed(as_piece(start));
    for (int piece = 0; piece < 8; ++piece) reader.feed(as_piece(filler));
    BOOST_TEST(live_bytes > before, "the reader itself is counted");
    BOOST_TEST(live_bytes - before <= 4096U, each.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::imaging
