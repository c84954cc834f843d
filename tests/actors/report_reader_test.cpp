#include "actors/report_reader.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/actors/world.hpp"

using namespace retail_pulse;
using namespace retail_pulse::tests;

namespace {

stores::store_table_ptr many_stores(std::size_t count) {
  std::vector<stores::store> rows;
  for (std::size_t i = 0; i < count; ++i) rows.push_back({"S" + std::to_string(i), "name", "area"});
  return std::make_shared<const stores::store_table>(std::move(rows));
}

/// A report reader over the storage of a world.
class reading : public world {
 public:
  ~reading() { caf::anon_send_exit(reader_, caf::exit_reason::user_shutdown); }

  actors::visits_page visits(const actors::visits_question& question) {
    actors::query_outcome<actors::visits_page> outcome;
    caf::anon_send(
        reader_, actors::visits_atom_v, question,
        actors::reply<actors::query_outcome<actors::visits_page>>{
            [&](actors::query_outcome<actors::visits_page> o) { outcome = std::move(o); }, {}});
    run_messages();
    return outcome.found.value();
  }

  const actors::report_reader_actor& reader() const { return reader_; }

 private:
  actors::report_reader_actor reader_ = system().spawn(
      actors::report_reader, std::make_shared<storage::reader>(
                                 where(), storage::session_options{std::chrono::milliseconds{0}}));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(report_reading)

BOOST_AUTO_TEST_CASE(visits_of_many_stores_come_in_pages_that_meet_every_image_once) {
  reading w;
  const auto job = w.accept({{"S1", urls_on("a.test", 3), "2026-01-02"},
                             {"S3", urls_on("a.test", 2), "2026-01-01"},
                             {"S1", urls_on("b.test", 1), "2026-01-01"}});
  w.run_to_end(job);
  const auto table = many_stores(2 * limits::report_page_stores);
  for (std::size_t limit = 1; limit <= 7; ++limit) {
    std::vector<std::string> met;
    actors::visits_question question{
        {actors::store_selection::kind::found, table, table->all()}, {}, {}, limit};
    for (;;) {
      const auto page = w.visits(question);
      std::size_t rows = 0;
      for (const auto& store : page.stores) {
        rows += store.rows.size();
        for (const auto& row : store.rows) met.push_back(store.store->id + " " + row.date);
      }
      BOOST_REQUIRE(rows <= limit);
      if (!page.next) break;
      question.from = *page.next;
    }
    const std::vector<std::string> expected{"S1 2026-01-01", "S1 2026-01-02", "S1 2026-01-02",
                                            "S1 2026-01-02", "S3 2026-01-01", "S3 2026-01-01"};
    BOOST_TEST(met == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_page_looks_at_a_bounded_number_of_stores) {
  reading w;
  const auto table = many_stores(limits::report_page_stores + 1);
  actors::visits_question question{
      {actors::store_selection::kind::found, table, table->all()}, {}, {}, 10};
  const auto page = w.visits(question);
  BOOST_TEST(page.stores.empty());
  BOOST_REQUIRE(page.next.has_value());
  BOOST_TEST(page.next->store == limits::report_page_stores);
  question.of.stores = table->all().first(limits::report_page_stores);
  BOOST_TEST(!w.visits(question).next.has_value());
}

BOOST_AUTO_TEST_CASE(a_report_without_a_waiting_client_is_not_read) {
  reading w;
  bool answered = false;
  caf::anon_send(w.reader(), actors::jobs_atom_v, actors::jobs_question{{}, job_id{max_job_id}, 1},
                 actors::reply<actors::query_outcome<job_page>>{
                     [&](const actors::query_outcome<job_page>& o) {
                       answered = true;
                       BOOST_TEST((o.what == actors::query_outcome<job_page>::kind::lost));
                     },
                     {},
                     [] { return false; }});
  w.run_messages();
  BOOST_TEST(answered);
}

BOOST_AUTO_TEST_SUITE_END()
