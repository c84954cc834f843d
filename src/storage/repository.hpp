// storage: jobs, visits and images in SQL; the one repository class over every engine.
// May use: src/core, SOCI, OpenSSL (digest.cpp, for SHA-256).
// Never: decides anything about a job but its counters, its verdict and whether it is conserved, retries, starts threads, or lets a SOCI
// type out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/audit.hpp"
#include "core/callback.hpp"
#include "core/image.hpp"
#include "core/job.hpp"
#include "core/report.hpp"
#include "core/submission.hpp"
#include "core/submission_key.hpp"
#include "core/time.hpp"
#include "storage/location.hpp"

namespace retail_pulse::storage {

class session;

/// Thrown by every call below; after it the transaction is to be rolled back. The text names no parameter values, so it may be logged.
class storage_error : public std::runtime_error {
 public:
  enum class kind : std::uint8_t {
    busy,          ///< another program holds the lock; try again
    full,          ///< no space
    read_only,     ///< the file or its folder cannot be written
    corrupt,       ///< the file is damaged or not a database
    newer_schema,  ///< made by a newer version of this program
    other,
  };
  storage_error(kind what_kind, const std::string& text) : std::runtime_error{text}, kind_{what_kind} {}
  kind what_kind() const { return kind_; }

 private:
  kind kind_;
};

/// A failure's reason in words for a client: no path, no SQL. Empty where there is nothing to say.
std::string_view public_reason(storage_error::kind kind);

/// Sees every statement of a session but the rollback. For simulations, in which storage fails; each call may throw a storage_error.
class statement_watch {
 public:
  virtual ~statement_watch() = default;
  virtual void before(std::string_view statement) = 0;  ///< thrown from here: it was not run
  virtual void after(std::string_view statement) = 0;   ///< it was run; thrown from here: whoever asked for it never learns that
};

struct session_options {
  std::chrono::milliseconds busy_timeout{5000};  ///< 0 in simulations
  statement_watch* watch = nullptr;              ///< outlives the session; none in production
};

/// What recording changed.
struct recorded {
  std::int64_t changed = 0;              ///< results that were news; the others were of an older run or recorded before
  image_counts images;                   ///< the job's counters afterwards
  job_state state = job_state::ongoing;  ///< `completed` or `failed` once nothing is pending
  run_number run;                        ///< the job's, which is a later one where the job was redriven meanwhile
  image_number last{-1};                 ///< of `abandon`: the last image that was looked at
  bool has_callback = false;             ///< the verdict was given now, and somebody is to be told of it
};

/// What a wish about a job came to, and how the job stands afterwards.
struct controlled {
  enum class kind : std::uint8_t { done, no_such_job, ended, ongoing, nothing_failed, too_many };
  kind what = kind::no_such_job;
  job_brief job;  ///< unless there is none
};

/// A submission that was stored under a client's key.
struct keyed_submission {
  std::string digest;  ///< of its body
  job_brief job;
  job_state state = job_state::ongoing;
};

/// The only writer of a database. One per database, used by one thread at a time.
/// Every call but `begin` needs an open transaction; nothing is durable before `commit` returns.
class writer {
 public:
  /// Opens (creating file and folders), checks that the file is a whole database that can be written, and brings the schema up to date.
  /// What "whole" covers is bounded, see whole_file.hpp and whole_log.hpp; damage elsewhere is thrown as `corrupt` by the call that meets
  /// it.
  explicit writer(const location& where, session_options options = {});
  ~writer();
  writer(writer&&) noexcept;

  /// What an operator should hear about the file that was opened: it was in use when it was copied, or its log is lost. Empty: nothing.
  const std::string& warning() const;

  void begin();
  void commit();
  void rollback() noexcept;

  /// A whole submission as an `ongoing` job. For those small enough for one transaction among others; a large one is written in the steps
  /// that follow.
  job_id store(const submission& job, unix_millis now);

  /// A new job row in state `staging`, invisible until published.
  job_id create_job(const submission& job, unix_millis now);
  /// Image rows [first, last) of the submission and the visits that begin among them. Ranges are appended in order, each once.
  void append(job_id job, const submission& from, std::size_t first, std::size_t last);
  /// Makes a wholly appended job visible as `ongoing`, submitted at `now`.
  void publish(job_id job, unix_millis now);

  /// Deletes up to `rows` image and visit rows of a staging job, and the job itself with the last of them. True when all is gone.
  /// A job that is not staging is left alone (true).
  bool discard_staging(job_id job, std::size_t rows);

  /// The submission that was published under that key within limits::idempotency_kept.
  std::optional<keyed_submission> find_key(const std::string& key, unix_millis now);
  /// Keeps a key for a published job, in place of an older use that is no longer kept, and forgets some others that are not.
  void remember_key(const submission_key& key, job_id job, unix_millis now);

  // A job's run is over when every image has a result. Another run tries the failed ones again: from then on a failed image whose result
  // is of an older run is pending, here and for every reader, and its row is as it was until the new result overwrites it.

  /// Writes results where the job's run is `run` and the image is pending. Counters, store failures and, when nothing is pending
  /// any more, the verdict are part of the same transaction. Of several results of one image in
  /// one call the first counts. A job that is unknown, not ongoing or of another run is left alone (unknown: all counters 0).
  recorded record(job_id job, run_number run, std::span<const image_result> results, unix_millis now);

  /// Ends up to `rows` pending images of a run behind `after` as failed with `code`; like `record` otherwise.
  recorded abandon(job_id job, run_number run, error_code code, std::size_t rows, unix_millis now, image_number after = image_number{-1});

  /// Gives a verdict to an ongoing job that has nothing pending. Changes nothing otherwise.
  recorded settle(job_id job, unix_millis now);

  /// Marks an ongoing job as one whose run is to end; whoever works on it abandons the rest. Doing it twice is `done`.
  controlled cancel(job_id job, unix_millis now);
  /// Begins another run of an ended job, with its failed images pending: at most `room` of them, else `too_many` and nothing is changed.
  controlled redrive(job_id job, std::int64_t room, unix_millis now);

  /// Notes what came of an attempt to tell of a run's end. Changes nothing where that is not pending any more.
  void note_callback(const callback_attempt& attempt, unix_millis now);

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

/// The last connection of this process to a database, which leaves it in order: one file, with nothing in its log. Made while others are
/// still open, so that SQLite does not take the log away before the order is noted, and finished when they are gone. SQLite itself brings
/// the log home with the last connection, but not where the last two close at the same moment. For shared memory it does nothing.
class closing {
 public:
  /// storage_error: the database cannot be opened, or is not there any more.
  explicit closing(const location& where);
  ~closing();

  /// Writes what stands in the log into the file, so that the file alone is the whole database, and notes that it was left in order. Waits
  /// up to three times limits::closing_patience for other programs. storage_error: the file is not whole, because another program holds an
  /// older state of it open (busy), there is no space, and so on; file and log together are.
  void finish();

 private:
  std::unique_ptr<session> session_;
};

/// One image with everything that is known of it.
struct image_row {
  image_number number;
  std::string store_id;
  std::string visit_time;
  std::string url;
  bool pending = true;  ///< also where it waits for another result, as its failure is of an older run
  image_result result;  ///< where not pending
  std::string error;    ///< public sentence, where failed
};

/// Read-only queries on a connection of its own, used by one thread at a time. Each call sees one committed state, and leaves no
/// statement open. The schema must be up to date (open a writer first).
class reader {
 public:
  explicit reader(const location& where, session_options options = {});
  ~reader();
  reader(reader&&) noexcept;

  /// A job that is not staging.
  std::optional<job_status> status(job_id job);
  /// Pending images of a run behind `after` (image_number{-1} for all), in order, at most `limit`.
  std::vector<image_task> pending_images(job_id job, run_number run, image_number after, std::size_t limit);
  /// Ongoing jobs with an id above `after`, in order of id.
  std::vector<job_brief> ongoing_jobs(job_id after, std::size_t limit);
  /// Jobs whose submission was not written to its end, in order of id.
  std::vector<job_id> staging_jobs();
  /// All images of a job behind `after`, in order.
  std::vector<image_row> images(job_id job, image_number after, std::size_t limit);
  /// Callbacks that are neither delivered nor given up, behind `after` (0 for all), in the order of the verdicts.
  std::vector<pending_callback> pending_callbacks(std::int64_t after, std::size_t limit);
  /// What a callback is to tell. Nothing where none is pending.
  std::optional<callback_message> callback_to_send(job_id job, run_number run);
  /// How the callback of a run stands. Nothing while the run has not ended, and where nobody was to be told.
  std::optional<callback_state> callback(job_id job, run_number run);
  /// Counts all images of a job that is not staging, in memory that does not grow with them; a second for a million.
  /// Asks `still_wanted` once per limits::audit_page images. Nothing: there is no such job, or nobody wants it any more.
  std::optional<job_audit> audit(job_id job, const std::function<bool()>& still_wanted);

  // Reports. A page holds up to `limit` entries, at least one if there is any, and fewer once its texts take limits::report_page_bytes.

  /// Jobs that are not staging, with ids below `below`.
  job_page jobs(const job_filter& filter, job_id below, std::size_t limit);
  /// Everything about a job that is not staging, but for its images. Walks over its visits, and over the numbers of its failed images.
  std::optional<job_report> report(job_id job);
  /// Images behind `after` of a job that is not staging; nothing: there is no such job.
  std::optional<image_page> images(job_id job, const image_filter& filter, image_number after, std::size_t limit);
  /// Measured images of a store, of all jobs, from `from` on.
  perimeter_page perimeters(const std::string& store_id, const day_range& days, const perimeter_cursor& from, std::size_t limit);

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::storage
