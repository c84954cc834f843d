#include "actors/reader.hpp"

#include "actors/query.hpp"
#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {
namespace {

/// Runs a query of another actor; a failure of storage becomes the answer.
template <class T, class Query>
caf::result<T> answer(Query query) {
  try {
    return query();
  } catch (const storage::storage_error& e) {
    return storage_failure(e);
  }
}

origin_page next_origins(storage::reader& from, job_id job, run_number run, origin_number after) {
  origin_page page{from.pending_origins(job, run, after, limits::origins_page)};
  page.more = page.origins.size() == limits::origins_page;
  return page;
}

}  // namespace

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   std::shared_ptr<storage::reader> storage) {
  abort_on_exception(self, "reader");
  self->state.storage = std::move(storage);
  return {
      [=](pending_atom, job_id job, run_number run, const page_order_ptr& order) {
        return answer<task_page_ptr>([&] {
          auto& from = *self->state.storage;
          task_page page;
          if (!order->again.empty()) page.again = from.pending_images(job, run, order->again);
          if (order->fresh > 0)
            page.fresh = from.pending_images(job, run, order->origin, order->after, order->fresh);
          return std::make_shared<const task_page>(std::move(page));
        });
      },
      [=](open_atom, job_id job, run_number run, origin_number after) {
        return answer<origin_page_ptr>([&] {
          return std::make_shared<const origin_page>(
              next_origins(*self->state.storage, job, run, after));
        });
      },
      [=](number_atom, job_id job, image_number after) {
        return answer<image_urls_ptr>([&] {
          auto& from = *self->state.storage;
          std::vector<storage::image_url> page;
          if (from.has_unnumbered_images(job))
            page = from.image_urls(job, after, limits::slice_rows);
          return std::make_shared<const std::vector<storage::image_url>>(std::move(page));
        });
      },
      [=](status_atom, job_id job, const reply<query_outcome<job_status>>& to) {
        run_query(to, [&] { return self->state.storage->status(job); });
      },
      [=](audit_atom, job_id job, const reply<query_outcome<job_audit>>& to) {
        run_query(to,
                  [&] { return self->state.storage->audit(job, [&] { return to.is_awaited(); }); });
      },
      [=](ongoing_atom, job_id after) {
        return answer<brief_page>([&] {
          return brief_page{self->state.storage->ongoing_jobs(after, limits::recovery_page)};
        });
      },
      [=](staging_atom) {
        return answer<id_list>([&] { return id_list{self->state.storage->staging_jobs()}; });
      },
  };
}

}  // namespace retail_pulse::actors
