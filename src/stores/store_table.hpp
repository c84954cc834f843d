// stores: the Store Master, read from its file into an immutable table.
// May use: src/core, src/csv.
// Never: keeps a file open, or returns a part of a table.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/limits.hpp"

namespace retail_pulse::stores {

struct store {
  std::string id;
  std::string name;
  std::string area;
};

/// An immutable snapshot of the Store Master; shared between threads.
class store_table {
 public:
  /// Of several stores with one id, the last is used.
  explicit store_table(std::vector<store> stores);
  store_table(const store_table&) = delete;
  store_table& operator=(const store_table&) = delete;

  /// The store with exactly that id (case and blanks matter), or nullptr. The pointer is valid as
  /// long as the table.
  const store* find(std::string_view id) const;
  std::size_t size() const { return stores_.size(); }
  /// Whether any store has exactly that area.
  bool has_area(std::string_view area) const;

  // Stores in the order of the file. A span is valid as long as the table.

  std::span<const store* const> all() const { return all_; }
  /// Those with exactly that area.
  std::span<const store* const> in_area(std::string_view area) const;
  /// A span of one store of this table.
  std::span<const store* const> only(const store& of_this_table) const;

 private:
  std::vector<store> stores_;
  // Views and pointers into stores_, which never changes.
  std::unordered_map<std::string_view, const store*> by_id_;
  std::vector<const store*> all_;
  std::unordered_map<std::string_view, std::vector<const store*>> by_area_;
};

using store_table_ptr = std::shared_ptr<const store_table>;

struct loaded {
  store_table_ptr table;
  /// For the log: the number of ids with blanks around them, the number of repeated ids (the last
  /// row is used), and the first few of these.
  std::vector<std::string> warnings;
};

/// Why the file is invalid: one sentence with the file and, if possible, the line ("stores.csv,
/// line 17: ...").
struct load_error {
  std::string message;
};

/// Parses CSV (see csv::table) with the columns AreaCode, StoreName and StoreID, of which the first
/// two may be empty. A file without rows is an error. Messages call the file `name`, and count
/// physical lines, at the start of the row or the quote.
std::variant<loaded, load_error> parse(std::string_view text, std::string_view name);

/// Reads and parses the file. Also an error if it cannot be opened or read, or is larger than
/// `max_bytes`.
std::variant<loaded, load_error> load(const std::filesystem::path& file,
                                      std::size_t max_bytes = limits::store_master_bytes);

}  // namespace retail_pulse::stores
