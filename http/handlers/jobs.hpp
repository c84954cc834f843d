#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "core/limits.hpp"
#include "core/time.hpp"
#include "http/handlers/handling.hpp"
#include "http/handlers/report_streams.hpp"
#include "http/message.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"

namespace retail_pulse::http {

class parameters;

/// What clients read: lists of jobs, a job's report and images, whole reports as a stream, the perimeters of stores, and the stores.
/// Handlers run on HTTP threads; the second half of each runs on the answering actor's thread.
class report_handlers {
 public:
  /// `client_percent`: of streams, and of reads that wait, how many may be one client's, of what others leave.
  report_handlers(backend to, std::chrono::milliseconds any_answer, wall_clock wall_time, std::size_t client_percent);
  ~report_handlers() { readers_->close(); }

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
  template <class T, class Atom, class Question, class Tell>
  void ask(Atom what, Question question, const request& r, const responder& answer, Tell tell);

  const backend backend_;
  const std::chrono::milliseconds any_answer_;
  const wall_clock wall_time_;
  const std::shared_ptr<report_queue> readers_;
  const places streams_;
  const places reloads_{{.total = 1}};
};

}  // namespace retail_pulse::http
