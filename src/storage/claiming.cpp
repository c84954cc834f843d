#include "storage/claiming.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "files/own_file.hpp"
#include "storage/location.hpp"
#include "storage/whole_file.hpp"

namespace retail_pulse::storage {
namespace {

/// Whether a file is empty, or begins like a database of this program; see
/// https://www.sqlite.org/fileformat2.html.
bool is_ours(int descriptor) {
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  constexpr std::size_t id_at = 68;
  std::array<unsigned char, id_at + 4> head{};
  const auto size = pread(descriptor, head.data(), head.size(), 0);
  if (size == 0) return true;
  if (size != static_cast<ssize_t>(head.size()) ||
      !std::equal(magic.begin(), magic.end(), head.begin()))
    return false;
  long long id = 0;
  for (std::size_t i = id_at; i < head.size(); ++i) id = id << 8 | head[i];
  return id == application_id;
}

void note_mode(const std::string& name, const files::opened& file, claimed& into) {
  if (auto word = files::word_of_mode(name, file); !word.empty())
    into.changes.push_back(std::move(word));
}

}  // namespace

claimed claim_files(const location& where, mode_t mode) {
  claimed result;
  if (where.file().empty()) return result;
  const auto name = where.file().string();
  bool ours =
      false;  // without a database, files with the names of its companions are not of this program
  for (const std::string suffix : {"", "-wal", "-shm", "-journal"}) {
    auto file = files::open_existing(name + suffix);
    if (!file.problem.empty()) result.problem = name + suffix + " " + file.problem;
    if (suffix.empty() && file.descriptor >= 0) ours = is_ours(file.descriptor);
    if (ours) files::bring_to_mode(file, mode);
    note_mode(name + suffix, file, result);
    if (file.descriptor >= 0) close(file.descriptor);
    if (!result.problem.empty()) return result;
  }
  // A failure is not reported: SQLite will fail, too, with an error of the right kind.
  const auto file = files::open_own(name, mode);
  note_mode(name, file, result);
  if (file.descriptor >= 0) close(file.descriptor);
  return result;
}

}  // namespace retail_pulse::storage
