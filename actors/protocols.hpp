// actors: the concurrency of the service. This file is the protocol document: every actor, and one
// sentence for every message.
// May use: CAF and src/; the fetch engine and storage through their headers only.
// Never: RESTinio, httplib or SOCI; a blocking call outside ledger, readers, store loader and
// courier; a std clock; chance from a shared stream.
//
//   POST /api/submit -> supervisor -> ledger (commit) -> 201
//                          | spawns
//                          v     turn          offer
//                         job <-------- pool <-------- job      and job asks: reader (its images),
//                          ^            ^  | order              store_master (which stores exist)
//                          |    fetched |  v
//                          |   finished |  image (fetch, measure, delay)
//                          +-- report -- pool
//                          |
//                          +-- record -> ledger (commit) -> settled -> pool, ended -> supervisor
//                                          | progress
//                                          +-> herald -> subscribers (clients' connections)
//                                          | due
//                                          +-> courier -> POST to the job's callback_url
//
// Mailboxes have no bound, so three windows bound everything that is queued:
//   credits  images read but not yet recorded, over all jobs; granted by the pool with a turn,
//            given back with `settled`, and while an image waits for another attempt
//   workers  images in flight, one per image actor; taken by an order, given back with
//            `fetched` after a failure, and with `finished` after a measured image's delay
//   slots    fetches at once; taken by an order, given back with `fetched`
//
// A message marked (internal) is one that an actor sends to itself: at once, later, or from a
// callback on another thread. A `reply` is the answer to a client's request: a function, because
// clients are no actors.
#pragma once

#include "actors/messages.hpp"

CAF_BEGIN_TYPE_ID_BLOCK(retail_pulse, caf::first_custom_type_id)
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, submit_atom, "submit")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, cancel_atom, "cancel")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, redrive_atom, "redrive")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, load_atom, "load")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, drain_atom, "drain")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, recover_atom, "recover")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, ended_atom, "ended")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, progress_atom, "progress")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, begin_atom, "begin")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, turn_atom, "turn")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, report_atom, "report")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, flush_atom, "flush")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, stop_atom, "stop")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, join_atom, "join")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, offer_atom, "offer")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, open_atom, "open")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, opened_atom, "opened")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, number_atom, "number")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, give_up_atom, "give_up")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, exhausted_atom, "exhausted")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, settled_atom, "settled")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, leave_atom, "leave")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, withdraw_atom, "withdraw")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, resolved_atom, "resolved")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, fetched_atom, "fetched")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, finished_atom, "finished")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, order_atom, "order")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, lookup_atom, "lookup")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, replace_atom, "replace")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, store_atom, "store")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, record_atom, "record")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, abandon_atom, "abandon")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, settle_atom, "settle")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, discard_atom, "discard")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, courier_atom, "courier")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, note_atom, "note")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, due_atom, "due")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, tick_atom, "tick")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, posted_atom, "posted")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, pending_atom, "pending")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, status_atom, "status")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, audit_atom, "audit")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, jobs_atom, "jobs")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, images_atom, "images")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, origins_atom, "origins")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, visits_atom, "visits")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, select_atom, "select")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, reload_atom, "reload")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, ongoing_atom, "ongoing")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, staging_atom, "staging")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, follow_atom, "follow")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, unfollow_atom, "unfollow")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, beat_atom, "beat")
CAF_END_TYPE_ID_BLOCK(retail_pulse)

namespace retail_pulse::actors {

template <class... Ts>
using takes = caf::reacts_to<Ts...>;
template <class... Ts>
using asks = caf::replies_to<Ts...>;

/// Publishes job progress to subscribers: at most one update per job every limits::progress_pause;
/// the end of a run immediately.
using herald_actor = caf::typed_actor<
    // Subscribes to later updates of a job.
    takes<follow_atom, job_id, subscriber>,
    // Ends the subscription with that token.
    takes<unfollow_atom, job_id, std::uint64_t>,
    // The ledger has committed a change of a job.
    takes<progress_atom, job_progress>,
    // (internal) Sends the update that rate limiting held back.
    takes<flush_atom, job_id>,
    // (internal) A second has passed: calls `beat` of the subscribers whose turn it is.
    takes<beat_atom>>;

/// Sends the webhooks of ended runs.
using courier_actor = caf::typed_actor<
    // There are new webhooks in storage.
    takes<due_atom>,
    // (internal) A webhook may have become due.
    takes<tick_atom>,
    // (internal) The address behind the origin of a webhook that is to be sent.
    takes<resolved_atom, std::int64_t, std::string>,
    // (internal) The outcome of a delivery.
    takes<posted_atom, std::int64_t, posted_ptr>,
    // (internal) Records the outcome of a delivery again, after storage failed.
    takes<note_atom, std::int64_t, callback_attempt>,
    // Begins no other delivery; pending webhooks are sent after the next start.
    takes<stop_atom>>;

/// The only writer of storage. Commands that wait together share one commit. An answer means that
/// the command is durable, an error that its commit failed: then the sender decides whether to try
/// again.
using ledger_actor = caf::typed_actor<
    // Stores a submission; a large one slice by slice, between other commits. Where the idempotency
    // key belongs to a submission that is stored already, answers with that one and stores nothing.
    asks<store_atom, submission_ptr, std::optional<submission_key>>::with<stored_submission>,
    // Marks an ongoing job as cancelled.
    asks<cancel_atom, job_id>::with<storage::controlled>,
    // Begins another run of an ended job, unless more than so many images would become pending.
    asks<redrive_atom, job_id, std::int64_t>::with<storage::controlled>,
    // Records results of a run. Results of another run, and of images that have a result, change
    // nothing.
    asks<record_atom, job_id, run_number, results_ptr>::with<storage::recorded>,
    // Fails the pending images of a run, or those of one of its origins, with one error code, slice
    // by slice.
    asks<abandon_atom, job_id, run_number, storage::abandonment>::with<storage::recorded>,
    // Stores the numbers of origins of a slice of a job's images. Repeated, it changes nothing.
    asks<number_atom, job_id, numbered_images_ptr>::with<caf::ok_atom>,
    // Gives a job without pending images its final state.
    asks<settle_atom, job_id>::with<storage::recorded>,
    // Deletes staging jobs, slice by slice.
    takes<discard_atom, id_list>,
    // Registers the courier. It is notified of every new webhook, and once now, because some may be
    // pending.
    takes<courier_atom, courier_actor>,
    // Records the outcome of a delivery.
    asks<note_atom, callback_attempt>::with<caf::ok_atom>,
    // (internal) Commits the waiting commands.
    takes<flush_atom>>;

/// Runs read-only queries on a connection of its own.
using reader_actor = caf::typed_actor<
    // A page of a run's pending images.
    asks<pending_atom, job_id, run_number, page_order_ptr>::with<task_page_ptr>,
    // A page of a run's origins with pending images, behind the given one.
    asks<open_atom, job_id, run_number, origin_number>::with<origin_page_ptr>,
    // The next images of a job, behind the given one, if some have no numbers of origins yet.
    asks<number_atom, job_id, image_number>::with<image_urls_ptr>,
    // The status of a job, for a client.
    takes<status_atom, job_id, reply<query_outcome<job_status>>>,
    // The audit of a job, for a client. Walks over all of its images, so it has a reader of its
    // own.
    takes<audit_atom, job_id, reply<query_outcome<job_audit>>>,
    // A page of ongoing jobs, behind the given id.
    asks<ongoing_atom, job_id>::with<brief_page>,
    // The staging jobs.
    asks<staging_atom>::with<id_list>>;

/// Reads lists and reports for clients, page by page, on a connection of its own. A query whose
/// client has gone is not run.
using report_reader_actor = caf::typed_actor<
    // A page of jobs, newest first.
    takes<jobs_atom, jobs_question, reply<query_outcome<job_page>>>,
    // A job's report, without its images.
    takes<report_atom, report_question, reply<query_outcome<job_report>>>,
    // A page of a job's origins, with the counts of their images.
    takes<origins_atom, origins_question, reply<query_outcome<origin_summaries>>>,
    // A page of a job's images.
    takes<images_atom, images_question, reply<query_outcome<image_page>>>,
    // A page of the measured images of stores, over all jobs.
    takes<visits_atom, visits_question, reply<query_outcome<visits_page>>>>;

/// Knows which stores exist.
using store_master_actor = caf::typed_actor<
    // The stores that a client's request names.
    takes<select_atom, store_question, reply<store_selection>>,
    // For each id, whether the store exists.
    asks<lookup_atom, store_check>::with<known_stores>,
    // Answers from this table from now on.
    takes<replace_atom, stores::store_table_ptr>>;

/// Reloads the Store Master's file. Blocks while it reads.
using store_loader_actor = caf::typed_actor<
    // Reads the file and, if it is valid, gives its table to the store master before it answers.
    takes<reload_atom, reply<reload_outcome>>>;

/// One run of a job, from its first pending image to its final state. Ends itself when the final
/// state is committed.
using job_actor = caf::typed_actor<
    // List the next origins, behind the given one.
    takes<open_atom, origin_number>,
    // A turn, with its credits: read these images and offer them.
    takes<turn_atom, page_order_ptr>,
    // The final outcome of an image.
    takes<report_atom, image_result>,
    // An origin has been unavailable for too long: fail its pending images.
    takes<give_up_atom, abandoned_origin_ptr>,
    // No image of the job is left in the pool.
    takes<exhausted_atom>,
    // (internal) The batch with that number has waited long enough for more results.
    takes<flush_atom, std::uint64_t>,
    // (internal) Joins the pool, or asks for the final state where nothing is pending. Before it
    // joins, the images of a job of an earlier version get the numbers of their origins.
    takes<begin_atom>,
    // (internal) Records results again, after storage failed.
    takes<record_atom, results_ptr>,
    // The job was cancelled: fetch nothing more, record what is in flight, and fail the other
    // images as cancelled.
    takes<cancel_atom>,
    // (internal) Fails the other images as cancelled again, after storage failed.
    takes<abandon_atom>,
    // (internal) Fails the images of an origin again, after storage failed.
    takes<abandon_atom, abandoned_origin_ptr>,
    // Record the reported results, then end; the other images stay pending in storage.
    takes<stop_atom>>;

/// An image for a worker.
struct image_order {
  worker_index worker;
  job_id job;
  image_task task;
  std::function<bool()> gives_way;  ///< see fetch::request; empty: never
};

/// A worker: takes one image at a time, until it has failed or its delay is over.
using image_actor = caf::typed_actor<
    // Fetch and measure this image, report the attempt, and keep a measured image for the delay.
    takes<order_atom, image_order>,
    // (internal) The outcome of the fetch.
    takes<fetched_atom, fetch_outcome_ptr>,
    // (internal) The delay is over.
    takes<finished_atom>>;

/// A job whose images are to be fetched.
struct pool_member {
  job_ticket ticket;
  job_id id;
  job_actor handle;
  bool is_numbered = false;  ///< its origins are; else it has at most limits::page_images images
};

struct pool_gauges {
  std::int64_t images_in_flight = 0;
  std::int64_t images_in_flight_peak = 0;
  std::int64_t fetches = 0;
  std::int64_t images_held = 0;
};

/// Grants turns, workers and slots: round robin over jobs, under limits per origin and per address
/// (see turns.hpp).
using image_pool_actor = caf::typed_actor<
    // A job begins, or begins again.
    takes<join_atom, pool_member>,
    // The answer to `open`.
    takes<opened_atom, job_ticket, origin_page_ptr>,
    // The answer to a turn.
    takes<offer_atom, job_ticket, image_offer_ptr>,
    // Gives back the credits of so many images, which are recorded.
    takes<settled_atom, job_ticket, std::uint64_t>,
    // The job is gone: drops its images and takes back its credits.
    takes<leave_atom, job_ticket>,
    // The job wants no more turns: drops its images, except those in flight.
    takes<withdraw_atom, job_ticket>,
    // (internal) The address behind an origin; empty: none that may be fetched from.
    takes<resolved_atom, std::string, std::string>,
    // An attempt has ended: its slot is free, and after a failure its worker too. What follows a
    // failure is decided now (see retry.hpp); where nothing follows, the result goes to the job.
    takes<fetched_atom, worker_index, attempt_report>,
    // The delay of a measured image is over: its worker is free, and its result goes to the job.
    takes<finished_atom, worker_index>,
    // (internal) A retry wait may be over, or a probe due.
    takes<tick_atom>,
    // Order nothing more; answered when no image is in flight.
    asks<drain_atom>::with<pool_gauges>,
    // The load.
    asks<load_atom>::with<pool_gauges>,
    // Those origins of a job that are away or at work, for a client.
    takes<origins_atom, job_id, reply<std::optional<live_origins>>>>;

/// Admission, the set of running jobs, recovery and drain.
using supervisor_actor = caf::typed_actor<
    // Admits and stores a submission, or rejects it; accepted means committed. Where its
    // idempotency key belongs to a stored submission, answers with that job.
    takes<submit_atom, submission_ptr, std::optional<submission_key>, reply<submit_outcome>>,
    // Ends a job's run early; done means committed.
    takes<cancel_atom, job_id, reply<control_outcome>>,
    // Tries the failed images of an ended job again; done means committed.
    takes<redrive_atom, job_id, reply<control_outcome>>,
    // The load, for a client.
    takes<load_atom, reply<std::optional<load_report>>>,
    // (internal, at the start) Starts a page of the ongoing jobs in storage, behind the given id,
    // and then the next page.
    takes<recover_atom, job_id>,
    // So many images of a job were recorded.
    takes<progress_atom, job_ticket, std::int64_t>,
    // A job's final state is committed.
    takes<ended_atom, job_ticket>,
    // (internal) Fails a job whose actor dies again and again, and which has so many pending
    // images.
    takes<abandon_atom, job_id, run_number, std::int64_t>,
    // Admits nothing more, waits at most so long for images in flight, has their results recorded,
    // and answers with the load that is left when every job actor has ended.
    asks<drain_atom, std::chrono::milliseconds>::with<load_report>>;

}  // namespace retail_pulse::actors

// None of these leaves the process, so none is ever serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::job_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::run_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::image_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::error_code)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::submission_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::optional<retail_pulse::submission_key>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::storage::recorded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::storage::controlled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::stored_submission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::callback_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::stores::store_table_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::job_ticket)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::worker_index)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::id_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::brief_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::store_check)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::known_stores)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::origin_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::image_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::storage::abandonment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::attempt_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_urls_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::numbered_images_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::page_order_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::origin_page_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::abandoned_origin_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::pool_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::pool_gauges)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::load_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::job_progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::subscriber)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::fetch_outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::results_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::posted_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::task_page_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_offer_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::jobs_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::report_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::origins_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::images_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::visits_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::store_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_report>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::image_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<
                              retail_pulse::actors::query_outcome<retail_pulse::origin_summaries>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<std::optional<retail_pulse::actors::live_origins>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<
        retail_pulse::actors::query_outcome<retail_pulse::actors::visits_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::store_selection>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::reload_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::submit_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::control_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_status>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_audit>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(
    retail_pulse::actors::reply<std::optional<retail_pulse::actors::load_report>>)
