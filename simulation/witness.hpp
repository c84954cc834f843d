#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "fetch/engine.hpp"
#include "simulation/newcomer_watch.hpp"
#include "simulation/scenario.hpp"
#include "simulation/story.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::simulation {

/// Knows what was promised to whom and what the database says, over all lives of a world, and holds one against the other. Its means are
/// those of the outside: what clients were told, what image hosts saw, and committed rows. Broken invariants go to the story.
class witness {
 public:
  witness(const scenario& plan, story& tell) : plan_{plan}, story_{tell} {}

  /// The picture that lies at a URL: no two have the same size, so that a result in the wrong place shows.
  static measurement picture_at(const std::string& url);

  // --- what image hosts see ---
  void fetch_begins(const std::string& url, const origin_plan& at, millis now);
  void fetch_ends(const std::string& url, const origin_plan& at, const fetch::outcome& with, millis now);
  void engine_explodes(const std::string& url);

  // --- what clients are told ---
  void accepted(job_id id, const job_plan& job, storage::reader& database, millis now);
  void told(job_id id, const job_status& status);
  void cancel_is_asked_for(job_id id);
  void cancel_is_answered(job_id id) { --wishes_[id.value].open_cancels; }
  /// It is durable: of that run nothing is fetched from now on.
  void cancelled(job_id id, run_number run, millis now);
  void redrive_is_asked_for(job_id id);
  void redriven(job_id id, run_number run, storage::reader& database);
  /// A job is ongoing in another run, or in none: it is known what came of all wishes for one.
  void redrive_is_settled(job_id id) { wishes_[id.value].redrive_in_doubt = false; }

  // --- the life of the process ---
  void process_ends();
  void job_actor_was_killed() { job_actors_were_killed_ = true; }
  void job_actors_die_often() { job_actors_were_killed_ = job_actors_die_often_ = true; }
  void store_comes_or_goes() { store_was_away_ = true; }
  /// What can be seen of the windows right now.
  void look_at(const actors::pool_gauges& gauges, std::size_t longest_mailbox);
  /// Rows may have changed.
  void look_at(storage::reader& database, millis now);
  /// The process has let everything in flight report, and ended its jobs.
  void drained(storage::reader& database, millis now);
  /// Everything has come to its end.
  void conclude(storage::reader& database);
  /// Nothing is under way in a life, or it should not be.
  void rests(storage::reader& database, const actors::load_report& load, const actors::pool_gauges& gauges, bool orphans_may_stay = false);

  bool all_have_ended(storage::reader& database) const;
  /// Whether nothing is ongoing but jobs whose commit was hidden: their clients were told that they are not stored, and the next start of
  /// the process finds them.
  bool only_unanswered_are_ongoing(storage::reader& database) const;
  std::size_t accepted_jobs() const { return accepted_.size(); }
  std::uint64_t images_done() const { return images_done_; }

 private:
  struct known_job {
    run_number run;
    job_state state = job_state::ongoing;
    image_counts counts;
    std::vector<std::optional<image_result>> results;  ///< by number; nothing: pending
  };
  struct told_job {
    run_number run;
    image_counts counts;
  };
  /// What clients wished of a job.
  struct job_wishes {
    int open_cancels = 0;             ///< asked for and not answered
    bool may_be_cancelled = false;    ///< in its present run
    std::optional<millis> cancelled;  ///< when it was answered that the present run is
    int redrives = 0;                 ///< asked for
    bool redrive_in_doubt = false;    ///< it may have been done, and then nobody works on it until it is asked for again
  };
  struct url_news {
    std::int64_t job = 0;        ///< one that it belongs to
    std::set<error_code> codes;  ///< of all attempts; none: a good one
    bool exploded = false;
    std::set<error_code> lasting;  ///< codes of outcomes that were to be the same at every other attempt
    int rows = 0;                  ///< in the database: two where a job was stored without its client's knowledge, and submitted again
    // in this life of the process:
    std::optional<millis> first_success;
    int attempts = 0;
    bool is_being_fetched = false;
    bool is_final = false;  ///< nothing can follow the last outcome but a result
  };

  void look_at_job(job_id id, storage::reader& database, millis now);
  void begin_run(job_id id, known_job& known, run_number run, const std::vector<storage::image_row>& rows);
  void look_at_row(job_id id, const storage::image_row& row, millis now);
  void check_measurement(const std::string& who, const storage::image_row& row, millis now);
  void check_failure(job_id id, const std::string& who, const storage::image_row& row);
  void check_wishes(const std::string& url, const url_news& news, millis now);
  void check_store_failures(job_id id, const job_status& status, const std::vector<storage::image_row>& rows);
  void check_counts(job_id id, const job_status& status);
  /// Otherwise the actor of another job, or one that was started again, may know nothing of what is under way.
  bool is_fetched_by_one(const url_news& news) const { return news.rows == 1 && !job_actors_were_killed_; }
  void broken(const std::string& invariant) { story_.violate(invariant); }

  const scenario& plan_;
  story& story_;
  std::map<std::int64_t, const job_plan*> accepted_;
  std::map<std::int64_t, known_job> jobs_;  ///< all that were ever seen in the database
  std::map<std::int64_t, told_job> told_;
  std::map<std::int64_t, job_wishes> wishes_;
  std::map<std::string, url_news> news_;
  std::map<std::string, int> pending_rows_;  ///< per URL, over all jobs seen
  std::size_t open_ = 0;
  std::map<std::string, std::size_t> open_at_;  ///< per host, and per address
  std::uint64_t fetches_begun_ = 0;
  newcomer_watch newcomer_{plan_};
  bool job_actors_were_killed_ = false;
  bool job_actors_die_often_ = false;
  bool store_was_away_ = false;
  std::uint64_t images_done_ = 0;
};

}  // namespace retail_pulse::simulation
