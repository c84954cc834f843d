#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "http/handling.hpp"
#include "http/message.hpp"
#include "http/report_streams.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"

namespace retail_pulse::http {

class parameters;

/// What clients read: lists of jobs, a job's report and images, whole reports as a stream, the perimeters of stores, and the stores.
/// Handlers run on HTTP threads; the second half of each runs on the answering actor's thread.
class report_handlers {
 public:
  report_handlers(backend to, std::chrono::milliseconds any_answer, wall_clock wall_time);

  /// This must outlive the table.
  void add_routes(route_table& to);

 private:
  void jobs(const request& r, const responder& answer);
  void report(const request& r, const responder& answer);
  void images(const request& r, const responder& answer);
  void csv(const request& r, const responder& answer);
  void lines(const request& r, const responder& answer);
  void stream(const request& r, const responder& answer, parameters& given, report_form form);
  void visits(const request& r, const responder& answer);
  void store(const request& r, const responder& answer) const;
  void reload(const request& r, const responder& answer) const;

  const actors::report_reader_actor& next_reader();

  const backend backend_;
  const std::chrono::milliseconds any_answer_;
  const wall_clock wall_time_;
  std::atomic<std::size_t> next_reader_{0};
  const places streams_{limits::streams};
  const places reloads_{1};
};

}  // namespace retail_pulse::http
