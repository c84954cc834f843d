#include "core/limits.hpp"
#include "fetch/engine/engine.hpp"
#include "tests/hostile/cases.hpp"
#include "tests/support/packed.hpp"
#include "tests/unit/imaging/samples.hpp"

// In header mode a host's word about ranges is tested against the file: whatever it says, the
// answer is the one of the whole file, or the failure that the whole file has.
namespace retail_pulse::hostile {
namespace {

/// A photo whose size stands behind 60 KB of metadata: two ranges at least.
const std::string& photo() {
  static const std::string file =
      imaging::jpeg(640, 480, imaging::jpeg_segment(0xE1, std::string(60'000, 'x'))) +
      std::string(300'000, '\0');
  return file;
}

struct asked_range {
  std::size_t first = 0;
  std::size_t last = 0;
};

std::optional<asked_range> range_of(const std::string& request) {
  const std::string name = "\r\nRange: bytes=";
  const auto at = request.find(name);
  if (at == std::string::npos) return std::nullopt;
  asked_range range;
  std::size_t used = 0;
  const auto text = request.substr(at + name.size(), 60);
  range.first = std::stoull(text, &used);
  range.last = text[used + 1] == '\r' ? std::string::npos : std::stoull(text.substr(used + 1));
  return range;
}

std::string part(const std::string& file, asked_range range, const std::string& headers = {}) {
  range.last = std::min(range.last, file.size() - 1);
  return http_response(
      206, std::string_view{file}.substr(range.first, range.last - range.first + 1),
      "Content-Range: bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) +
          "/" + std::to_string(file.size()) + "\r\n" + headers);
}

/// Answers a range so, and everything else with the whole file. `number` is that of the request on
/// all connections of this thread's one.
using answer = std::function<std::string(asked_range asked, int number)>;

hostile_case ranges(std::string name, answer to, error_code expected = error_code::none) {
  return {.name = "range: " + std::move(name),
          .expected = expected,
          .width = 640,
          .height = 480,
          .run =
              [to = std::move(to)](session& with) {
                for (int number = 0; const auto request = with.read_request(); ++number) {
                  const auto asked = range_of(*request);
                  if (!with.send(asked ? to(*asked, number) : http_response(200, photo()))) return;
                }
              },
          .tune = [](fetch::engine_options& options) { options.how = fetch::mode::header; }};
}

std::string with_content_range(asked_range asked, const std::string& value) {
  return http_response(206,
                       std::string_view{photo()}.substr(asked.first, asked.last - asked.first + 1),
                       value.empty() ? "" : "Content-Range: " + value + "\r\n");
}

/// Each hop sends a part of the file that may still become a picture, and redirects the request for
/// more of it.
hostile_case parts_and_redirects() {
  return {.name = "range: a large part, then a redirect, and again",
          .expected = error_code::too_large,
          .run =
              [](session& with) {
                const std::string file =
                    "\xFF\xD8" +
                    std::string((3 << 20) - 2, '\xFF');  // a JPEG's start and fill bytes
                while (const auto request = with.read_request()) {
                  const auto asked = range_of(*request);
                  const bool first = asked && asked->first == 0;
                  const auto deeper = "Location: " + test_support::path_of(*request) + "a/\r\n";
                  const auto value =
                      "Content-Range: bytes 0-" + std::to_string(file.size() - 1) + "/*\r\n";
                  if (!with.send(first ? http_response(206, file, value)
                                       : http_response(302, "", deeper)))
                    return;
                }
              },
          .tune =
              [](fetch::engine_options& options) {
                options.how = fetch::mode::header;
                options.max_image_bytes = 4 << 20;
              }};
}

}  // namespace

cases range_cases() {
  using enum error_code;
  const auto whole = photo().size();
  cases all{
      ranges("in order", [](asked_range asked, int) { return part(photo(), asked); }),
      ranges("ignored", [](asked_range, int) { return http_response(200, photo()); }),
      ranges("416 to everything", [](asked_range, int) { return http_response(416, ""); }),
      ranges("416 with a body that does not end",
             [](asked_range, int) {
               return "HTTP/1.1 416 Range Not Satisfiable\r\n\r\n" + std::string(100'000, 'x');
             }),
      ranges("416 to the second one",
             [](asked_range asked, int) {
               return asked.first > 0 ? http_response(416, "") : part(photo(), asked);
             }),
      ranges("another part than the one asked for",
             [](asked_range asked, int) {
               return part(photo(), {asked.first + 5000, asked.last + 5000});
             }),
      ranges("always the first part",
             [](asked_range, int) {
               return part(photo(), {0, 999});
             }),
      ranges("a part that begins before",
             [](asked_range asked, int) {
               return part(photo(), {asked.first / 2, asked.last});
             }),
      ranges("the whole file as a part",
             [](asked_range, int) {
               return part(photo(), {0, photo().size() - 1});
             }),
      ranges("one byte at a time",
             [](asked_range asked, int) {
               return part(photo(), {asked.first, asked.first});
             }),
      ranges("several parts in one answer",
             [](asked_range, int) {
               return http_response(
                   206, "--cut\r\nContent-Range: bytes 0-9/100\r\n\r\n0123456789\r\n--cut--\r\n",
                   "Content-Type: multipart/byteranges; boundary=cut\r\n");
             }),
      ranges("no Content-Range",
             [](asked_range asked, int) { return with_content_range(asked, ""); }),
      ranges("Content-Range is noise",
             [](asked_range asked, int) { return with_content_range(asked, "pages 1-2 of 3"); }),
      ranges("Content-Range overflows",
             [](asked_range asked, int) {
               return with_content_range(asked,
                                         "bytes 0-99999999999999999999/99999999999999999999");
             }),
      ranges("Content-Range says more than comes",
             [](asked_range asked, int) {
               return with_content_range(asked,
                                         "bytes " + std::to_string(asked.first) + "-299999/300000");
             }),
      ranges("Content-Range says that the file ends here",
             [](asked_range asked, int) {
               return with_content_range(asked, "bytes " + std::to_string(asked.first) + "-" +
                                                    std::to_string(asked.last) + "/" +
                                                    std::to_string(asked.last + 1));
             }),
      ranges("another total each time",
             [whole](asked_range asked, int number) {
               return with_content_range(
                   asked, "bytes " + std::to_string(asked.first) + "-" +
                              std::to_string(asked.last) + "/" +
                              std::to_string(whole + static_cast<std::size_t>(number)));
             }),
      ranges("total unknown",
             [](asked_range asked, int) {
               return with_content_range(asked, "bytes " + std::to_string(asked.first) + "-" +
                                                    std::to_string(asked.last) + "/*");
             }),
      ranges("another version each time",
             [](asked_range asked, int number) {
               return part(photo(), asked, "ETag: \"" + std::to_string(number) + "\"\r\n");
             }),
      ranges("two Content-Ranges",
             [](asked_range asked, int) {
               return part(photo(), asked, "Content-Range: bytes 7-9/10\r\n");
             }),
      ranges(
          "a part without end",
          [whole](asked_range asked, int) {
            return ok + "Content-Range: bytes "s + std::to_string(asked.first) + "-" +
                   std::to_string(asked.last) + "/" + std::to_string(whole) +
                   "\r\nTransfer-Encoding: chunked\r\n\r\n" + "fffff\r\n" +
                   std::string(100'000, 'x');
          },
          not_an_image),
      ranges(
          "the first part and then status 404",
          [](asked_range asked, int) {
            return asked.first > 0 ? http_response(404, "") : part(photo(), asked);
          },
          http_status),
      ranges(
          "a total over the bound",
          [](asked_range asked, int) {
            return with_content_range(asked, "bytes 0-16383/99999999999");
          },
          too_large),
  };
  all.push_back(parts_and_redirects());
  std::string noise;  // which does not pack, so that one range of the packed file is not enough
  std::uint32_t state = 1;
  for (int i = 0; i < 65'000; ++i)
    noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  const auto packed =
      test_support::gzip(imaging::jpeg(640, 480, imaging::jpeg_segment(0xE1, noise)));
  const auto gzip_part = [packed](asked_range asked) {
    return part(packed, asked, "Content-Encoding: gzip\r\n");
  };
  all.push_back(
      ranges("of the packed file", [=](asked_range asked, int) { return gzip_part(asked); }));
  all.push_back(ranges("of the packed file, a byte at a time", [=](asked_range asked, int) {
    return gzip_part({asked.first, asked.first});
  }));
  all.push_back(ranges("packed from the second one on", [=](asked_range asked, int number) {
    return number == 0 ? part(photo(), asked) : gzip_part(asked);
  }));
  all.push_back(ranges("said to be packed, and is not", [](asked_range asked, int) {
    return part(photo(), asked, "Content-Encoding: gzip\r\n");
  }));
  for (const auto& each : imaging::all_samples()) {
    auto made =
        ranges(each.name, [&each](asked_range asked, int) { return part(each.file, asked); });
    made.width = each.expected.width;
    made.height = each.expected.height;
    all.push_back(std::move(made));
  }
  return all;
}

}  // namespace retail_pulse::hostile
