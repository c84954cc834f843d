#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

/// Bodies as servers pack them.
namespace retail_pulse::test_support {

/// `window_bits` as for deflateInit2: they choose the format.
inline std::string packed(std::string_view file, int window_bits) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::bad_alloc{};
  std::string result(deflateBound(&stream, file.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int how = deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  if (how != Z_STREAM_END) throw std::runtime_error{"zlib did not pack the whole file"};
  return result;
}

inline std::string gzip(std::string_view file) { return packed(file, MAX_WBITS + 16); }
inline std::string zlib_deflate(std::string_view file) { return packed(file, MAX_WBITS); }
inline std::string bare_deflate(std::string_view file) { return packed(file, -MAX_WBITS); }

}  // namespace retail_pulse::test_support
