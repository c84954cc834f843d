#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "actors/protocols.hpp"
#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/response/origin_json.hpp"

/// Questions to the readers of reports, and to the pool.
namespace retail_pulse::http {

/// Asks a reader, and sends the response that `make` makes of what it found, on its thread.
template <class T, class Atom, class Question, class Make>
void ask_reader(report_queue& readers, Atom what, Question question, const request& r,
                const responder& answer, Make make) {
  const auto send = [what, question = std::move(question), answer, make = std::move(make),
                     absent = no_such_job(r.parameter)](const actors::report_reader_actor& reader,
                                                        const permit& turn) {
    auto done = [answer, make, absent, turn](const actors::query_outcome<T>& outcome) {
      respond(answer, outcome, absent, "a report could not be read", make);
    };
    actors::reply<actors::query_outcome<T>> to{
        std::move(done), {}, [answer] { return answer.waits(); }};
    caf::anon_send(reader, what, question, std::move(to));
  };
  if (!readers.ask(r.client, send))
    answer.reject(unavailable("too many reports are waiting to be read"));
}

/// Asks the pool about the origins of a job, and calls `use` with its answer. That is on the pool's
/// thread, where only a question to somebody else may be made: the pool schedules every fetch.
void ask_pool(const actors::image_pool_actor& pool, const wall_clock& clock, job_id job,
              const responder& answer, std::function<void(const origins_now& known)> use);

}  // namespace retail_pulse::http
