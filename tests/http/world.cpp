#include "tests/http/world.hpp"

#include <algorithm>
#include <caf/actor_companion.hpp>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "http/server.hpp"
#include "tests/http/recorder.hpp"

namespace retail_pulse::tests {
namespace {

using namespace actors;

/// What the test thread and the fake actors share.
struct script {
  std::mutex mutex;
  std::condition_variable held_more;  ///< or followed, or asked
  manner supervisor = manner::normal;
  manner reader = manner::normal;
  manner audit_reader = manner::normal;
  manner report_reader = manner::normal;
  manner store_master = manner::normal;
  manner store_loader = manner::normal;
  manner pool = manner::normal;
  world::reports reports;
  std::map<job_id, job_status> jobs;
  std::map<job_id, job_audit> audits;
  std::vector<std::function<void()>> held;
  bool is_over = false;
  std::int64_t last_id = 0;
  std::size_t submissions = 0;
  std::size_t status_questions = 0;
  std::vector<std::pair<job_id, subscriber>> followers;
  std::vector<std::function<void()>> errands;  ///< for the herald
  submission_ptr last;
  std::vector<std::string> last_key;
  std::map<std::string, std::pair<std::string, job_id>> keys;  ///< digest and job by key

  void hold(std::function<void()> answer) {
    if (is_over) return;
    held.push_back(std::move(answer));
    held_more.notify_all();
  }

  /// Answers that are held own this script, so that it would live for ever.
  void end() {
    std::vector<std::function<void()>> dropped;  // goes without the lock
    const std::lock_guard lock{mutex};
    is_over = true;
    held.swap(dropped);
  }
};
using script_ptr = std::shared_ptr<script>;

submit_outcome outcome_of(script& s) {
  using kind = submit_outcome::kind;
  switch (s.supervisor) {
    case manner::starting:
      return {kind::starting, {}, ""};
    case manner::full:
      return {kind::full, {}, "too many ongoing jobs"};
    case manner::too_large:
      return {kind::too_large, {}, "the job has 6 images; the service takes at most 5"};
    case manner::draining:
      return {kind::draining, {}, ""};
    case manner::storage_failed:
      return {kind::storage_failed, {}, "/var/jobs.db: disk full", "it has no space left"};
    case manner::key_busy:
      return {kind::key_busy, {}, ""};
    default:
      return {kind::accepted, job_id{++s.last_id}, ""};
  }
}

submit_outcome outcome_of(script& s, const submission_key& key) {
  using kind = submit_outcome::kind;
  const auto known = s.keys.find(key.text);
  if (known != s.keys.end())
    return {known->second.first == key.digest ? kind::replayed : kind::key_used,
            known->second.second, ""};
  auto made = outcome_of(s);
  if (made.what == kind::accepted) s.keys[key.text] = {key.digest, made.id};
  return made;
}

control_outcome control_of(const script& s, job_id job, bool redrives) {
  using kind = control_outcome::kind;
  switch (s.supervisor) {
    case manner::starting:
      return {kind::starting, {}};
    case manner::full:
      return {kind::full, {}, "too many ongoing jobs"};
    case manner::draining:
      return {kind::draining, {}};
    case manner::storage_failed:
      return {kind::storage_failed, {}, "/var/jobs.db: disk full", "it has no space left"};
    case manner::job_ended:
      return {kind::ended, {}};
    case manner::job_ongoing:
      return {kind::ongoing, {}};
    case manner::nothing_failed:
      return {kind::nothing_failed, {}};
    default:
      break;
  }
  const auto found = s.jobs.find(job);
  if (found == s.jobs.end()) return {kind::no_such_job, {}};
  const auto& images = found->second.images;
  if (redrives)
    return {kind::done,
            {job, run_number{found->second.run.value + 1}, {images.total, images.succeeded, 0}}};
  return {kind::done, {job, found->second.run, images, true}};
}

load_report load_of(const script& s) {
  const auto at = s.supervisor == manner::starting   ? phase::starting
                  : s.supervisor == manner::draining ? phase::draining
                                                     : phase::ready;
  return {.at = at,
          .ongoing_jobs = 1,
          .pending_images = 2,
          .images_in_flight = 3,
          .images_in_flight_peak = 4,
          .fetches = 5,
          .images_held = 6};
}

query_outcome<job_status> status_of(const script& s, job_id job) {
  if (s.reader == manner::storage_failed)
    return {query_outcome<job_status>::kind::storage_failed, std::nullopt, "disk gone"};
  const auto found = s.jobs.find(job);
  return {query_outcome<job_status>::kind::answered,
          found == s.jobs.end() ? std::nullopt : std::optional{found->second}, ""};
}

query_outcome<job_audit> audit_of(const script& s, job_id job) {
  if (s.audit_reader == manner::storage_failed)
    return {query_outcome<job_audit>::kind::storage_failed, std::nullopt, "disk gone",
            "it is damaged"};
  const auto found = s.audits.find(job);
  return {query_outcome<job_audit>::kind::answered,
          found == s.audits.end() ? std::nullopt : std::optional{found->second}, ""};
}

void control(supervisor_actor::pointer self, const script_ptr& s, job_id job, bool redrives,
             const reply<control_outcome>& answer) {
  const std::lock_guard lock{s->mutex};
  if (s->supervisor == manner::die) return self->quit();
  if (s->supervisor == manner::forget) return;
  if (s->supervisor == manner::hold)
    return s->hold([s, job, redrives, answer] { answer(control_of(*s, job, redrives)); });
  answer(control_of(*s, job, redrives));
}

supervisor_actor::behavior_type fake_supervisor(supervisor_actor::pointer self,
                                                const script_ptr& s) {
  return {
      [self, s](submit_atom, const submission_ptr& job, const std::optional<submission_key>& key,
                const reply<submit_outcome>& answer) {
        const std::lock_guard lock{s->mutex};
        ++s->submissions;
        s->last = job;
        s->last_key.clear();
        if (key) s->last_key = {key->text, key->digest};
        if (s->supervisor == manner::die) return self->quit();
        if (s->supervisor == manner::forget) return;
        if (s->supervisor == manner::hold)
          return s->hold([s, answer] {
            answer({submit_outcome::kind::accepted, job_id{++s->last_id}, ""});
          });
        answer(key ? outcome_of(*s, *key) : outcome_of(*s));
      },
      [self, s](cancel_atom, job_id job, const reply<control_outcome>& answer) {
        control(self, s, job, false, answer);
      },
      [self, s](redrive_atom, job_id job, const reply<control_outcome>& answer) {
        control(self, s, job, true, answer);
      },
      [self, s](load_atom, const reply<std::optional<load_report>>& answer) {
        const std::lock_guard lock{s->mutex};
        if (s->supervisor == manner::die) return self->quit();
        if (s->supervisor == manner::forget) return;
        if (s->supervisor == manner::hold) return s->hold([s, answer] { answer(load_of(*s)); });
        answer(load_of(*s));
      },
      [](recover_atom, job_id) {},
      [](progress_atom, job_ticket, std::int64_t) {},
      [](ended_atom, job_ticket) {},
      [](abandon_atom, job_id, run_number, std::int64_t) {},
      [](drain_atom, std::chrono::milliseconds) { return load_report{}; },
  };
}

reader_actor::behavior_type fake_reader(reader_actor::pointer self, const script_ptr& s) {
  return {
      [](pending_atom, job_id, run_number, const page_order_ptr&) {
        return std::make_shared<const task_page>();
      },
      [](open_atom, job_id, run_number, origin_number) {
        return std::make_shared<const origin_page>();
      },
      [](number_atom, job_id, image_number) {
        return std::make_shared<const std::vector<storage::image_url>>();
      },
      [self, s](status_atom, job_id job, const reply<query_outcome<job_status>>& answer) {
        const std::lock_guard lock{s->mutex};
        ++s->status_questions;
        s->held_more.notify_all();
        if (s->reader == manner::die) return self->quit();
        if (s->reader == manner::forget) return;
        if (s->reader == manner::hold)
          return s->hold([s, job, answer] { answer(status_of(*s, job)); });
        answer(status_of(*s, job));
      },
      [](audit_atom, job_id, const reply<query_outcome<job_audit>>&) {
      },  // an audit would hold up statuses here, and is lost
      [](ongoing_atom, job_id) { return brief_page{}; },
      [](staging_atom) { return id_list{}; },
  };
}

reader_actor::behavior_type fake_audit_reader(reader_actor::pointer self, const script_ptr& s) {
  return {
      [](pending_atom, job_id, run_number, const page_order_ptr&) {
        return std::make_shared<const task_page>();
      },
      [](open_atom, job_id, run_number, origin_number) {
        return std::make_shared<const origin_page>();
      },
      [](number_atom, job_id, image_number) {
        return std::make_shared<const std::vector<storage::image_url>>();
      },
      [](status_atom, job_id, const reply<query_outcome<job_status>>&) {
      },  // a status would wait for audits here, and is lost
      [self, s](audit_atom, job_id job, const reply<query_outcome<job_audit>>& answer) {
        const std::lock_guard lock{s->mutex};
        if (s->audit_reader == manner::die) return self->quit();
        if (s->audit_reader == manner::forget) return;
        if (s->audit_reader == manner::hold)
          return s->hold([s, job, answer] { answer(audit_of(*s, job)); });
        answer(audit_of(*s, job));
      },
      [](ongoing_atom, job_id) { return brief_page{}; },
      [](staging_atom) { return id_list{}; },
  };
}

herald_actor::behavior_type fake_herald(herald_actor::pointer, const script_ptr& s) {
  return {
      [s](follow_atom, job_id job, const subscriber& who) {
        const std::lock_guard lock{s->mutex};
        s->followers.emplace_back(job, who);
        s->held_more.notify_all();
      },
      [s](unfollow_atom, job_id, std::uint64_t token) {
        std::vector<std::pair<job_id, subscriber>> gone;  // let go of without the lock
        const std::lock_guard lock{s->mutex};
        const auto left = std::ranges::partition(
            s->followers, [token](const auto& each) { return each.second.token != token; });
        gone.assign(left.begin(), left.end());
        s->followers.erase(left.begin(), left.end());
        s->held_more.notify_all();
      },
      [](progress_atom, const job_progress&) {},
      [s](flush_atom, job_id) {
        const std::lock_guard lock{s->mutex};
        for (const auto& errand : std::exchange(s->errands, {})) errand();
      },
      [](beat_atom) {},
  };
}

/// Answers as the script says how, with what `tell` makes.
template <class Self, class Reply, class Tell>
void answer_as(manner how, Self* self, script& s, const Reply& answer, Tell tell) {
  if (how == manner::die) return self->quit();
  if (how == manner::forget) return;
  if (how == manner::hold) return s.hold([answer, tell] { answer(tell()); });
  answer(tell());
}

template <class T, class Question>
query_outcome<T> outcome_of(manner how, const std::function<query_outcome<T>(Question)>& tell,
                            std::decay_t<Question> question) {
  using kind = typename query_outcome<T>::kind;
  if (how == manner::storage_failed)
    return {kind::storage_failed, std::nullopt, "disk gone", "it is damaged"};
  return tell ? tell(question) : query_outcome<T>{kind::answered, std::nullopt};
}

report_reader_actor::behavior_type fake_report_reader(report_reader_actor::pointer self,
                                                      const script_ptr& s) {
  return {
      [self, s](jobs_atom, const jobs_question& q, const reply<query_outcome<job_page>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->report_reader, self, *s, answer,
                  [s, q] { return outcome_of(s->report_reader, s->reports.jobs, q); });
      },
      [self, s](origins_atom, const origins_question& q,
                const reply<query_outcome<origin_summaries>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->report_reader, self, *s, answer,
                  [s, q] { return outcome_of(s->report_reader, s->reports.origins, q); });
      },
      [self, s](report_atom, const report_question& q,
                const reply<query_outcome<job_report>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->report_reader, self, *s, answer,
                  [s, q] { return outcome_of(s->report_reader, s->reports.report, q); });
      },
      [self, s](images_atom, const images_question& q,
                const reply<query_outcome<image_page>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->report_reader, self, *s, answer,
                  [s, q] { return outcome_of(s->report_reader, s->reports.images, q); });
      },
      [self, s](visits_atom, const visits_question& q,
                const reply<query_outcome<visits_page>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->report_reader, self, *s, answer,
                  [s, q] { return outcome_of(s->report_reader, s->reports.visits, q); });
      },
  };
}

/// Knows what the script says of every job.
image_pool_actor::behavior_type fake_pool(image_pool_actor::pointer self, const script_ptr& s) {
  return {
      [](join_atom, const pool_member&) {},
      [](opened_atom, job_ticket, const origin_page_ptr&) {},
      [](offer_atom, job_ticket, const image_offer_ptr&) {},
      [](settled_atom, job_ticket, std::uint64_t) {},
      [](leave_atom, job_ticket) {},
      [](withdraw_atom, job_ticket) {},
      [](resolved_atom, const std::string&, const std::string&) {},
      [](fetched_atom, worker_index, const attempt_report&) {},
      [](finished_atom, worker_index) {},
      [](tick_atom) {},
      [](drain_atom) { return pool_gauges{}; },
      [](load_atom) { return pool_gauges{}; },
      [self, s](origins_atom, job_id job, const reply<std::optional<live_origins>>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->pool, self, *s, answer, [s, job] {
          return std::optional{s->reports.live ? s->reports.live(job) : live_origins{}};
        });
      },
  };
}

/// Two areas: North with S1 and S3, South with "S 2/\xC3\xA9".
stores::store_table_ptr table_of_stores() {
  static const auto table = std::make_shared<const stores::store_table>(std::vector<stores::store>{
      {"S1", "First", "North"}, {"S 2/\xC3\xA9", "\"Second\"", "South"}, {"S3", "Third", "North"}});
  return table;
}

store_selection selection_of(const store_question& question) {
  using kind = store_selection::kind;
  const auto table = table_of_stores();
  if (question.area && !table->has_area(*question.area)) return {.what = kind::unknown_area};
  if (!question.store_id)
    return {kind::found, table, question.area ? table->in_area(*question.area) : table->all()};
  const auto* store = table->find(*question.store_id);
  return store == nullptr ? store_selection{.what = kind::unknown_store}
                          : store_selection{kind::found, table, table->only(*store)};
}

store_master_actor::behavior_type fake_store_master(store_master_actor::pointer self,
                                                    const script_ptr& s) {
  return {
      [self, s](select_atom, const store_question& q, const reply<store_selection>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->store_master, self, *s, answer, [q] { return selection_of(q); });
      },
      [](lookup_atom, const store_check&) { return known_stores{}; },
      [](replace_atom, const stores::store_table_ptr&) {},
  };
}

store_loader_actor::behavior_type fake_store_loader(store_loader_actor::pointer self,
                                                    const script_ptr& s) {
  return {
      [self, s](reload_atom, const reply<reload_outcome>& answer) {
        const std::lock_guard lock{s->mutex};
        answer_as(s->store_loader, self, *s, answer,
                  [s] { return s->reports.reload ? s->reports.reload() : reload_outcome{}; });
      },
  };
}

/// Passes messages on to the supervisor, on the thread that sends them.
caf::actor entrance_of(caf::actor_system& system, const supervisor_actor& supervisor,
                       std::function<void(const submission&)> before_submit) {
  auto entrance = system.spawn<caf::actor_companion, caf::hidden>();
  static_cast<caf::actor_companion*>(caf::actor_cast<caf::abstract_actor*>(entrance))
      ->on_enqueue([to = caf::actor_cast<caf::actor>(supervisor),
                    before = std::move(before_submit)](caf::mailbox_element_ptr message) {
        if (message->content().size() > 1 && message->content().match_element<submission_ptr>(1))
          before(*message->content().get_as<submission_ptr>(1));
        to->enqueue(std::move(message), nullptr);
      });
  return entrance;
}

struct config : caf::actor_system_config {
  config() {
    add_message_types<caf::id_block::retail_pulse>();
    set("scheduler.max-threads", 2);
  }
};

}  // namespace

struct world::inside {
  config configuration;
  caf::actor_system system{configuration};
  script_ptr play = std::make_shared<script>();
  supervisor_actor supervisor = system.spawn(fake_supervisor, play);
  caf::actor entrance;  ///< before the supervisor; empty: none
  image_pool_actor pool = system.spawn(fake_pool, play);
  std::vector<reader_actor> readers{system.spawn(fake_reader, play),
                                    system.spawn(fake_reader, play)};
  reader_actor audit_reader = system.spawn(fake_audit_reader, play);
  herald_actor herald = system.spawn(fake_herald, play);
  std::vector<report_reader_actor> report_readers{system.spawn(fake_report_reader, play),
                                                  system.spawn(fake_report_reader, play)};
  store_master_actor store_master = system.spawn(fake_store_master, play);
  store_loader_actor store_loader = system.spawn(fake_store_loader, play);
  std::unique_ptr<http::server> server;
  std::string problem;

  void end_server() {
    if (!server) return;
    recorder::no_api_at(server->port());
    server.reset();
  }

  ~inside() {
    end_server();
    for (const auto& r : readers) caf::anon_send_exit(r, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(audit_reader, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(herald, caf::exit_reason::user_shutdown);
    play->followers.clear();
    play->end();
    for (const auto& r : report_readers) caf::anon_send_exit(r, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store_master, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store_loader, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(pool, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(supervisor, caf::exit_reason::user_shutdown);
  }
};

world::world(const world_options& options) : inside_{std::make_unique<inside>()} {
  http::server_options how;
  how.bind = options.bind;
  how.port = options.port;
  how.max_body_bytes = options.max_body_bytes;
  how.askers = options.askers;
  how.submissions = options.submissions;
  how.max_connections = options.max_connections;
  how.threads = options.threads;
  how.parser_queue_bytes = options.parser_queue_bytes;
  how.received_bodies_bytes = options.received_bodies_bytes;
  how.request_read = options.request_read;
  how.request_head = options.request_head;
  how.idle = options.idle;
  how.request_handle = options.request_handle;
  how.readiness_answer = options.readiness_answer;
  how.wall_time = [at = options.wall_time] { return at; };
  how.docs_folders = options.docs_folders;
  how.client_share = options.client_share;
  how.unread_answers_bytes = options.unread_answers_bytes;
  how.trusts_client = options.trusts_client;
  if (options.before_submit)
    inside_->entrance = entrance_of(inside_->system, inside_->supervisor, options.before_submit);
  const auto entrance = inside_->entrance ? caf::actor_cast<supervisor_actor>(inside_->entrance)
                                          : inside_->supervisor;
  auto started = http::server::start(
      how, {entrance, inside_->pool, inside_->readers, inside_->audit_reader, inside_->herald,
            inside_->report_readers, inside_->store_master, inside_->store_loader});
  if (auto* refused = std::get_if<http::server::start_error>(&started)) {
    inside_->problem = refused->message;
  } else {
    inside_->server = std::get<std::unique_ptr<http::server>>(std::move(started));
    recorder::api_at(inside_->server->port());
  }
}

world::~world() { let_go(); }

const std::string& world::problem() const { return inside_->problem; }
std::uint16_t world::port() const { return inside_->server->port(); }
void world::stop_server() { inside_->server->stop(); }
const std::vector<std::string>& world::routes() const { return inside_->server->routes(); }
void world::destroy_server() { inside_->end_server(); }

void world::supervisor_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->supervisor = m;
}

void world::reader_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->reader = m;
}

void world::audit_reader_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->audit_reader = m;
}

void world::report_reader_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->report_reader = m;
}

void world::store_master_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->store_master = m;
}

void world::store_loader_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->store_loader = m;
}

void world::pool_is(manner m) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->pool = m;
}

void world::reports_are(reports how) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->reports = std::move(how);
}

void world::know(const job_audit& audit) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->audits[audit.id] = audit;
}

void world::know(const job_status& status) {
  const std::lock_guard lock{inside_->play->mutex};
  inside_->play->jobs[status.id] = status;
}

namespace {

void wait_until(script& s, const char* what, const std::function<bool()>& there) {
  std::unique_lock lock{s.mutex};
  if (!s.held_more.wait_for(lock, std::chrono::seconds{20}, there))
    throw std::runtime_error{std::string{what} + " did not come"};
}

/// In an actor, like every answer: ThreadSanitizer does not see how CAF hands data from thread to
/// thread, so its reports from there are suppressed.
void in_an_actor(caf::actor_system& system, std::function<void()> what) {
  const auto done = std::make_shared<std::promise<void>>();
  system.spawn([done, what = std::move(what)] {
    what();
    done->set_value();
  });
  done->get_future().wait();
}

}  // namespace

void world::wait_for_held(std::size_t questions) {
  wait_until(*inside_->play, "the questions",
             [&] { return inside_->play->held.size() >= questions; });
}

void world::wait_for_followers(std::size_t count) {
  wait_until(*inside_->play, "the followers",
             [&] { return inside_->play->followers.size() == count; });
}

void world::wait_for_status_questions(std::size_t count) {
  wait_until(*inside_->play, "the questions",
             [&] { return inside_->play->status_questions >= count; });
}

/// Behind the requests to follow that are in its mailbox.
void world::in_the_herald(std::function<void()> what) {
  const auto done = std::make_shared<std::promise<void>>();
  {
    const std::lock_guard lock{inside_->play->mutex};
    inside_->play->errands.push_back([done, what = std::move(what)] {
      what();
      done->set_value();
    });
  }
  caf::anon_send(inside_->herald, flush_atom_v, job_id{});
  done->get_future().wait();
}

void world::tell(const job_status& progress) {
  in_the_herald([s = inside_->play, progress] {
    for (const auto& [job, who] : s->followers) {
      if (job == progress.id)
        who.tell({progress.id, progress.run, progress.state, progress.images});
    }
  });
}

void world::beat() {
  in_the_herald([s = inside_->play] {
    for (const auto& [job, who] : s->followers) who.beat();
  });
}

void world::let_go() {
  in_an_actor(inside_->system, [s = inside_->play] {
    const std::lock_guard lock{s->mutex};
    for (const auto& answer : s->held) answer();
    s->held.clear();
  });
}

std::size_t world::submissions() const {
  const std::lock_guard lock{inside_->play->mutex};
  return inside_->play->submissions;
}

std::vector<std::string> world::last_key() const {
  const std::lock_guard lock{inside_->play->mutex};
  return inside_->play->last_key;
}

submission_ptr world::last_submission() const {
  const std::lock_guard lock{inside_->play->mutex};
  return inside_->play->last;
}

std::string good_submission(std::size_t bytes) {
  std::string text =
      R"({"count":1,"visits":[{"store_id":"S1","visit_time":"2025-03-11","image_url":["http://h.example/1.jpg")";
  const std::string end = "]}]}";
  while (text.size() + end.size() < bytes)
    text += R"(,"http://h.example/)" + std::to_string(text.size()) + R"(.jpg")";
  return text + end;
}

}  // namespace retail_pulse::tests
