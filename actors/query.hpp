#pragma once

#include <utility>

#include "actors/messages.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::actors {

/// Runs a query for a client and answers with its outcome; a failure of storage becomes the answer.
/// A query that has no waiting client is not run.
template <class T, class Query>
void run_query(const reply<query_outcome<T>>& to, Query query) {
  if (!to.is_awaited()) return;
  query_outcome<T> outcome;
  try {
    outcome.found = query();
    outcome.what = query_outcome<T>::kind::answered;
  } catch (const storage::storage_error& e) {
    outcome.what = query_outcome<T>::kind::storage_failed;
    outcome.detail = e.what();
    outcome.reason = storage::public_reason(e.what_kind());
  }
  to(std::move(outcome));
}

}  // namespace retail_pulse::actors
