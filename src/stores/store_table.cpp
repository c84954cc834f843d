#include "stores/store_table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "core/text.hpp"
#include "stores/csv.hpp"

namespace retail_pulse::stores {
namespace {

constexpr std::size_t ids_in_warnings = 20;  ///< a file written twice into itself must not flood the log

enum column : std::size_t { area_code, store_name, store_id, column_count };
constexpr std::array<std::string_view, column_count> column_names{"AreaCode", "StoreName", "StoreID"};
using column_places = std::array<std::size_t, column_count>;

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

/// "Store_ID", "store id" and "STOREID" are one name.
std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_' && c != '-' && c != ' ') letters += lower(c);
  }
  return letters;
}

/// Where each column stands in the header, or what is wrong with the header.
std::variant<column_places, std::string> find_columns(const std::vector<std::string>& header) {
  column_places places{};
  for (std::size_t wanted = 0; wanted < column_count; ++wanted) {
    const std::string name{column_names[wanted]};
    std::optional<std::size_t> found;
    for (std::size_t place = 0; place < header.size(); ++place) {
      if (plain(header[place]) != plain(name)) continue;
      if (found) return "the header names the column " + name + " twice";
      found = place;
    }
    if (!found) return "the header has no column " + name;
    places[wanted] = *found;
  }
  return places;
}

/// What is wrong with a row, or nothing.
std::optional<std::string> fault_of(const std::vector<std::string>& row, std::size_t columns, const column_places& places) {
  if (row.size() != columns) return "expected " + counted(columns, "field", "fields") + ", found " + std::to_string(row.size());
  if (row[places[store_id]].empty()) return "the store id is empty";
  return std::nullopt;
}

std::vector<std::string> duplicate_warnings(const std::vector<store>& stores, std::string_view name) {
  std::unordered_map<std::string_view, std::size_t> rows_of_id;
  std::vector<std::string_view> repeated;  // in the order of the file
  for (const auto& row : stores) {
    if (++rows_of_id[row.id] == 2) repeated.push_back(row.id);
  }
  std::vector<std::string> warnings;
  if (repeated.empty()) return warnings;
  const std::string prefix = std::string{name} + ": ";
  warnings.push_back(prefix + counted(repeated.size(), "store id occurs", "store ids occur") +
                     " more than once, the last row of each counts (" + counted(stores.size() - rows_of_id.size(), "row", "rows") +
                     " passed over)");
  for (std::size_t i = 0; i < std::min(repeated.size(), ids_in_warnings); ++i) {
    warnings.push_back(prefix + "store id " + std::string{repeated[i]} + " occurs " + std::to_string(rows_of_id[repeated[i]]) + " times");
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
  return found == by_area_.end() ? std::span<const store* const>{} : std::span<const store* const>{found->second};
}

std::span<const store* const> store_table::only(const store& of_this_table) const {
  return std::span{all_}.subspan(static_cast<std::size_t>(&of_this_table - stores_.data()), 1);
}

std::variant<loaded, load_error> parse(std::string_view text, std::string_view name) {
  const auto error = [&](std::string_view what) { return load_error{std::string{name} + ": " + std::string{what}}; };
  const auto error_in = [&](std::size_t line, std::string_view what) {
    return load_error{std::string{name} + ", line " + std::to_string(line) + ": " + std::string{what}};
  };

  if (const std::size_t valid = valid_utf8_prefix(text); valid != text.size()) {
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(valid), '\n');
    return error_in(static_cast<std::size_t>(lines) + 1, "invalid UTF-8");
  }
  if (constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; text.starts_with(byte_order_mark))
    text.remove_prefix(byte_order_mark.size());

  csv_reader rows{text};
  std::vector<std::string> row;
  if (!rows.next(row)) return rows.error().empty() ? error("the file is empty") : error_in(rows.line(), rows.error());
  const std::size_t columns = row.size();
  const auto found = find_columns(row);
  if (const auto* fault = std::get_if<std::string>(&found)) return error_in(rows.line(), *fault);
  const auto& places = std::get<column_places>(found);

  std::vector<store> stores;
  while (rows.next(row)) {
    if (const auto fault = fault_of(row, columns, places)) return error_in(rows.line(), *fault);
    stores.push_back({std::move(row[places[store_id]]), std::move(row[places[store_name]]), std::move(row[places[area_code]])});
  }
  if (!rows.error().empty()) return error_in(rows.line(), rows.error());
  if (stores.empty()) return error("no stores");

  auto warnings = duplicate_warnings(stores, name);
  return loaded{std::make_shared<const store_table>(std::move(stores)), std::move(warnings)};
}

std::variant<loaded, load_error> load(const std::filesystem::path& file, std::size_t max_bytes) {
  const auto failed = [&](std::string_view what) {
    return load_error{file.string() + ": " + std::string{what} + " (" + std::generic_category().message(errno) + ")"};
  };
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) return failed("the file cannot be opened");
  std::string text;
  std::array<char, 65536> piece;
  while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes) return load_error{file.string() + ": the file is larger than " + counted(max_bytes, "byte", "bytes")};
  }
  if (in.bad()) return failed("the file cannot be read");
  return parse(text, file.string());
}

}  // namespace retail_pulse::stores
