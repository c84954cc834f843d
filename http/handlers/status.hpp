#pragma once

#include <chrono>
#include <cstddef>

#include "http/handlers/job_follower.hpp"
#include "http/message.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"

namespace retail_pulse::http {

/// How a job stands: now, at its end, or all the way there.
class follow_handlers {
 public:
  /// `any_answer` is how long a status may take to be read; of `connections`, a part is kept from followers. `client_percent`: of
  /// followers, how many one client may be, of what others leave.
  follow_handlers(const backend& to, std::size_t connections, std::chrono::milliseconds any_answer, std::size_t client_percent);

  /// This must outlive the table.
  void add_routes(route_table& table);

 private:
  void status(request r, const responder& answer) const;
  void events(const request& r, const responder& answer) const;

  const following_ptr with_;
  const std::chrono::milliseconds any_answer_;
};

}  // namespace retail_pulse::http
