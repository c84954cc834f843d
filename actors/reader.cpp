#include "actors/reader.hpp"

#include "actors/vital.hpp"
#include "core/limits.hpp"

namespace retail_pulse::actors {
namespace {

status_outcome read_status(storage::reader& storage, job_id job) {
  status_outcome outcome;
  try {
    outcome.status = storage.status(job);
    outcome.what = status_outcome::kind::told;
  } catch (const storage::storage_error& e) {
    outcome.what = status_outcome::kind::storage_failed;
    outcome.detail = e.what();
    outcome.reason = storage::public_reason(e.what_kind());
  }
  return outcome;
}

audit_outcome read_audit(storage::reader& storage, job_id job, const reply<audit_outcome>& answer_to) {
  audit_outcome outcome;
  try {
    outcome.audit = storage.audit(job, [&] { return answer_to.is_awaited(); });
    outcome.what = audit_outcome::kind::told;
  } catch (const storage::storage_error& e) {
    outcome.what = audit_outcome::kind::storage_failed;
    outcome.detail = e.what();
    outcome.reason = storage::public_reason(e.what_kind());
  }
  return outcome;
}

/// Runs a query; a failure of storage becomes the answer.
template <class T, class Query>
caf::result<T> answer(Query query) {
  try {
    return query();
  } catch (const storage::storage_error& e) {
    return storage_failure(e);
  }
}

}  // namespace

reader_actor::behavior_type reader(reader_actor::stateful_pointer<reader_state> self, std::shared_ptr<storage::reader> storage) {
  abort_on_exception(self, "reader");
  self->state.storage = std::move(storage);
  return {
      [=](pending_atom, job_id job, run_number run, image_number after, std::uint64_t limit) {
        return answer<task_page_ptr>(
            [&] { return std::make_shared<const task_page>(task_page{self->state.storage->pending_images(job, run, after, limit)}); });
      },
      [=](status_atom, job_id job, const reply<status_outcome>& answer_to) { answer_to(read_status(*self->state.storage, job)); },
      [=](audit_atom, job_id job, const reply<audit_outcome>& answer_to) { answer_to(read_audit(*self->state.storage, job, answer_to)); },
      [=](ongoing_atom, job_id after) {
        return answer<brief_page>([&] { return brief_page{self->state.storage->ongoing_jobs(after, limits::recovery_page)}; });
      },
      [=](staging_atom) { return answer<id_list>([&] { return id_list{self->state.storage->staging_jobs()}; }); },
  };
}

}  // namespace retail_pulse::actors
