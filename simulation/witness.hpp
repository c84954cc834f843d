#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "fetch/engine/engine.hpp"
#include "simulation/newcomer_watch.hpp"
#include "simulation/outage_watch.hpp"
#include "simulation/room_watch.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {

/// Checks the invariants of a world, over all its lives: it compares what clients were answered and
/// what image hosts saw with the committed rows. It sees only what can be seen from outside the
/// actors. A violation goes to the story.
class witness {
 public:
  witness(const scenario& plan, story& tell) : plan_{plan}, story_{tell} {}

  /// The picture that lies at a URL: no two have the same size, so that a result in the wrong place
  /// shows.
  static measurement picture_at(const std::string& url);

  // --- what image hosts see ---------------------------------------------------------------------
  void fetch_begins(const std::string& url, const origin_plan& at, millis now);
  void fetch_ends(const std::string& url, const origin_plan& at, const fetch::outcome& with,
                  millis now);
  void engine_explodes(const std::string& url, const origin_plan& at, millis now);

  // --- what clients are answered ----------------------------------------------------------------
  void accepted(job_id id, const job_plan& job, storage::reader& database, millis now);
  /// A status that a client read.
  void reported(job_id id, const job_status& status);
  void cancel_is_requested(job_id id);
  void cancel_is_answered(job_id id) {
    --requests_[id.value].open_cancels;
    absences_.jobs_leave();
  }
  /// The cancel is durable: from now on no image of that run is fetched.
  void cancelled(job_id id, run_number run, millis now);
  void redrive_is_requested(job_id id);
  void redriven(job_id id, run_number run, storage::reader& database);
  /// The outcome of every redrive request so far is known.
  void redrive_is_settled(job_id id) { requests_[id.value].redrive_in_doubt = false; }

  // --- the life of the process ------------------------------------------------------------------
  void process_ends(millis now);
  void job_actor_was_killed() {
    job_actors_were_killed_ = true;
    absences_.jobs_may_die();
  }
  void job_actors_die_often() {
    job_actors_die_often_ = true;
    job_actor_was_killed();
  }
  void store_comes_or_goes() { store_was_away_ = true; }
  /// How much of the windows is used at this moment.
  void look_at(const actors::pool_gauges& gauges, std::size_t longest_mailbox, millis now);
  /// Rows may have changed.
  void look_at(storage::reader& database, millis now);
  /// A drain is over: everything in flight has reported, and the job actors have ended.
  void drained(storage::reader& database, millis now);
  /// Every job has ended: looks at each row once more.
  void conclude(storage::reader& database);
  /// Nothing should be under way in this life.
  void rests(storage::reader& database, const actors::load_report& load,
             const actors::pool_gauges& gauges, bool orphans_may_stay = false);

  bool all_have_ended(storage::reader& database) const;
  /// Whether no job is ongoing but those whose commit was hidden. Their clients were answered that
  /// they are not stored, and the next start of the process finds them.
  bool only_unanswered_are_ongoing(storage::reader& database) const;
  std::size_t accepted_jobs() const { return accepted_.size(); }
  std::uint64_t images_done() const { return images_done_; }

 private:
  struct known_job {
    run_number run;
    job_state state = job_state::ongoing;
    image_counts counts;
    std::vector<std::optional<image_result>> results;  ///< by number; nothing: pending
    millis there_since{0};  ///< its present run, in this life of the process
  };
  struct reported_status {
    run_number run;
    image_counts counts;
  };
  /// What clients requested of a job.
  struct client_requests {
    int open_cancels = 0;             ///< requested and not answered
    bool may_be_cancelled = false;    ///< in its present run
    std::optional<millis> cancelled;  ///< when a cancel of the present run was answered
    int redrives = 0;                 ///< requested
    /// One may have been done without an answer: then no actor works on it until it is requested
    /// again.
    bool redrive_in_doubt = false;
  };
  struct url_history {
    std::int64_t job = 0;        ///< one of those that have it
    std::set<error_code> codes;  ///< of all attempts; `none` for a success
    bool exploded = false;
    std::set<error_code> lasting;  ///< codes of outcomes that another attempt cannot change
    /// In the database: two where a job was stored without an answer, and submitted again.
    int rows = 0;
    // In this life of the process:
    std::optional<millis> first_success;
    int attempts = 0;
    int without_contact = 0;  ///< of these; they may not count
    bool is_being_fetched = false;
    bool is_final = false;  ///< no attempt can follow the last outcome
  };

  /// How long a host could not be reached, in this life of the process.
  struct host_outage {
    std::optional<millis> since;  ///< the first contact that failed since the last one that did not
    millis longest{0};
    millis until(millis now) const { return std::max(longest, since ? now - *since : millis{0}); }
  };

  void check_nothing_is_held(millis now);
  void check_rooms(millis now);
  void look_at_job(job_id id, storage::reader& database, millis now);
  void begin_run(job_id id, known_job& known, run_number run,
                 const std::vector<storage::image_row>& rows);
  void look_at_row(job_id id, const storage::image_row& row, millis now);
  void check_measurement(const std::string& who, const storage::image_row& row, millis now);
  void check_failure(job_id id, const std::string& who, const storage::image_row& row, millis now);
  void check_given_up(job_id id, const std::string& who, const storage::image_row& row, millis now);
  bool is_read_by_origin(job_id id) const;
  millis longest_absence() const;
  void check_no_cancel(const std::string& url, const url_history& history, millis now);
  void check_store_failures(job_id id, const job_status& status,
                            const std::vector<storage::image_row>& rows);
  void check_counts(job_id id, const job_status& status);
  /// Otherwise the actor of another job, or one that was started again, may not know of fetches
  /// under way.
  bool is_fetched_by_one(const url_history& history) const {
    return history.rows == 1 && !job_actors_were_killed_;
  }
  void broken(const std::string& invariant) { story_.violate(invariant); }

  const scenario& plan_;
  story& story_;
  std::map<std::int64_t, const job_plan*> accepted_;
  std::map<std::int64_t, known_job> jobs_;  ///< all that were ever seen in the database
  std::map<std::int64_t, reported_status> reported_;
  std::map<std::int64_t, client_requests> requests_;
  std::map<std::string, url_history> histories_;
  std::map<std::string, int> pending_rows_;  ///< per URL, over all jobs seen
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> open_at_;   ///< per host, and per address
  std::map<std::string, host_outage> outages_;   ///< per host
  std::map<std::string, millis> last_failures_;  ///< contacts that failed, per host, in this life
  outage_watch absences_{plan_};
  room_watch rooms_{plan_};
  actors::pool_gauges gauges_;  ///< at the last look,
  millis looked_at_{0};         ///< which was then
  std::int64_t idly_held_ = 0;  ///< while none is in flight,
  millis held_since_{0};        ///< since then, and nothing was recorded
  std::uint64_t done_before_ = 0;
  std::uint64_t fetches_begun_ = 0;
  newcomer_watch newcomer_{plan_};
  bool job_actors_were_killed_ = false;
  bool job_actors_die_often_ = false;
  bool store_was_away_ = false;
  std::uint64_t images_done_ = 0;
};

}  // namespace retail_pulse::simulation
