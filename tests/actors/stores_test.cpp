#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;
using kind = actors::store_selection::kind;

namespace {

/// A store master that starts with the stores of a file, and the store loader that reloads it.
class shop : public world {
 public:
  shop() {
    write("AreaCode,StoreName,StoreID\nA,one,S1\nB,two,S2\nA,three,S3\n");
    loader_ = system().spawn(actors::store_loader, file_, colleagues.store_master);
    BOOST_REQUIRE((reload().what == actors::reload_outcome::kind::loaded));
  }
  ~shop() {
    caf::anon_send_exit(loader_, caf::exit_reason::user_shutdown);
    std::filesystem::remove(file_);
  }

  void write(const std::string& text) { std::ofstream{file_} << text; }

  actors::reload_outcome reload() {
    actors::reload_outcome outcome;
    caf::anon_send(loader_, actors::reload_atom_v,
                   actors::reply<actors::reload_outcome>{
                       [&](actors::reload_outcome o) { outcome = std::move(o); }, {}});
    run_messages();
    return outcome;
  }

  actors::store_selection select(std::optional<std::string> area, std::optional<std::string> id) {
    actors::store_selection selection;
    caf::anon_send(colleagues.store_master, actors::select_atom_v,
                   actors::store_question{std::move(area), std::move(id)},
                   actors::reply<actors::store_selection>{
                       [&](actors::store_selection s) { selection = std::move(s); }, {}});
    run_messages();
    return selection;
  }

  std::string ids(std::optional<std::string> area, std::optional<std::string> id) {
    const auto selection = select(std::move(area), std::move(id));
    BOOST_TEST((selection.what == kind::found));
    std::string text;
    for (const auto* store : selection.stores) text += store->id + " ";
    return text;
  }

 private:
  const std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                      ("retail-pulse-stores-" + std::to_string(getpid()) + ".csv");
  actors::store_loader_actor loader_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(stores)

BOOST_AUTO_TEST_CASE(stores_are_selected_by_area_and_id_in_the_order_of_the_file) {
  shop s;
  BOOST_TEST(s.ids({}, {}) == "S1 S2 S3 ");
  BOOST_TEST(s.ids("A", {}) == "S1 S3 ");
  BOOST_TEST(s.ids({}, "S2") == "S2 ");
  BOOST_TEST(s.ids("B", "S2") == "S2 ");
  BOOST_TEST(s.ids("A", "S2").empty());
  BOOST_TEST((s.select("C", {}).what == kind::unknown_area));
  BOOST_TEST((s.select("a", {}).what == kind::unknown_area));
  BOOST_TEST((s.select({}, "S4").what == kind::unknown_store));
  BOOST_TEST((s.select("C", "S1").what == kind::unknown_area));
}

BOOST_AUTO_TEST_CASE(a_reload_replaces_the_stores_at_once_and_readers_of_the_old_ones_keep_them) {
  shop s;
  const auto old = s.select({}, {});
  s.write("AreaCode,StoreName,StoreID\nC,four,S4\nC,four again,S4\n");
  const auto outcome = s.reload();
  BOOST_TEST((outcome.what == actors::reload_outcome::kind::loaded));
  BOOST_TEST(outcome.stores == 1U);
  BOOST_REQUIRE(outcome.warnings.size() == 2U);
  BOOST_TEST(outcome.warnings[0].starts_with("retail-pulse-stores-"));  // without its folder
  BOOST_TEST(s.ids({}, {}) == "S4 ");
  BOOST_TEST((s.select("A", {}).what == kind::unknown_area));
  BOOST_TEST(old.stores.size() == 3U);
  BOOST_TEST(old.stores[2]->name == "three");
}

BOOST_AUTO_TEST_CASE(an_invalid_file_changes_nothing_and_its_line_is_reported) {
  shop s;
  s.write("AreaCode,StoreName,StoreID\nC,four,S4\nC,five\n");
  const auto outcome = s.reload();
  BOOST_TEST((outcome.what == actors::reload_outcome::kind::refused));
  BOOST_TEST(outcome.error.starts_with("retail-pulse-stores-"));
  BOOST_TEST(outcome.error.ends_with(".csv, line 3: column StoreID: the row ends before it"));
  BOOST_TEST(s.ids({}, {}) == "S1 S2 S3 ");
}

BOOST_AUTO_TEST_SUITE_END()
