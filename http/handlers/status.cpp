#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/number.hpp"
#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/request/parameters.hpp"
#include "http/response/conditional.hpp"
#include "http/response/job_json.hpp"

namespace retail_pulse::http {
namespace {

struct status_query {
  job_id job;
  std::chrono::seconds wait{0};  ///< for the end of the job
};

/// A number of any size, which may be negative.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Other parameters are ignored, as they always were. Or an error sentence.
std::variant<status_query, std::string> parse(const std::string& query_text) {
  const auto parsed = query::parse(query_text);
  if (const auto* fault = std::get_if<std::string>(&parsed)) return *fault;
  const auto& parameters = std::get<query>(parsed);
  for (const char* name : {"jobid", "wait"}) {
    if (parameters.count(name) > 1) return std::string{name} + " is given twice";
  }
  const auto* text = parameters.find("jobid");
  if (text == nullptr) return "jobid is missing";
  const auto job = job_named(*text);
  if (!job && !is_number(*text)) return "jobid is not a number";
  if (!job) return "jobid is out of range; job ids go from 1 to " + std::to_string(max_job_id);
  status_query asked{*job};
  if (const auto* wait = parameters.find("wait")) {
    const auto seconds = whole_number<std::int64_t>(*wait, 0, limits::longest_wait.count());
    if (!seconds)
      return "wait is not a number of seconds from 0 to " +
             std::to_string(limits::longest_wait.count());
    asked.wait = std::chrono::seconds{*seconds};
  }
  return asked;
}

response status_for(const request& r, const job_status& status) {
  return conditional(r, etag_of(status), status_response(status));
}

void send_outcome(const responder& answer, const request& r, job_id job,
                  const status_outcome& outcome) {
  auto absent = no_such_job(std::to_string(job.value));
  absent.status = 400;  // as in the first version of the API
  respond(answer, outcome, absent, "a status could not be read",
          [&r](const job_status& status) { return status_for(r, status); });
}

/// A status request that waits for the end of its job, for `longest` at most; then it gets the
/// status as it is.
class status_wait final : public job_subscriber {
 public:
  status_wait(subscriptions_ptr with, job_id job, permit right, request r,
              std::chrono::seconds longest, responder answer)
      : job_subscriber{std::move(with), job, std::move(right)},
        request_{std::move(r)},
        until_{clock::now() + longest},
        answer_{std::move(answer)} {}

 private:
  using clock = std::chrono::steady_clock;

  void take_progress(const actors::job_progress& progress) override {
    if (is_end(progress)) return read_status();
    const std::lock_guard lock{mutex_};
    if (!status_ || progress.run < status_->run)
      return;  // the status that is being read is not older
    status_->run = progress.run;
    status_->images = progress.images;
  }

  void take_status(const status_outcome& outcome) override {
    if (!outcome.found || outcome.found->state != job_state::ongoing) {
      send_outcome(answer_, request_, job(), outcome);
      return leave();
    }
    {
      const std::lock_guard lock{mutex_};
      status_ = outcome.found;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - clock::now());
    answer_.within(std::max(left, std::chrono::milliseconds{0}),
                   [self = std::static_pointer_cast<status_wait>(shared_from_this())] {
                     return self->last_status();
                   });
  }

  void beat() override {}
  bool waits() const override { return answer_.waits(); }

  response last_status() {
    leave();
    const std::lock_guard lock{mutex_};
    return status_for(request_, *status_);
  }

  const request request_;
  const clock::time_point until_;
  const responder answer_;

  std::mutex mutex_;
  std::optional<job_status> status_;  ///< the last that is known
};

void status(const status_readers& from, const subscriptions_ptr& subscribers, request r,
            const responder& answer) {
  const auto parsed = parse(r.query);
  if (const auto* problem = std::get_if<std::string>(&parsed))
    return answer.reject(invalid_parameter(*problem));
  const auto& [job, wait] = std::get<status_query>(parsed);
  if (wait > std::chrono::seconds{0}) {
    auto right = subscribers->take(r.client);
    if (!right) return answer.reject(unavailable("too many clients follow jobs"));
    return std::make_shared<status_wait>(subscribers, job, std::move(right), std::move(r), wait,
                                         answer)
        ->start();
  }
  from.read(job, [answer, number = job, r = std::move(r)](const status_outcome& outcome) {
    send_outcome(answer, r, number, outcome);
  });
}

}  // namespace

void add_status_routes(route_table& to, const handler_context& with) {
  to.add_plain("GET", "/api/status",
               [statuses = with.statuses, subscribers = with.subscribers](request r,
                                                                          const responder& answer) {
                 status(*statuses, subscribers, std::move(r), answer);
               });
}

}  // namespace retail_pulse::http
