#include "actors/reader.hpp"

#include <algorithm>
#include <limits>

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

/// Of all origins, in order of number.
std::vector<image_task> pending_images(storage::reader& from, job_id job, run_number run,
                                       image_number after, std::uint64_t limit) {
  auto tasks = from.pending_images(job, run, not_numbered, after, limit);
  constexpr auto all = std::numeric_limits<std::int32_t>::max();
  for (const auto& origin : from.pending_origins(job, run, not_numbered, all)) {
    auto more = from.pending_images(job, run, origin.number, after, limit);
    tasks.insert(tasks.end(), more.begin(), more.end());
  }
  std::ranges::sort(tasks, {}, &image_task::number);
  if (tasks.size() > limit) tasks.resize(limit);
  return tasks;
}

}  // namespace

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self,
                                   std::shared_ptr<storage::reader> storage) {
  abort_on_exception(self, "reader");
  self->state.storage = std::move(storage);
  return {
      [=](pending_atom, job_id job, run_number run, image_number after, std::uint64_t limit) {
        return answer<task_page_ptr>([&] {
          return std::make_shared<const task_page>(
              task_page{pending_images(*self->state.storage, job, run, after, limit)});
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
