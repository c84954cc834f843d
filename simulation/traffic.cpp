#include "simulation/traffic.hpp"

#include <algorithm>

#include "actors/job.hpp"
#include "actors/vital.hpp"
#include "simulation/cast.hpp"
#include "simulation/describe/values.hpp"

namespace retail_pulse::simulation {
namespace {

constexpr std::string_view job_role = actors::job_run::name;
constexpr std::string_view world_role = "world";

std::string_view role_of(const caf::abstract_actor& actor) {
  const auto* local = dynamic_cast<const caf::local_actor*>(&actor);
  return local == nullptr ? std::string_view{} : std::string_view{local->name()};
}

std::uint64_t request_of(const caf::mailbox_element& message) {
  return message.mid.integer_value() & caf::message_id::request_id_mask;
}

std::string joined(const std::string& name, const std::string& text) {
  return text.empty() ? name : name + ": " + text;
}

/// The atom that the content begins with.
std::string atom_of(const message_content& content) {
  if (content.empty() || !content.match_element<caf::atom_value>(0)) return "message";
  return caf::to_string(content.get_as<caf::atom_value>(0));
}

}  // namespace

// --- which step sent what -----------------------------------------------------------------------

void traffic::look(std::uint64_t step) {
  if (!std::exchange(timer_fired_, false)) cause_of_timer_ = step;
  std::unordered_map<const void*, origin> seen;
  for (auto* each : coordinator_.jobs) {
    auto* actor = dynamic_cast<caf::scheduled_actor*>(each);
    if (actor == nullptr || actor->mailbox().closed() || actor->mailbox().blocked()) continue;
    actor->mailbox().fetch_more();
    actor->mailbox().queue().peek_all(
        [&](const caf::mailbox_element& message) { see(message, seen); });
    if (!actor->mailbox().empty()) continue;
    const auto known = waiting_.find(actor);  // it has yet to start
    seen[actor] = known == waiting_.end() ? origin{cause_of_timer_} : known->second;
  }
  for (const auto& [due, timer] : coordinator_.clock().schedule()) {
    const auto known = waiting_.find(timer.get());
    seen[timer.get()] = known == waiting_.end() ? origin{cause_of_timer_} : known->second;
  }
  waiting_ = std::move(seen);
  name_new_job_actors();
}

void traffic::see(const caf::mailbox_element& message,
                  std::unordered_map<const void*, origin>& seen) {
  const origin fresh{cause_of_timer_, message.sender.get(), message.mid.integer_value()};
  const auto known = waiting_.find(&message);
  const bool is_known = known != waiting_.end() && known->second.sender == fresh.sender &&
                        known->second.id == fresh.id;
  seen[&message] = is_known ? known->second : fresh;
  if (!is_known) learn_from(message);
}

void traffic::fires(const void* timer) {
  cause_of_timer_ = take_cause(timer);
  timer_fired_ = true;
}

std::uint64_t traffic::take_cause(const void* of) {
  const auto found = waiting_.extract(of);
  return found.empty() ? 0 : found.mapped().cause;
}

// --- who is who ---------------------------------------------------------------------------------

/// A job actor names its job in most of what it sends, and a request is what its reply replies to.
void traffic::learn_from(const caf::mailbox_element& message) {
  if (!message.sender) return;
  const auto& sender = *caf::actor_cast<caf::abstract_actor*>(message.sender);
  const auto& content = message.content();
  const auto said = describe(content, message.mid.is_response(), work_of(sender));
  if (role_of(sender) == job_role && said && said->jobs.size() == 1)
    works_[sender.id()].job = said->jobs[0];
  if (!message.mid.is_request()) return;
  requests_[{sender.id(), request_of(message)}] =
      atom_of(content) + (said && !said->text.empty() ? " (" + said->text + ")" : "");
}

/// The supervisor starts them in the order in which the message that it handles names their jobs.
void traffic::name_new_job_actors() {
  std::vector<caf::actor_id> fresh;
  for (auto* each : coordinator_.jobs) {
    const auto* actor = dynamic_cast<caf::scheduled_actor*>(each);
    if (actor != nullptr && role_of(*actor) == job_role && !works_.contains(actor->id()))
      fresh.push_back(actor->id());
  }
  std::ranges::sort(fresh);
  if (fresh.size() != named_jobs_.size()) return;
  for (std::size_t i = 0; i < fresh.size(); ++i) works_[fresh[i]].job = named_jobs_[i];
}

work traffic::work_of(const caf::abstract_actor& actor) const {
  const auto found = works_.find(actor.id());
  return found == works_.end() ? work{} : found->second;
}

work traffic::work_of(const caf::strong_actor_ptr& actor) const {
  return actor ? work_of(*caf::actor_cast<caf::abstract_actor*>(actor)) : work{};
}

std::string traffic::name_of(const caf::abstract_actor& actor) const {
  const auto role = role_of(actor);
  if (role == world_role) return std::string{outside::simulation};
  const auto at = work_of(actor);
  return role == job_role && at.job ? text_of(*at.job) : std::string{role};
}

/// Who sends without a name is whoever handled the message of that step.
std::string traffic::sender_of(const caf::mailbox_element& message, std::uint64_t cause) const {
  if (message.sender) return name_of(*caf::actor_cast<caf::abstract_actor*>(message.sender));
  const auto known = handled_.find(cause);
  return known == handled_.end() ? std::string{outside::simulation} : known->second.by;
}

// --- lines --------------------------------------------------------------------------------------

story_line traffic::line_of(const caf::scheduled_actor& receiver,
                            const caf::mailbox_element* message, const std::string& subject,
                            std::uint64_t step) {
  story_line line;
  line.name = name_of(receiver);
  line.job = work_of(receiver).job;
  named_jobs_.clear();
  if (message == nullptr) {
    line.text = "starts";
    line.cause = take_cause(&receiver);
    const auto before = handled_.find(line.cause);
    if (before != handled_.end()) line.sender = before->second.by;
  } else {
    line.cause = take_cause(message);
    line.sender = sender_of(*message, line.cause);
    fill(line, receiver, *message, subject);
  }
  remember(step, line);
  return line;
}

/// What the message says, and which job it is about.
void traffic::fill(story_line& line, const caf::scheduled_actor& receiver,
                   const caf::mailbox_element& message, const std::string& subject) {
  const auto& content = message.content();
  const bool is_answer = message.mid.is_response();
  const bool is_system =
      content.match_elements<caf::down_msg>() || content.match_elements<caf::exit_msg>();
  auto at = work_of(message.sender);
  if (!at.job) at = work_of(receiver);
  const auto said = is_system ? describe_system_message(content) : describe(content, is_answer, at);
  line.is_described = said.has_value();
  line.text = is_answer ? text_of_answer(receiver, message, said ? said->text : subject)
                        : joined(subject, said ? said->text : std::string{});
  if (said) {
    named_jobs_ = said->jobs;
    if (said->jobs.size() == 1) line.job = said->jobs[0];
    if (subject == "order" && !said->jobs.empty())
      works_[receiver.id()] = {said->jobs[0], said->image};
  }
  if (!line.job) line.job = at.job;
  const auto before = handled_.find(line.cause);
  if (!line.job && before != handled_.end()) line.job = before->second.job;
}

story_line traffic::line_of_timer(const caf::mailbox_element* message, std::string_view whose,
                                  const std::string& what_for, std::uint64_t step) {
  story_line line;
  line.name = line.sender = whose;
  line.text = what_for;
  line.cause = take_cause(message);
  const auto before = handled_.find(line.cause);
  if (before != handled_.end()) line.job = before->second.job;
  named_jobs_.clear();
  remember(step, line);
  return line;
}

void traffic::remember(std::uint64_t step, const story_line& line) {
  handled_[step] = {line.name, line.job};
}

std::string traffic::text_of_answer(const caf::scheduled_actor& receiver,
                                    const caf::mailbox_element& message, const std::string& text) {
  const auto asked = requests_.extract({receiver.id(), request_of(message)});
  return joined("answer" + (asked.empty() ? std::string{} : " to " + asked.mapped()), text);
}

perhaps_described traffic::describe_system_message(const message_content& content) const {
  if (content.match_elements<caf::exit_msg>())
    return description{caf::to_string(content.get_as<caf::exit_msg>(0).reason), {}, {}};
  const auto& down = content.get_as<caf::down_msg>(0);
  const auto ended = works_.find(down.source.id());
  const bool is_known = ended != works_.end() && ended->second.job;
  description made{(is_known ? simulation::name_of(ended->second) : "an actor") + " ended by " +
                       caf::to_string(down.reason),
                   {},
                   {}};
  if (is_known) made.jobs.push_back(*ended->second.job);
  return made;
}

}  // namespace retail_pulse::simulation
