#include "http/handlers/event_stream.hpp"

#include <tuple>
#include <utility>
#include <vector>

#include "core/limits.hpp"
#include "core/number.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/response/job_json.hpp"
#include "http/response/json.hpp"

namespace retail_pulse::http {
namespace {

using actors::job_progress;

std::string event(std::string_view type, const std::optional<event_id>& id, std::string_view data) {
  std::string text{"event: "};
  text.append(type).append("\n");
  if (id) text.append("id: ").append(id->text()).append("\n");
  return text.append("data: ").append(data).append("\n\n");
}

event_id id_of(const job_progress& p) { return {p.run.value, p.images.done()}; }
event_id id_of_end(const job_status& status) {
  return {status.run.value, status.images.done(), status.submitted_at.count()};
}

/// The parts of a text between dots; at most four of them, the last of which has the rest.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto dot = text.find('.'); dot != std::string_view::npos && parts.size() < 3;
       dot = text.find('.')) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

/// With all images settled the id would be that of the final event.
bool has_id(const job_progress& p) { return !is_end(p) && p.images.pending() > 0; }

std::string progress_event(const job_progress& p) {
  const json data{
      {"job_id", p.job.value},
      {"run", p.run.value},
      {"status", name_of(p.state)},
      {"images",
       {{"total", p.images.total}, {"done", p.images.done()}, {"failed", p.images.failed}}}};
  return event("progress", has_id(p) ? std::optional{id_of(p)} : std::nullopt, data.dump());
}

response event_stream_head() {
  return {.status = 200,
          .body = {},
          .headers = {{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"X-Accel-Buffering", "no"}}};  // a proxy that buffers would delay events
}

response nothing_more() {
  return {.status = 204, .body = {}, .headers = {{"Cache-Control", "no-store"}}};
}

bool is_newer(const job_progress& p, const job_progress& than) {
  return std::tuple{p.run, p.images.done()} > std::tuple{than.run, than.images.done()};
}

}  // namespace

std::optional<event_id> event_id::parse(std::string_view text) {
  const auto parts = parts_of(text);
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto run = whole_number<std::int32_t>(parts[0], 1);
  const auto settled = whole_number<std::int64_t>(parts[1]);
  const auto submitted_at =
      parts.size() == 2 ? std::optional<std::int64_t>{0} : whole_number<std::int64_t>(parts[2], 1);
  if (!run || !settled || !submitted_at) return std::nullopt;
  return event_id{*run, *settled, *submitted_at};
}

std::string event_id::text() const {
  const auto text = std::to_string(run) + "." + std::to_string(settled);
  return submitted_at == 0 ? text : text + "." + std::to_string(submitted_at);
}

event_stream::event_stream(subscriptions_ptr with, job_id job, permit right,
                           std::optional<event_id> seen, responder answer)
    : job_subscriber{std::move(with), job, std::move(right)},
      answer_{std::move(answer)},
      preface_{"retry: " +
               std::to_string(std::chrono::milliseconds{limits::follower_retry}.count()) + "\n\n"},
      seen_{seen} {}

void event_stream::take_progress(const job_progress& progress) {
  if (is_end(progress)) return read_status();  // the final event has the whole status
  {
    const std::lock_guard lock{mutex_};
    if (!newest_ || is_newer(progress, *newest_)) newest_ = progress;
  }
  write_next();
}

void event_stream::beat() {
  if (!streaming()) return;
  {
    const std::lock_guard lock{mutex_};
    beat_ = true;
  }
  write_next();
  read_status();  // finds the end, should its message have been missed
}

bool event_stream::streaming() const {
  const std::lock_guard lock{mutex_};
  return to_ != nullptr;
}

bool event_stream::waits() const {
  const std::lock_guard lock{mutex_};
  return to_ ? to_->open() : answer_.waits();
}

void event_stream::take_status(const status_outcome& outcome) {
  if (streaming()) {
    if (outcome.found) show(*outcome.found);  // else the next beat reads again
    return;
  }
  if (outcome.found) return begin(*outcome.found);
  answer_.reject(rejection_of(outcome, no_such_job(std::to_string(job().value)),
                              "a status could not be read", answer_));
  leave();
}

void event_stream::finish(response instead) {
  answer_(std::move(instead));
  leave();
}

void event_stream::begin(const job_status& status) {
  const auto now = progress_of(status);
  if (is_end(now) && seen_ == id_of_end(status)) return finish(nothing_more());
  auto to = answer_.stream(event_stream_head());
  if (!to) return leave();
  {
    const std::lock_guard lock{mutex_};
    if (seen_ && *seen_ > id_of(now)) seen_.reset();  // of another job, or of another database
    to_ = std::move(to);
    if (!newest_ || !is_newer(*newest_, now)) newest_ = now;
  }
  show(status);
}

void event_stream::show(const job_status& status) {
  const auto now = progress_of(status);
  {
    const std::lock_guard lock{mutex_};
    if (is_end(now)) {
      end_ = event("end", id_of_end(status), status_response(status).body);
    } else if (!newest_ || is_newer(now, *newest_)) {
      newest_ = now;
    }
  }
  write_next();
}

void event_stream::write_next() {
  std::string chunk;
  std::shared_ptr<body_writer> to;
  bool last = false;
  {
    const std::lock_guard lock{mutex_};
    if (!to_ || writing_ || ending_) return;
    chunk = next_chunk();
    if (chunk.empty()) return;
    writing_ = true;
    last = ending_;
    to = to_;
  }
  // Without the lock: `written` may be called before this returns.
  to->write(std::move(chunk), [self = std::static_pointer_cast<event_stream>(shared_from_this()),
                               last](bool ok) { self->written(ok, last); });
}

std::string event_stream::next_chunk() {
  auto chunk = std::exchange(preface_, {});
  if (const auto newest = std::exchange(newest_, std::nullopt);
      newest && (!seen_ || *seen_ < id_of(*newest))) {
    chunk += progress_event(*newest);
    if (has_id(*newest)) seen_ = id_of(*newest);
  }
  if (!end_.empty()) {
    chunk += std::exchange(end_, {});
    ending_ = true;
  }
  if (std::exchange(beat_, false) && chunk.empty()) chunk = ":\n\n";
  return chunk;
}

void event_stream::written(bool ok, bool last) {
  {
    const std::lock_guard lock{mutex_};
    writing_ = false;
    if (ok && last) to_->end();
  }
  if (!ok || last) return leave();
  write_next();
}

}  // namespace retail_pulse::http
