#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <map>

#include "fixtures.hpp"

using namespace retail_pulse;
using namespace retail_pulse::storage;
using namespace retail_pulse::storage::test;

namespace {

constexpr int stores = 3;
constexpr int images_per_store = 4;
constexpr int images = stores * images_per_store;

struct step {
  bool abandons = false;
  bool redrives = false;  ///< before anything else, where the job has ended
  bool commits = true;
  int run = 0;  ///< behind or before that of the job
  int rows = 0;
  std::vector<image_result> results;
};

rc::Gen<step> any_step() {
  return rc::gen::exec([] {
    step s;
    s.abandons = *rc::gen::weightedElement<bool>({{5, false}, {1, true}});
    s.redrives = *rc::gen::weightedElement<bool>({{2, false}, {1, true}});
    s.commits = *rc::gen::weightedElement<bool>({{5, true}, {1, false}});
    s.run = *rc::gen::weightedElement<int>({{8, 0}, {1, -1}, {1, 1}});
    s.rows = *rc::gen::inRange(0, 5);
    const auto count = *rc::gen::inRange(0, 8);
    for (int i = 0; i < count; ++i) {
      const auto number = *rc::gen::inRange(-1, images + 2);
      const auto code = *rc::gen::inRange(0, static_cast<int>(error_table.size()));
      s.results.push_back(*rc::gen::arbitrary<bool>()
                              ? good(number)
                              : bad(number, static_cast<error_code>(std::max(code, 1))));
    }
    return s;
  });
}

recorded apply(writer& w, job_id job, const step& s) {
  w.begin();
  if (s.redrives) w.redrive(job, images, unix_millis{1});
  const run_number run{w.settle(job, unix_millis{1}).run.value + s.run};
  const auto outcome = s.abandons ? w.abandon(job, run, {error_code::cancelled},
                                              static_cast<std::size_t>(s.rows), unix_millis{2})
                                  : w.record(job, run, s.results, unix_millis{2});
  if (s.commits)
    w.commit();
  else
    w.rollback();
  return outcome;
}

void compare_counters_with_rows(reader& r, job_id job) {
  const auto status = r.status(job);
  std::int64_t succeeded = 0, failed = 0, pending = 0;
  std::map<std::string, std::pair<const image_row*, std::int64_t>> first_failures;
  const auto rows = r.images(job, image_number{-1}, 1000);
  for (const auto& row : rows) {
    (row.pending ? pending : row.result.succeeded() ? succeeded : failed) += 1;
    if (row.pending || row.result.succeeded()) continue;
    auto& entry = first_failures.try_emplace(row.store_id, &row, 0).first->second;
    ++entry.second;
  }
  RC_ASSERT(rows.size() == static_cast<std::size_t>(images));
  RC_ASSERT((status->images == image_counts{images, succeeded, failed}));
  RC_ASSERT((status->state == job_state::ongoing) == (pending > 0));
  if (pending > 0) return;
  RC_ASSERT((status->state == job_state::failed) == (failed > 0));
  RC_ASSERT(status->failures.size() == first_failures.size());
  for (const auto& failure : status->failures) {
    const auto& [row, count] = first_failures.at(failure.store_id);
    RC_ASSERT(failure.code == row->result.code);
    RC_ASSERT(failure.error == row->error);
    RC_ASSERT(failure.failed_images == count);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(counters)

BOOST_AUTO_TEST_CASE(agree_with_the_rows_whatever_is_recorded_abandoned_and_rolled_back) {
  const bool holds = rc::check("counters agree with the rows", [] {
    open_place<in_memory> at;
    const auto job = submit(at.w, plain_submission(stores, images_per_store));
    const auto steps = *rc::gen::container<std::vector<step>>(any_step());
    for (const auto& s : steps) {
      const auto before = at.r.status(job)->images;
      const auto of_run = at.r.status(job)->run;
      const auto outcome = apply(at.w, job, s);
      const bool is_redriven = outcome.run > of_run;
      RC_ASSERT(outcome.images.done() ==
                (is_redriven ? before.succeeded : before.done()) + outcome.changed);
      if (s.commits)
        RC_ASSERT((at.r.status(job)->images == outcome.images));
      else
        RC_ASSERT((at.r.status(job)->images == before));
      compare_counters_with_rows(at.r, job);
    }
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_SUITE_END()
