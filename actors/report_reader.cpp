#include "actors/report_reader.hpp"

#include <utility>

#include "actors/query.hpp"
#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {
visits_page report_reader_state::visits(const visits_question& question) const {
  visits_page page;
  auto at = question.from;
  std::size_t left = question.limit;
  for (std::size_t looked_at = 0; at.store < question.of.stores.size(); ++looked_at) {
    if (left == 0 || looked_at == limits::report_page_stores) {
      page.next = at;
      return page;
    }
    const auto* store = question.of.stores[at.store];
    auto read = storage->perimeters(store->id, question.days, at.at, left);
    left -= read.rows.size();
    if (!read.rows.empty()) page.stores.push_back({store, std::move(read.rows)});
    if (read.next) {
      page.next = visits_position{at.store, *read.next};
      return page;
    }
    at = {at.store + 1, {}};
  }
  return page;
}

report_reader_actor::behavior_type report_reader(
    report_reader_actor::stateful_pointer<report_reader_state> self,
    std::shared_ptr<storage::reader> storage) {
  abort_on_exception(self, "report_reader");
  self->state.storage = std::move(storage);
  return {
      [=](jobs_atom, const jobs_question& q, const reply<query_outcome<job_page>>& to) {
        run_query(to, [&] { return self->state.storage->jobs(q.filter, q.below, q.limit); });
      },
      [=](report_atom, const report_question& q, const reply<query_outcome<job_report>>& to) {
        run_query(to, [&] { return self->state.storage->report(q.job, q.origins); });
      },
      [=](origins_atom, const origins_question& q,
          const reply<query_outcome<origin_summaries>>& to) {
        run_query(to,
                  [&] { return self->state.storage->origins(q.job, q.origin, q.after, q.limit); });
      },
      [=](images_atom, const images_question& q, const reply<query_outcome<image_page>>& to) {
        run_query(to,
                  [&] { return self->state.storage->images(q.job, q.filter, q.after, q.limit); });
      },
      [=](visits_atom, const visits_question& q, const reply<query_outcome<visits_page>>& to) {
        run_query(to, [&] { return self->state.visits(q); });
      },
  };
}

}  // namespace retail_pulse::actors
