#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "support.hpp"

namespace retail_pulse::stores {
namespace {

/// A file of that content, gone at the end of the test.
class temporary_file {
 public:
  explicit temporary_file(std::string_view content)
      : path_{std::filesystem::temp_directory_path() /
              ("retail-pulse-stores-" + std::to_string(getpid()) + ".csv")} {
    std::ofstream{path_, std::ios::binary} << content;
  }
  ~temporary_file() { std::filesystem::remove(path_); }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::string message(const std::variant<loaded, load_error>& result) {
  const auto* error = std::get_if<load_error>(&result);
  return error != nullptr ? error->message : "accepted";
}

constexpr std::string_view small_file = "AreaCode,StoreName,StoreID\n7,Shop,S1\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(a_store_master_file)

BOOST_AUTO_TEST_CASE(is_loaded) {
  const temporary_file file{small_file};
  const auto result = load(file.path());
  BOOST_REQUIRE(message(result) == "accepted");
  BOOST_TEST(describe_store(*std::get<loaded>(result).table, "S1") == "S1|Shop|7");
}

BOOST_AUTO_TEST_CASE(that_is_broken_is_named_in_the_message) {
  const temporary_file file{"AreaCode,StoreName,StoreID\n7\n"};
  BOOST_TEST(message(load(file.path())) ==
             file.path().string() + ", line 2: column StoreName: the row ends before it");
}

BOOST_AUTO_TEST_CASE(that_is_not_there_is_named_in_the_message) {
  BOOST_TEST(message(load("/nowhere/stores.csv")) ==
             "/nowhere/stores.csv: the file cannot be opened (No such file or directory)");
}

BOOST_AUTO_TEST_CASE(that_is_a_folder_is_refused) {
  const auto folder = std::filesystem::temp_directory_path();
  BOOST_TEST(message(load(folder)) ==
             folder.string() + ": the file cannot be read (Is a directory)");
}

BOOST_AUTO_TEST_CASE(may_be_as_large_as_the_bound_and_no_larger) {
  const temporary_file file{small_file};
  BOOST_TEST(message(load(file.path(), small_file.size())) == "accepted");
  BOOST_TEST(message(load(file.path(), small_file.size() - 1)) ==
             file.path().string() + ": the file is larger than " +
                 std::to_string(small_file.size() - 1) + " bytes");
}

BOOST_AUTO_TEST_CASE(may_come_in_more_than_one_piece) {
  std::string text{small_file};
  for (int i = 2; i <= 20'000; ++i) text += "7,\"Shop, Mill Lane\",S" + std::to_string(i) + "\n";
  const temporary_file file{text};
  const auto result = load(file.path());
  BOOST_REQUIRE(message(result) == "accepted");
  const auto& table = *std::get<loaded>(result).table;
  BOOST_TEST(table.size() == 20'000U);
  BOOST_TEST(describe_store(table, "S20000") == "S20000|Shop, Mill Lane|7");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace retail_pulse::stores
