// storage: jobs, visits and images in SQL; the one repository class over every engine.
// May use: src/core, src/fetch/url (the origins of URLs), SOCI, OpenSSL (digest.cpp, for SHA-256).
// Never: decides anything about a job but its counters, its final state and its audit; retries;
// starts threads; shows a SOCI type.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/audit.hpp"
#include "core/callback.hpp"
#include "core/image.hpp"
#include "core/job.hpp"
#include "core/limits.hpp"
#include "core/report.hpp"
#include "core/submission.hpp"
#include "core/submission_key.hpp"
#include "core/time.hpp"
#include "storage/location.hpp"

namespace retail_pulse::storage {

class session;

/// Thrown by every call below; then the transaction has to be rolled back. The text holds no
/// parameter values, so it may be logged.
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
  storage_error(kind what_kind, const std::string& text)
      : std::runtime_error{text}, kind_{what_kind} {}
  kind what_kind() const { return kind_; }

 private:
  kind kind_;
};

/// The reason of a failure in words for a client: no path, no SQL. May be empty.
std::string_view public_reason(storage_error::kind kind);

/// Is called around every statement of a session, except rollbacks: to trace, to delay or to fail
/// it. Where a call throws a storage_error, the statement fails with that: `before` without having
/// run, `after` although it has run.
class statement_observer {
 public:
  virtual ~statement_observer() = default;
  virtual void before(std::string_view statement) = 0;
  virtual void after(std::string_view statement) = 0;
};

struct session_options {
  std::chrono::milliseconds busy_timeout =
      limits::busy_timeout;                ///< 0: a locked database is an error at once
  statement_observer* observer = nullptr;  ///< outlives the session
};

/// Why pending images are failed together.
struct abandonment {
  error_code code = error_code::internal;
  std::string reason{};                   ///< see image_result::reason
  std::optional<origin_number> origin{};  ///< only the images of this origin
};

/// A position among a job's pending images, which come by origin, then by number. Without members:
/// before all of them.
struct image_position {
  origin_number origin{-2};
  image_number number{-1};
  auto operator<=>(const image_position&) const = default;
};

/// The outcome of recording results.
struct recorded {
  std::int64_t changed =
      0;  ///< results that were written; the others were of another run, or recorded before
  image_counts images;                   ///< the job's counters afterwards
  job_state state = job_state::ongoing;  ///< `completed` or `failed` once nothing is pending
  run_number run;         ///< the job's run, which is a later one if the job was redriven meanwhile
  image_position last{};  ///< of `abandon`: the last image that was looked at
  bool has_callback = false;  ///< the run ended now, and left a webhook
};

/// The outcome of a cancel or redrive request, and the job's state after it.
struct controlled {
  /// `ended`: there is nothing to cancel. `ongoing`, `nothing_failed`: there is nothing to redrive.
  /// `too_many`: more than the room. `undelivered`: limits::undelivered_callbacks webhooks of the
  /// job are pending.
  enum class kind : std::uint8_t {
    done,
    no_such_job,
    ended,
    ongoing,
    nothing_failed,
    too_many,
    undelivered
  };
  kind what = kind::no_such_job;
  job_brief job;  ///< except with no_such_job
};

/// A submission that was stored under an idempotency key.
struct keyed_submission {
  std::string digest;  ///< of its body
  job_brief job;
  job_state state = job_state::ongoing;
};

/// The only writer of a database. One per database, used by one thread at a time.
/// Every call but `begin` needs an open transaction; nothing is durable before `commit` returns.
class writer {
 public:
  /// Opens (creating file and folders), checks that the file is a whole database that can be
  /// written, and brings the schema up to date. The check is bounded, see whole_file.hpp and
  /// whole_log.hpp; damage elsewhere is thrown as `corrupt` by the call that meets it.
  explicit writer(const location& where, session_options options = {});
  ~writer();
  writer(writer&&) noexcept;

  /// For the operator, about the file that was opened: it was copied while in use, or has lost its
  /// log. May be empty.
  const std::string& warning() const;

  void begin();
  void commit();
  void rollback() noexcept;

  /// Writes a whole submission as an `ongoing` job. A submission too large for a shared transaction
  /// is written by the three calls after this one instead.
  job_id store(const submission& job, unix_millis now);

  /// Writes a job row in state `staging`, invisible to clients until published.
  job_id create_job(const submission& job, unix_millis now);
  /// Writes the image rows [first, last) of the submission, and the visits that begin among them.
  /// Ranges are appended in order, each once. In a job of more than limits::page_images images, the
  /// images get their origins' numbers, and an origin's row comes with its first image.
  void append(job_id job, const submission& from, std::size_t first, std::size_t last);
  /// Makes a completely appended job visible as `ongoing`, submitted at `now`.
  void publish(job_id job, unix_millis now);

  /// Deletes up to `rows` image, visit and origin rows of a staging job, and with the last of them
  /// the job. True when nothing of it is left. Changes nothing for a job that is not staging, and
  /// returns true.
  bool discard_staging(job_id job, std::size_t rows);

  /// The submission that was published under that key within limits::idempotency_kept.
  std::optional<keyed_submission> find_key(const std::string& key, unix_millis now);
  /// Stores the key of a published job, over an expired use of the same key, and deletes some other
  /// expired keys.
  void remember_key(const submission_key& key, job_id job, unix_millis now);

  // A run ends when every image has a result. Another run tries the failed images again: from its
  // start, an image that failed in an earlier run counts as pending, for the writer and for every
  // reader. Its row stays as it is until the new result overwrites it.

  /// Writes results where the job's run is `run` and the image is pending. Writes the counters, the
  /// store failures and, when nothing is pending any more, the final state in the same transaction.
  /// Of several results of one image in one call the first counts. Changes nothing for a job that
  /// is unknown (then all counters are 0), not ongoing, or in another run.
  recorded record(job_id job, run_number run, std::span<const image_result> results,
                  unix_millis now);

  /// Fails up to `rows` pending images of a run behind `after`; otherwise like `record`.
  recorded abandon(job_id job, run_number run, const abandonment& why, std::size_t rows,
                   unix_millis now, image_position after = {});

  /// Gives images of an older job their origins' numbers, where they have none yet, and adds them
  /// to the counters of the origins. `fresh`: the origins of which no image was numbered before.
  /// Repeated with the same arguments it changes nothing.
  void number_origins(job_id job, std::span<const std::pair<image_number, origin_number>> images,
                      std::span<const job_origin> fresh);

  /// Gives an ongoing job without pending images its final state. Changes nothing otherwise.
  recorded settle(job_id job, unix_millis now);

  /// Marks an ongoing job as cancelled; its actor then fails the rest with `abandon`. A second time
  /// is `done`, too.
  controlled cancel(job_id job, unix_millis now);
  /// Begins another run of an ended job, with its failed images pending. Where those are more than
  /// `room`: `too_many`, without a change.
  controlled redrive(job_id job, std::int64_t room, unix_millis now);

  /// Writes the outcome of a delivery. Changes nothing where the webhook is not pending any more.
  void note_callback(const callback_attempt& attempt, unix_millis now);

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

/// Closes a database cleanly: as one file, with nothing in its log. This is the last connection of
/// the process: made while the others are open, so that SQLite does not delete the log before the
/// clean close is noted, and finished when they are closed. SQLite itself copies the log into the
/// file with the last connection, but not where the last two close at the same moment. Does nothing
/// for shared memory.
class closing {
 public:
  /// storage_error: the database cannot be opened, or is missing.
  explicit closing(const location& where);
  ~closing();

  /// Copies the log into the file, so that the file alone is the whole database, and notes the
  /// clean close in it. Waits up to three times limits::closing_patience for other programs.
  /// storage_error: only file and log together are whole, because another program reads an older
  /// state (busy), there is no space, and so on.
  void finish();

 private:
  std::unique_ptr<session> session_;
};

/// One image with its result.
struct image_row {
  image_number number;
  std::string store_id;
  std::string visit_time;
  std::string url;
  bool pending = true;  ///< also if it failed in an earlier run, and waits for another result
  image_result result;  ///< if not pending
  std::string error;    ///< public sentence, if failed
};

struct image_url {
  image_number number;
  std::string url;
};

/// Read-only queries on a connection of its own, used by one thread at a time. Each call sees one
/// committed state, and leaves no statement open. The schema must be up to date: open a writer
/// first. Jobs in state `staging` do not exist for any call but `staging_jobs`.
class reader {
 public:
  explicit reader(const location& where, session_options options = {});
  ~reader();
  reader(reader&&) noexcept;

  std::optional<job_status> status(job_id job);
  /// Origins behind `after` (not_numbered for all) with pending images of a run, in order, at most
  /// `limit`. None of a job whose images are not numbered.
  std::vector<job_origin> pending_origins(job_id job, run_number run, origin_number after,
                                          std::size_t limit);
  /// Pending images of a run that are of one origin, or not numbered, behind `after`
  /// (image_number{-1} for all), in order, at most `limit`.
  std::vector<image_task> pending_images(job_id job, run_number run, origin_number origin,
                                         image_number after, std::size_t limit);
  /// Those of the given images, at most limits::page_images, that are pending in a run; in order of
  /// number, each once.
  std::vector<image_task> pending_images(job_id job, run_number run,
                                         std::span<const image_number> numbers);
  /// Whether images of a job that are pending or failed have no numbers of origins.
  bool has_unnumbered_images(job_id job);
  /// Of all images of a job behind `after`, in order, at most `limit`.
  std::vector<image_url> image_urls(job_id job, image_number after, std::size_t limit);
  /// Ongoing jobs with an id above `after`, in order of id.
  std::vector<job_brief> ongoing_jobs(job_id after, std::size_t limit);
  /// Staging jobs, in order of id.
  std::vector<job_id> staging_jobs();
  /// All images of a job behind `after`, in order.
  std::vector<image_row> images(job_id job, image_number after, std::size_t limit);
  /// Webhooks that are neither delivered nor given up, behind `after` (0 for all), in the order in
  /// which their runs ended.
  std::vector<pending_callback> pending_callbacks(std::int64_t after, std::size_t limit);
  /// The message of a pending webhook; nullopt: it is not pending.
  std::optional<callback_message> callback_to_send(job_id job, run_number run);
  /// The state of a run's webhook; nullopt: the run has not ended, or the job has no callback_url.
  std::optional<callback_state> callback(job_id job, run_number run);
  /// Walks over all images of a job, in memory that does not grow with them; a second for a
  /// million. Calls `still_wanted` once per limits::audit_page images, and stops when it returns
  /// false. nullopt: then, or there is no such job.
  std::optional<job_audit> audit(job_id job, const std::function<bool()>& still_wanted);

  // Reports. A page holds up to `limit` entries, at least one if there is any (but for a filter by
  // origin), and fewer once its texts take limits::report_page_bytes.

  /// Jobs with ids below `below`, newest first. By origin, at most limits::walked_jobs are looked
  /// at; jobs without numbers of origins are found if they have at most limits::page_images images.
  job_page jobs(const job_filter& filter, job_id below, std::size_t limit);
  /// A job's report, without its images; with those of the given origins that it has, in their
  /// order. Walks over its visits, and over the numbers of its failed images.
  std::optional<job_report> report(job_id job, std::span<const std::string> origins = {});
  /// The images of a job by origin: of the origins behind `after` (not_numbered for all), or of the
  /// one of that text. nullopt: there is no such job. Walks over the numbers of their pending
  /// images. Empty for a larger job than limits::page_images without numbers of origins.
  std::optional<origin_summaries> origins(job_id job, const std::optional<std::string>& only,
                                          origin_number after, std::size_t limit);
  /// Images of a job behind `after`; nullopt: there is no such job. By origin, where no index has
  /// them, at most limits::walked_images are looked at.
  std::optional<image_page> images(job_id job, const image_filter& filter, image_number after,
                                   std::size_t limit);
  /// Measured images of a store, of all jobs, from `from` on.
  perimeter_page perimeters(const std::string& store_id, const day_range& days,
                            const perimeter_cursor& from, std::size_t limit);

 private:
  class implementation;
  std::unique_ptr<implementation> implementation_;
};

}  // namespace retail_pulse::storage
