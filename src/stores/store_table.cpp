#include "stores/store_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "csv/table.hpp"

namespace retail_pulse::stores {
namespace {

constexpr std::size_t ids_in_warnings =
    20;  ///< a file that contains everything twice must not flood the log

enum column_index : std::size_t { area_code, store_name, store_id };
constexpr std::array<csv::column, 3> columns{{{.name = "AreaCode", .may_be_empty = true},
                                              {.name = "StoreName", .may_be_empty = true},
                                              {.name = "StoreID"}}};

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

std::vector<std::string> duplicate_warnings(const std::vector<store>& stores,
                                            std::string_view name) {
  std::unordered_map<std::string_view, std::size_t> rows_of_id;
  std::vector<std::string_view> repeated;  // in the order of the file
  for (const auto& row : stores) {
    if (++rows_of_id[row.id] == 2) repeated.push_back(row.id);
  }
  std::vector<std::string> warnings;
  if (repeated.empty()) return warnings;
  const std::string prefix = std::string{name} + ": ";
  warnings.push_back(prefix + counted(repeated.size(), "store id occurs", "store ids occur") +
                     " more than once; the last row of each is used (" +
                     counted(stores.size() - rows_of_id.size(), "row", "rows") + " ignored)");
  for (std::size_t i = 0; i < std::min(repeated.size(), ids_in_warnings); ++i) {
    warnings.push_back(prefix + "store id " + std::string{repeated[i]} + " occurs " +
                       std::to_string(rows_of_id[repeated[i]]) + " times");
  }
  return warnings;
}

}  // namespace

store_table::store_table(std::vector<store> stores) : stores_{std::move(stores)} {
  std::unordered_set<std::string_view> kept;
  std::vector<bool> is_last(stores_.size());
  for (std::size_t i = stores_.size(); i-- > 0;) is_last[i] = kept.insert(stores_[i].id).second;
  kept.clear();  // its views do not outlive the move below
  std::size_t next = 0;
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    if (!is_last[i]) continue;
    if (next != i) stores_[next] = std::move(stores_[i]);
    ++next;
  }
  stores_.resize(next);

  by_id_.reserve(stores_.size());
  all_.reserve(stores_.size());
  for (const auto& each : stores_) {
    by_id_.emplace(each.id, &each);
    all_.push_back(&each);
    by_area_[each.area].push_back(&each);
  }
}

const store* store_table::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

bool store_table::has_area(std::string_view area) const { return by_area_.contains(area); }

std::span<const store* const> store_table::in_area(std::string_view area) const {
  const auto found = by_area_.find(area);
  return found == by_area_.end() ? std::span<const store* const>{}
                                 : std::span<const store* const>{found->second};
}

std::span<const store* const> store_table::only(const store& of_this_table) const {
  return std::span{all_}.subspan(static_cast<std::size_t>(&of_this_table - stores_.data()), 1);
}

std::variant<loaded, load_error> parse(std::string_view text, std::string_view name) {
  csv::table rows{text, columns};
  std::vector<store> stores;
  std::vector<std::string> row;
  while (rows.next(row))
    stores.push_back(
        {std::move(row[store_id]), std::move(row[store_name]), std::move(row[area_code])});
  if (rows.wrong()) return load_error{rows.wrong()->message(name)};
  if (stores.empty()) return load_error{std::string{name} + ": no stores"};

  auto warnings = duplicate_warnings(stores, name);
  if (const auto trimmed = rows.trimmed_in(store_id, "store id", "store ids"); !trimmed.empty()) {
    warnings.insert(warnings.begin(), std::string{name} + ": " + trimmed);
  }
  return loaded{std::make_shared<const store_table>(std::move(stores)), std::move(warnings)};
}

std::variant<loaded, load_error> load(const std::filesystem::path& file, std::size_t max_bytes) {
  const auto failed = [&](std::string_view what) {
    return load_error{file.string() + ": " + std::string{what} + " (" +
                      std::generic_category().message(errno) + ")"};
  };
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) return failed("the file cannot be opened");
  std::string text;
  std::array<char, 65536> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes)
      return load_error{file.string() + ": the file is larger than " +
                        counted(max_bytes, "byte", "bytes")};
  }
  if (in.bad()) return failed("the file cannot be read");
  return parse(text, file.string());
}

}  // namespace retail_pulse::stores
