#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/limits.hpp"
#include "core/text.hpp"
#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/request/digest.hpp"
#include "http/response/job_json.hpp"

namespace retail_pulse::http {
namespace {

using actors::submit_outcome;

/// Of every outcome but `accepted` and `replayed`.
rejection rejection_of(const submit_outcome& outcome, const std::string& request_id) {
  using kind = submit_outcome::kind;
  switch (outcome.what) {
    case kind::starting:
      return unavailable("the service is starting");
    case kind::full:
      return unavailable("the service is full: " + outcome.detail);
    case kind::too_large:
      return {413, "too_large", outcome.detail};
    case kind::draining:
      return unavailable("the service is draining");
    case kind::storage_failed:
      return storage_failed(request_id, "a submission could not be stored", outcome.detail,
                            outcome.reason);
    case kind::key_used:
      return {422, "key_used", "this Idempotency-Key came with another submission before"};
    case kind::key_busy:
      return {409, "key_busy",
              "a submission with this Idempotency-Key is being stored at this moment"};
    case kind::accepted:
    case kind::replayed:
    case kind::lost:
      break;
  }
  return lost(request_id, "a submission was lost");
}

void respond(const responder& answer, const submit_outcome& outcome) {
  if (outcome.what == submit_outcome::kind::accepted) return answer(job_accepted(outcome.id));
  if (outcome.what == submit_outcome::kind::replayed)
    return answer(job_accepted_before(outcome.id));
  answer.reject(rejection_of(outcome, answer.request_id()));
}

/// A submission's key without its digest, nullopt where it has none, or an error sentence.
std::variant<std::optional<submission_key>, std::string> key_of(const request& r) {
  const auto is_key = [](const header_field& field) {
    return same_word(field.name, "Idempotency-Key");
  };
  const auto found = std::ranges::find_if(r.headers, is_key);
  if (found == r.headers.end()) return std::nullopt;
  if (std::ranges::count_if(r.headers, is_key) > 1) return "Idempotency-Key is given twice";
  if (!is_key_text(found->value)) {
    return "Idempotency-Key is not 1 to " + std::to_string(limits::idempotency_key_bytes) +
           " characters of printable ASCII";
  }
  return submission_key{found->value, {}};
}

/// Submissions on their way to the supervisor.
class submissions {
 public:
  explicit submissions(const handler_context& with)
      : supervisor_{with.to.supervisor}, parser_{with.parser}, rules_{with.options.submissions} {}

  void take(request r, const responder& answer) const {
    auto named = key_of(r);
    if (const auto* problem = std::get_if<std::string>(&named))
      return answer.reject(invalid_parameter(*problem));
    auto key = std::get<std::optional<submission_key>>(std::move(named));
    if (r.body.size() <= limits::inline_parse_bytes) {
      if (key) key->digest = sha256_of(r.body);
      return store(parse_submission(r.body, rules_), std::move(key), answer);
    }
    const bool wants_digest = key.has_value();
    auto parsed = [self = *this, key = std::move(key), answer](parser_thread::parsed result,
                                                               std::string digest) mutable {
      if (key) key->digest = std::move(digest);
      self.store(std::move(result), std::move(key), answer);
    };
    const bool taken = parser_->parse(r.client, std::move(r.body), wants_digest, std::move(parsed));
    if (!taken) answer.reject(unavailable("too many large submissions are waiting"));
  }

 private:
  void store(parser_thread::parsed parsed, std::optional<submission_key> key,
             const responder& answer) const {
    if (const auto* why = std::get_if<rejection>(&parsed)) return answer.reject(*why);
    // The client got a 503 because parsing took too long, or the server stops. It will submit
    // again.
    if (!answer.waits()) return;
    actors::reply<submit_outcome> reply{
        [answer](const submit_outcome& outcome) { respond(answer, outcome); }, {}};
    caf::anon_send(supervisor_, actors::submit_atom_v, std::get<submission_ptr>(std::move(parsed)),
                   std::move(key), std::move(reply));
  }

  actors::supervisor_actor supervisor_;
  std::shared_ptr<parser_thread> parser_;
  submission_rules rules_;
};

}  // namespace

void add_submit_routes(route_table& to, const handler_context& with) {
  to.add_plain("POST", "/api/submit",
               [submissions = submissions{with}](request r, const responder& answer) {
                 submissions.take(std::move(r), answer);
               });
}

}  // namespace retail_pulse::http
