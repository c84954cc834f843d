#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "core/limits.hpp"
#include "http/handlers/handling.hpp"
#include "http/message.hpp"
#include "http/request/parser_thread.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "http/shares/reader_queue.hpp"

namespace retail_pulse::http {

/// What each route does: from a request to a message to an actor, and from the actor's answer to a response. Handlers run on HTTP
/// threads; the second half runs on the actor's.
class handlers {
 public:
  /// `parser` must outlive this. `max_images`: of a job. `client_percent`: of audits, how many one client may have, of what others leave.
  handlers(backend to, parser_thread& parser, std::size_t max_images, std::chrono::milliseconds readiness_answer,
           std::chrono::milliseconds any_answer, std::size_t client_percent);
  ~handlers() { audit_queue_->close(); }

  /// The routes of the service. This must outlive the table.
  route_table routes();

 private:
  void submit(request r, responder answer);
  void audit(const request& r, const responder& answer) const;
  void readyz(const responder& answer) const;
  void store(const std::string& request_id, parser_thread::parsed parsed, std::optional<submission_key> key, const responder& answer) const;

  const backend backend_;
  parser_thread& parser_;
  const std::size_t max_images_;  ///< of a job
  const std::chrono::milliseconds readiness_answer_;
  const std::chrono::milliseconds any_answer_;
  const std::shared_ptr<reader_queue<actors::reader_actor>> audit_queue_;
};

}  // namespace retail_pulse::http
