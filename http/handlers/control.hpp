#pragma once

#include <chrono>
#include <cstddef>

#include "core/limits.hpp"
#include "http/handlers/handling.hpp"
#include "http/message.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"

namespace retail_pulse::http {

/// Cancelling a job, and trying its failed images again. Handlers run on HTTP threads; the second half runs on the supervisor's.
class control_handlers {
 public:
  /// Nobody waits longer than `any_answer` for the supervisor. `client_percent`: of the wishes that wait, how many may be one client's, of
  /// what others leave.
  control_handlers(actors::supervisor_actor supervisor, std::chrono::milliseconds any_answer, std::size_t client_percent);

  /// This must outlive the table.
  void add_routes(route_table& to) const;

 private:
  void cancel(const request& r, const responder& answer) const;
  void redrive(const request& r, const responder& answer) const;
  template <class Atom>
  void ask(Atom what, const request& r, const responder& answer, response (*done)(const job_brief&)) const;

  const actors::supervisor_actor supervisor_;
  const std::chrono::milliseconds any_answer_;
  const places wishes_;
};

}  // namespace retail_pulse::http
