// The formats are those of https://www.sqlite.org/fileformat2.html#walformat and
// https://www.sqlite.org/walformat.html.
#include "storage/whole_log.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/repository.hpp"

namespace retail_pulse::storage {
namespace {

using bytes = std::span<const unsigned char>;
using salts = std::array<unsigned char, 8>;

constexpr std::size_t head_bytes = 32;
constexpr std::size_t frame_head_bytes = 24;
constexpr std::size_t index_head_bytes = 48;
constexpr std::uint32_t format_version = 3007000;

std::uint32_t big_endian(bytes from, std::size_t at) {
  return std::uint32_t{from[at]} << 24 | std::uint32_t{from[at + 1]} << 16 |
         std::uint32_t{from[at + 2]} << 8 | from[at + 3];
}
std::uint32_t little_endian(bytes from, std::size_t at) {
  return std::uint32_t{from[at + 3]} << 24 | std::uint32_t{from[at + 2]} << 16 |
         std::uint32_t{from[at + 1]} << 8 | from[at];
}
std::uint32_t native(bytes from, std::size_t at) {
  return std::endian::native == std::endian::big ? big_endian(from, at) : little_endian(from, at);
}

salts salts_at(bytes from, std::size_t at) {
  salts found;
  std::ranges::copy(from.subspan(at, found.size()), found.begin());
  return found;
}

/// SQLite's running checksum over pairs of words.
struct checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const checksum&) const = default;

  template <auto Word>
  void add_words(bytes text) {
    for (std::size_t at = 0; at + 8 <= text.size(); at += 8) {
      first += Word(text, at) + second;
      second += Word(text, at + 4) + first;
    }
  }
  void add(bytes text, bool words_are_big_endian) {
    words_are_big_endian ? add_words<big_endian>(text) : add_words<little_endian>(text);
  }
};

struct log_head {
  bool words_are_big_endian = false;
  std::size_t page_bytes = 0;
  salts round;  ///< every frame of this round repeats them
  checksum sum;
};

std::optional<log_head> parse_head(bytes text) {
  const std::uint32_t magic = big_endian(text, 0);
  const std::uint32_t page_bytes = big_endian(text, 8);
  if ((magic & ~1U) != 0x377f0682U || big_endian(text, 4) != format_version) return std::nullopt;
  if (!std::has_single_bit(page_bytes) || page_bytes < 512 || page_bytes > 65536)
    return std::nullopt;
  log_head head{(magic & 1U) != 0, page_bytes, salts_at(text, 16), {}};
  head.sum.add(text.first(24), head.words_are_big_endian);
  if (head.sum != checksum{big_endian(text, 24), big_endian(text, 28)}) return std::nullopt;
  return head;
}

struct frame {
  bool of_this_round = false;
  bool ends_commit = false;
  checksum stored;

  static frame parse(bytes text, const log_head& head) {
    return {salts_at(text, 8) == head.round && big_endian(text, 0) != 0,
            big_endian(text, 4) != 0,
            {big_endian(text, 16), big_endian(text, 20)}};
  }
  /// Whether it was written as the one behind a frame with the checksum `before`.
  bool continues(checksum before, bytes text, const log_head& head) const {
    if (!of_this_round) return false;
    before.add(text.first(8), head.words_are_big_endian);
    before.add(text.subspan(frame_head_bytes), head.words_are_big_endian);
    return before == stored;
  }
};

/// What the log itself shows.
struct findings {
  std::uint32_t committed = 0;  ///< frames up to the last commit that SQLite will find
  std::optional<std::uint32_t>
      first_wrong;  ///< the first frame that SQLite will not read, if a commit follows behind it
};

findings read_frames(std::istream& log, const log_head& head) {
  findings found;
  std::vector<unsigned char> text(frame_head_bytes + head.page_bytes);
  const auto next = [&] {
    return static_cast<bool>(
        log.read(reinterpret_cast<char*>(text.data()), static_cast<std::streamsize>(text.size())));
  };
  std::uint32_t number = 1;
  checksum before = head.sum;
  bool whole = next();
  for (; whole; whole = next(), ++number) {
    const auto now = frame::parse(text, head);
    if (!now.continues(before, text, head)) break;
    if (now.ends_commit) found.committed = number;
    before = now.stored;
  }
  if (!whole) return found;

  // Frames are written behind a commit only when it is durable. So a frame that continues the end
  // of a commit proves that commit. The remains of failed writes prove nothing: the next write
  // began over their start.
  const std::uint32_t wrong = number;
  auto last = frame::parse(text, head);
  while (next()) {
    const auto now = frame::parse(text, head);
    if (last.of_this_round && last.ends_commit && now.continues(last.stored, text, head)) {
      found.first_wrong = wrong;
      return found;
    }
    last = now;
  }
  return found;
}

/// SQLite's index of the log: a head in two copies, written after each commit is durable.
struct index_head {
  std::uint32_t committed = 0;
  salts round;
};

struct log_index {
  std::vector<index_head> heads;  ///< those with the right checksum
  std::uint32_t copied = 0;       ///< frames whose pages are in the database
};

log_index read_index(const std::filesystem::path& file) {
  std::array<unsigned char, 2 * index_head_bytes + 4> text{};
  log_index index;
  std::ifstream stream{file, std::ios::binary};
  if (!stream.read(reinterpret_cast<char*>(text.data()), text.size())) return index;
  for (const std::size_t at : {std::size_t{0}, index_head_bytes}) {
    const auto copy = bytes{text}.subspan(at, index_head_bytes);
    checksum sum;
    sum.add(copy.first(40), std::endian::native == std::endian::big);
    const bool whole =
        native(copy, 0) == format_version && sum == checksum{native(copy, 40), native(copy, 44)};
    if (whole) index.heads.push_back({native(copy, 16), salts_at(copy, 32)});
  }
  index.copied = native(text, 2 * index_head_bytes);
  return index;
}

[[noreturn]] void fail(const std::filesystem::path& log, const std::string& what) {
  throw storage_error{storage_error::kind::corrupt,
                      log.string() + " is damaged: " + what +
                          ". It holds commits that are not in the database: restore the database "
                          "and its log together"};
}

std::filesystem::path log_of(const std::filesystem::path& database) {
  return database.string() + "-wal";
}

}  // namespace

bool has_log(const std::filesystem::path& database) {
  std::error_code absent;
  const auto bytes = std::filesystem::file_size(log_of(database), absent);
  return !absent && bytes > head_bytes;
}

std::vector<std::uint32_t> pages_only_in_log(const std::filesystem::path& database) {
  std::ifstream log{log_of(database), std::ios::binary};
  std::array<unsigned char, head_bytes> head_text{};
  if (!log.read(reinterpret_cast<char*>(head_text.data()), head_text.size())) return {};
  const auto head = parse_head(head_text);
  if (!head) return {};
  std::vector<unsigned char> text(frame_head_bytes + head->page_bytes);
  std::map<std::uint32_t, std::uint64_t> committed,
      open;  // where a page's last frame begins in the log
  std::uint64_t at = head_bytes;
  checksum before = head->sum;
  for (; log.read(reinterpret_cast<char*>(text.data()), static_cast<std::streamsize>(text.size()));
       at += text.size()) {
    const auto now = frame::parse(text, *head);
    if (!now.continues(before, text, *head)) break;
    before = now.stored;
    open[big_endian(text, 0)] = at;
    if (!now.ends_commit) continue;
    for (const auto& [page, place] : open) committed[page] = place;
    open.clear();
  }
  log.clear();
  std::ifstream file{database, std::ios::binary};
  std::vector<std::uint32_t> different;
  std::vector<char> in_log(head->page_bytes), in_file(head->page_bytes);
  for (const auto& [page, place] : committed) {
    log.seekg(static_cast<std::streamoff>(place + frame_head_bytes));
    log.read(in_log.data(), static_cast<std::streamsize>(in_log.size()));
    file.clear();
    file.seekg(static_cast<std::streamoff>((page - std::uint64_t{1}) * head->page_bytes));
    const bool whole =
        static_cast<bool>(file.read(in_file.data(), static_cast<std::streamsize>(in_file.size())));
    if (!whole || in_file != in_log) different.push_back(page);
  }
  return different;
}

void demand_whole_log(const std::filesystem::path& database) {
  const auto file = log_of(database);
  const auto index = read_index(database.string() + "-shm");
  std::ifstream log{file, std::ios::binary};
  std::array<unsigned char, head_bytes> text{};
  if (!log.read(reinterpret_cast<char*>(text.data()), text.size()) ||
      log.peek() == std::ifstream::traits_type::eof()) {
    for (const auto& head : index.heads) {
      if (head.committed > index.copied)
        fail(file, "it is missing or empty, and had " + std::to_string(head.committed) + " frames");
    }
    return;
  }
  const auto head = parse_head(text);
  if (!head)
    fail(file, "its head does not match its checksum");  // a head is durable before the first frame
                                                         // is written
  const auto found = read_frames(log, *head);
  if (found.first_wrong)
    fail(file,
         "frame " + std::to_string(*found.first_wrong) + " is wrong, and commits follow behind it");
  for (const auto& known : index.heads) {
    if (known.round != head->round || known.committed <= found.committed) continue;
    fail(file, std::to_string(known.committed) +
                   " of its frames were committed, and only the first " +
                   std::to_string(found.committed) + " can be read");
  }
}

}  // namespace retail_pulse::storage
