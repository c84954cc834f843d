#pragma once

#include <caf/all.hpp>
#include <cstdlib>
#include <exception>
#include <string>

#include "observe/log.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::actors {

/// For actors that the service cannot do without: an exception in a handler ends the process,
/// because a restart recovers everything from storage.
template <class Self>
void abort_on_exception(Self* self, const char* role) {
  self->set_exception_handler([role](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      observe::log(observe::level::error,
                   "a vital actor failed; the process ends and recovers at its next start",
                   {{"actor", role}, {"cause", e.what()}});
    } catch (...) {
      observe::log(observe::level::error,
                   "a vital actor failed; the process ends and recovers at its next start",
                   {{"actor", role}});
    }
    std::abort();
  });
}

/// For actors that are replaced when they die: an exception in a handler ends the actor, is logged,
/// and reaches the actor that monitors it.
template <class Self>
void end_on_exception(Self* self, const char* role) {
  self->set_exception_handler([role](std::exception_ptr& thrown) -> caf::error {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      observe::log(observe::level::error, "an actor failed",
                   {{"actor", role}, {"cause", e.what()}});
    } catch (...) {
      observe::log(observe::level::error, "an actor failed", {{"actor", role}});
    }
    return caf::exit_reason::unhandled_exception;
  });
}

/// A failure of storage, as the error that answers a request.
inline caf::error storage_failure(const storage::storage_error& e) {
  return caf::make_error(caf::sec::runtime_error, std::string{e.what()},
                         std::string{storage::public_reason(e.what_kind())});
}
inline bool is_storage_failure(const caf::error& e) {
  return e.context().match_elements<std::string, std::string>();
}

/// The text of an error, for the log.
inline std::string text_of(const caf::error& e) {
  return is_storage_failure(e) ? e.context().get_as<std::string>(0) : caf::to_string(e);
}

/// The reason of a failure of storage, for a client; may be empty.
inline std::string reason_of(const caf::error& e) {
  return is_storage_failure(e) ? e.context().get_as<std::string>(1) : std::string{};
}

}  // namespace retail_pulse::actors
