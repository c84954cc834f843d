#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/reply.hpp"
#include "core/audit.hpp"
#include "core/callback.hpp"
#include "core/image.hpp"
#include "core/job.hpp"
#include "core/report.hpp"
#include "core/submission.hpp"
#include "core/submission_key.hpp"
#include "fetch/engine/engine.hpp"
#include "storage/repository.hpp"
#include "stores/store_table.hpp"
#include "webhooks/poster.hpp"

/// What the messages of protocols.hpp carry. Plain values; whatever is large travels as a shared
/// pointer to const.
namespace retail_pulse::actors {

/// The identity of one job actor. A job that is started again has a new ticket, so that late
/// messages for its earlier actor are dropped.
struct job_ticket {
  std::uint64_t value = 0;
  auto operator<=>(const job_ticket&) const = default;
};

/// Number of an image actor in its pool.
struct worker_index {
  std::uint32_t value = 0;
};

enum class phase : std::uint8_t { starting, ready, draining };

/// How busy the service is; a snapshot.
struct load_report {
  phase at = phase::starting;
  std::int64_t ongoing_jobs = 0;
  std::int64_t pending_images = 0;         ///< admitted and without a recorded result
  std::int64_t images_in_flight = 0;       ///< from the order until their worker is free
  std::int64_t images_in_flight_peak = 0;  ///< since the start
  std::int64_t fetches = 0;                ///< fetch slots in use
  std::int64_t images_held = 0;            ///< read from storage and not yet recorded
};

struct submit_outcome {
  /// `lost`: the actor that should have answered has ended.
  /// `full`: come back later. `too_large`: more images than the service takes at all.
  /// `replayed`: the key's submission is stored already. `key_used`: with another body. `key_busy`:
  /// it is being stored at this moment.
  enum class kind : std::uint8_t {
    lost,
    accepted,
    starting,
    full,
    too_large,
    draining,
    storage_failed,
    replayed,
    key_used,
    key_busy
  };
  kind what = kind::lost;
  job_id id;             ///< when accepted or replayed
  std::string detail;    ///< for the log otherwise
  std::string reason{};  ///< for the client, when storage failed; may be empty
};

/// What a read-only query returned.
template <class T>
struct query_outcome {
  /// `lost`: the reader ended without an answer.
  enum class kind : std::uint8_t { lost, answered, storage_failed };
  kind what = kind::lost;
  std::optional<T> found{};  ///< when answered; nullopt: there is no such job
  std::string detail{};      ///< for the log, when storage failed,
  std::string reason{};      ///< and for the client; may be empty
};

/// A job's counts after a commit.
struct job_progress {
  job_id job;
  run_number run;
  job_state state = job_state::ongoing;
  image_counts images;
};

/// A client connection that follows the progress of a job. Its functions are called on the herald's
/// thread, and must not block.
struct subscriber {
  std::uint64_t token = 0;                        ///< unique, chosen by the subscriber
  std::function<void(const job_progress&)> tell;  ///< called with updates, in order: the run never
                                                  ///< falls, nor the done images within a run
  std::function<void()>
      beat;  ///< called every limits::follower_beat, to check that the client is still connected
  std::function<bool()> waits;  ///< once false, the subscription ends
};

/// The outcome of a cancel or redrive request.
struct control_outcome {
  /// `lost`: the actor that should have answered has ended. `ongoing`, `nothing_failed`: why there
  /// is nothing to redrive.
  enum class kind : std::uint8_t {
    lost,
    done,
    no_such_job,
    ended,
    ongoing,
    nothing_failed,
    starting,
    full,
    draining,
    storage_failed
  };
  kind what = kind::lost;
  job_brief job;         ///< when done: the job after it
  std::string detail{};  ///< for the log, or why the service is full,
  std::string reason{};  ///< and for the client, when storage failed; may be empty
};

/// The ledger's answer to a submission. `known`: its key belongs to this submission, which is
/// stored already. `key_used`: to another one.
struct stored_submission {
  enum class kind : std::uint8_t { stored, known, key_used };
  kind what = kind::stored;
  job_brief job;
  job_state state = job_state::ongoing;
};

struct jobs_question {
  job_filter filter;
  job_id below;  ///< the list goes on with smaller ids
  std::size_t limit = 0;
};
struct report_question {
  job_id job;
  std::vector<std::string> origins;  ///< of which the report tells in any case
};
struct origins_question {
  job_id job;
  std::optional<std::string> origin;   ///< only this one
  origin_number after = not_numbered;  ///< the page begins behind it
  std::size_t limit = 0;
};
struct images_question {
  job_id job;
  image_filter filter;
  image_number after;  ///< the page begins behind this image
  std::size_t limit = 0;
};

/// Which stores a request is about; what is not set means all.
struct store_question {
  std::optional<std::string> area;
  std::optional<std::string> store_id;
};
/// Stores of one table, which keeps them alive, in the order of its file.
struct store_selection {
  enum class kind : std::uint8_t { lost, found, unknown_area, unknown_store };
  kind what = kind::lost;
  stores::store_table_ptr table{};
  std::span<const stores::store* const>
      stores{};  ///< when found; empty: the store lies in another area
};

/// Measured images of some stores, store by store.
struct visits_position {
  std::size_t store = 0;  ///< its index in the selection
  perimeter_cursor at;
};
struct visits_question {
  store_selection of;
  day_range days;
  visits_position from;
  std::size_t limit = 0;
};
struct store_perimeters {
  const stores::store* store = nullptr;  ///< lives as long as the table of the question
  std::vector<perimeter_row> rows;
};
struct visits_page {
  std::vector<store_perimeters>
      stores;  ///< each with rows; the first may continue the last of the page before
  std::optional<visits_position> next;  ///< set where rows may follow
};

struct reload_outcome {
  /// `refused`: the file cannot be used, and the old table stays.
  enum class kind : std::uint8_t { lost, loaded, refused };
  kind what = kind::lost;
  std::size_t stores = 0;             ///< when loaded,
  std::vector<std::string> warnings;  ///< and warnings about the file
  std::string error{};                ///< when refused: the problem, and its line
};

/// An image of a known store, with the origin of its URL.
struct queued_image {
  image_task task;
  std::string origin;
};

/// What a job is to read in its turn.
struct page_order {
  std::uint64_t lane = 0;               ///< comes back with the offer
  origin_number origin = not_numbered;  ///< of the images
  image_number after{-1};
  std::uint64_t fresh = 0;          ///< at most so many behind `after`,
  std::vector<image_number> again;  ///< and these, which were read before
  std::uint64_t credits() const { return fresh + again.size(); }
};

/// The origins of a job, in order of number.
struct origin_page {
  std::vector<job_origin> origins;
  bool more = false;  ///< there may be others behind them
};

/// Origins of a slice of a job's images.
struct numbered_images {
  std::vector<std::pair<image_number, origin_number>> images;
  std::vector<job_origin> fresh;  ///< those of which no image came before
};

/// The pool gives up an origin for this run of a job: all of its pending images fail.
struct abandoned_origin {
  origin_number origin = not_numbered;
  std::vector<image_number> images;  ///< all of them, where the origin has no number
  std::string reason;                ///< see image_result::reason
};

/// An origin that is away, as clients get it: the pool knows no wall-clock times.
struct outage_report {
  std::chrono::milliseconds lasts{0};        ///< since the first contact that failed
  std::chrono::milliseconds given_up_in{0};  ///< from now; may be negative, see origin_health
  error_code last_cause = error_code::none;  ///< of the contact that failed last
  std::int32_t probes = 0;                   ///< that failed
};
/// What the pool knows about an origin of a job, at one moment.
struct live_origin {
  std::string origin;         ///< as in job_origin
  std::size_t in_flight = 0;  ///< images of the job
  double images_per_second =
      0;  ///< of the job, that got a result after they were fetched; over the last seconds
  std::optional<outage_report> away{};
};
/// Those that are away come first, the longest outage before the others.
using live_origins = std::vector<live_origin>;

struct results_batch {
  std::vector<image_result> results;
  std::uint64_t credits = 0;  ///< that their images hold
  std::uint64_t number = 0;   ///< of the batches of its job, in order
};
struct task_page {
  std::vector<image_task> again;  ///< those of the asked numbers that are still pending
  std::vector<image_task> fresh;
};
struct brief_page {
  std::vector<job_brief> jobs;
};
struct id_list {
  std::vector<job_id> ids;
};
struct store_check {
  std::vector<std::string> ids;
};
struct known_stores {
  std::vector<bool> known;  ///< in the order of the check
};
/// A job's answer to a turn.
struct image_offer {
  std::uint64_t lane = 0;            ///< of the turn
  std::vector<queued_image> images;  ///< to be fetched
  std::uint64_t read = 0;  ///< images that keep a credit: those, and the ones that fail at once
  image_number last{-1};   ///< of the fresh ones that were read
  bool more = false;       ///< whether others are behind it
};
/// An attempt at an image, from a worker to the pool. Fields of fetch::outcome mean the same here.
struct attempt_report {
  image_result result;  ///< of the image, if no other attempt follows
  // about the origin:
  fetch::contact with_origin = fetch::contact::none;
  std::string leads_to{};
  // for what follows a failure:
  bool can_pass = false;
  bool postponed = false;
  bool gave_way = false;
  bool asked_others = false;
  std::optional<std::chrono::milliseconds> retry_after{};
};
using fetch_outcome_ptr = std::shared_ptr<const fetch::outcome>;
using posted_ptr = std::shared_ptr<const webhooks::posted>;
using results_ptr = std::shared_ptr<const results_batch>;
using task_page_ptr = std::shared_ptr<const task_page>;
using origin_page_ptr = std::shared_ptr<const origin_page>;
using abandoned_origin_ptr = std::shared_ptr<const abandoned_origin>;
using image_urls_ptr = std::shared_ptr<const std::vector<storage::image_url>>;
using numbered_images_ptr = std::shared_ptr<const numbered_images>;
using page_order_ptr = std::shared_ptr<const page_order>;
using image_offer_ptr = std::shared_ptr<const image_offer>;

}  // namespace retail_pulse::actors
