// actors: all concurrency of the service. This file is the protocol document: every actor, and one sentence per message.
// May use: CAF and src/; the fetch engine and storage through their headers only.
// Never: RESTinio, httplib or SOCI; a blocking call outside ledger, reader and courier; a std clock; chance from a shared stream.
//
//   POST /api/submit -> supervisor -> ledger (commit) -> 201
//                          | spawns
//                          v     turn          offer
//                         job <-------- pool <-------- job        reader: pages of pending images; store_master: is the store known?
//                          ^             | order
//                          |             v
//                          +-- report -- image (fetch, measure, delay)
//                          |
//                          +-- record -> ledger (commit) -> settled -> pool, ended -> supervisor
//                                          | progress
//                                          +-> herald -> followers outside
//                                          | due
//                                          +-> courier -> POST to the job's callback_url
//
// Three windows bound everything that is queued, because mailboxes do not:
//   credits  read but not yet recorded images of all jobs; granted by the pool with a turn, given back with `settled`
//   places   images between fetch and report: one per image actor; taken by an order, given back with `reported`
//   slots    fetches at once: taken by an order, given back with `fetched`
//
// Messages marked (internal) are sent by an actor to itself.
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
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, retry_atom, "retry")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, flush_atom, "flush")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, stop_atom, "stop")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, join_atom, "join")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, offer_atom, "offer")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, again_atom, "again")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, settled_atom, "settled")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, leave_atom, "leave")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, withdraw_atom, "withdraw")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, resolved_atom, "resolved")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, fetched_atom, "fetched")
CAF_ADD_ATOM(retail_pulse, retail_pulse::actors, reported_atom, "reported")
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

/// Tells somebody outside how the jobs get on that they follow: at most once in limits::progress_pause and job, the end at once.
using herald_actor = caf::typed_actor<
    // Somebody outside follows a job from now on; news of before are not told.
    takes<follow_atom, job_id, follower>,
    // The follower with that token has left.
    takes<unfollow_atom, job_id, std::uint64_t>,
    // The ledger has committed something of a job.
    takes<progress_atom, job_progress>,
    // (internal) What has come of a job since its followers were told is told now.
    takes<flush_atom, job_id>,
    // (internal) A second has gone.
    takes<beat_atom>>;

/// Tells clients' own URLs that runs of their jobs have ended.
using courier_actor = caf::typed_actor<
    // Somebody is to be told of verdicts that are committed; which ones is in storage.
    takes<due_atom>,
    // (internal) A callback may have become due.
    takes<tick_atom>,
    // (internal) Where the origin of a callback leads, before it is delivered.
    takes<resolved_atom, std::int64_t, std::string>,
    // (internal) The poster has an outcome of a delivery.
    takes<posted_atom, std::int64_t, posted_ptr>,
    // (internal) Has an outcome noted again, after storage failed.
    takes<note_atom, std::int64_t, callback_attempt>,
    // Begin no other delivery; what is pending is for the next start.
    takes<stop_atom>>;

/// The only writer of storage. Commands that wait together share one commit; an answer means that it is durable.
/// Answers an error when the commit failed: then nothing of the command is stored, and the sender decides whether to try again.
using ledger_actor = caf::typed_actor<
    // Stores a submission, large ones slice by slice between other commits. A client's key names one submission only: where it is known,
    // that one is answered as it stands, and nothing is stored.
    asks<store_atom, submission_ptr, std::optional<submission_key>>::with<stored_submission>,
    // Marks an ongoing job as cancelled.
    asks<cancel_atom, job_id>::with<storage::controlled>,
    // Begins another run of an ended job, unless more images would become pending than the number says.
    asks<redrive_atom, job_id, std::int64_t>::with<storage::controlled>,
    // Records results of a run; what is not news changes nothing.
    asks<record_atom, job_id, run_number, results_ptr>::with<storage::recorded>,
    // Ends everything pending of a run as failed with one code, slice by slice.
    asks<abandon_atom, job_id, run_number, error_code>::with<storage::recorded>,
    // Gives a job with nothing pending its verdict.
    asks<settle_atom, job_id>::with<storage::recorded>,
    // Deletes jobs whose submission never came to its end, slice by slice.
    takes<discard_atom, id_list>,
    // From now on tells this courier of verdicts that are to be told on; and once at once, because there may be some already.
    takes<courier_atom, courier_actor>,
    // Notes what came of an attempt to deliver a callback.
    asks<note_atom, callback_attempt>::with<caf::ok_atom>,
    // (internal) Commits what has gathered.
    takes<flush_atom>>;

/// Answers read-only questions on a connection of its own.
using reader_actor = caf::typed_actor<
    // The next page of a run's pending images, behind a position.
    asks<pending_atom, job_id, run_number, image_number, std::uint64_t>::with<task_page_ptr>,
    // The status of a job, for a client.
    takes<status_atom, job_id, reply<query_outcome<job_status>>>,
    // Whether every image of a job has exactly one result, for a client. Reads the whole job: for a reader of its own.
    takes<audit_atom, job_id, reply<query_outcome<job_audit>>>,
    // A page of ongoing jobs, behind an id.
    asks<ongoing_atom, job_id>::with<brief_page>,
    // Jobs whose submission never came to its end.
    asks<staging_atom>::with<id_list>>;

/// Reads lists and reports page by page, for clients, on a connection of its own. A query that has no waiting client is not run.
using report_reader_actor = caf::typed_actor<
    // A page of jobs, newest first.
    takes<jobs_atom, jobs_question, reply<query_outcome<job_page>>>,
    // Everything about a job but its images.
    takes<report_atom, job_id, reply<query_outcome<job_report>>>,
    // A page of a job's images.
    takes<images_atom, images_question, reply<query_outcome<image_page>>>,
    // A page of the measured images of stores, over all jobs.
    takes<visits_atom, visits_question, reply<query_outcome<visits_page>>>>;

/// Knows which stores exist.
using store_master_actor = caf::typed_actor<
    // The stores that a request names, for somebody outside.
    takes<select_atom, store_question, reply<store_selection>>,
    // Says for each id whether the store exists.
    asks<lookup_atom, store_check>::with<store_verdicts>,
    // From now on answers from another table.
    takes<replace_atom, stores::store_table_ptr>>;

/// Reads the Store Master's file anew, which blocks.
using store_loader_actor = caf::typed_actor<
    // Reads the file and, if it is whole, gives its table to the store master before it answers.
    takes<reload_atom, reply<reload_outcome>>>;

/// One submission from its first pending image to its verdict. Ends itself when the verdict is committed.
using job_actor = caf::typed_actor<
    // The pool grants credits: read up to so many images and offer them.
    takes<turn_atom, std::uint64_t>,
    // An attempt at an image has come to something.
    takes<report_atom, image_report>,
    // (internal) The pause before another attempt is over.
    takes<retry_atom, image_task>,
    // (internal) Results have waited long enough (the number names which wait).
    takes<flush_atom, std::uint64_t>,
    // (internal) Asks for a turn, or for the verdict where nothing is pending.
    takes<begin_atom>,
    // (internal) Reads the page of a granted turn again, after storage failed.
    takes<pending_atom, std::uint64_t>,
    // (internal) Records results again, after storage failed.
    takes<record_atom, results_ptr>,
    // The job was cancelled: fetch nothing more, record what is in flight, and end the rest as cancelled.
    takes<cancel_atom>,
    // (internal) Ends the rest as cancelled, after storage failed.
    takes<abandon_atom>,
    // Record what is there, then end; the rest stays pending in storage.
    takes<stop_atom>>;

/// What the pool orders from an image actor.
struct image_order {
  place_index place;
  job_id job;
  job_actor report_to;
  image_task task;
};

/// Takes one image at a time from fetch to delayed report.
using image_actor = caf::typed_actor<
    // Fetch and measure this image, then report after the delay.
    takes<order_atom, image_order>,
    // (internal) The engine has an outcome.
    takes<fetched_atom, fetch_outcome_ptr>,
    // (internal) The delay is over.
    takes<report_atom>>;

/// A job that wants turns.
struct pool_member {
  job_ticket ticket;
  job_id id;
  job_actor handle;
  std::uint64_t unread = 0;  ///< images it has yet to read
};

struct pool_gauges {
  std::int64_t images_in_flight = 0;
  std::int64_t images_in_flight_peak = 0;
  std::int64_t fetches = 0;
  std::int64_t images_held = 0;
};

/// Grants turns, places and slots, round robin over jobs, under limits per origin and per address.
using image_pool_actor = caf::typed_actor<
    // A job has unread images.
    takes<join_atom, pool_member>,
    // The images of a turn, in order.
    takes<offer_atom, job_ticket, image_offer_ptr>,
    // Another attempt at an image whose credit the job still holds.
    takes<again_atom, job_ticket, queued_image>,
    // So many images of the job are recorded: their credits come back.
    takes<settled_atom, job_ticket, std::uint64_t>,
    // The job is gone: its queue is dropped and its credits come back.
    takes<leave_atom, job_ticket>,
    // The job wants no more turns, and its queue is dropped: answers how many images that were, whose credits it still holds.
    asks<withdraw_atom, job_ticket>::with<std::uint64_t>,
    // (internal) The address behind an origin, empty when nothing may be fetched from it.
    takes<resolved_atom, std::string, std::string>,
    // An image actor gives its slot back, and says which address the origin led to (empty when that is not known).
    takes<fetched_atom, place_index, std::string>,
    // An image actor gives its place back, and says whether its image rests until another attempt.
    takes<reported_atom, place_index, bool>,
    // Order nothing more; answered when no place is taken.
    asks<drain_atom>::with<pool_gauges>,
    // How busy it is.
    asks<load_atom>::with<pool_gauges>>;

/// Admission, the set of running jobs, recovery and drain.
using supervisor_actor = caf::typed_actor<
    // Take a job, or say why not; accepted means committed. One that is known by its client's key is answered as it was, and not taken
    // again.
    takes<submit_atom, submission_ptr, std::optional<submission_key>, reply<submit_outcome>>,
    // End a job's run early; done means committed.
    takes<cancel_atom, job_id, reply<control_outcome>>,
    // Try the failed images of an ended job again; done means committed.
    takes<redrive_atom, job_id, reply<control_outcome>>,
    // How busy the service is, for somebody outside.
    takes<load_atom, reply<std::optional<load_report>>>,
    // (internal, once at the start) Goes on with every ongoing job in storage.
    takes<recover_atom, job_id>,
    // So many images of a job have been recorded.
    takes<progress_atom, job_ticket, std::int64_t>,
    // A job's verdict is committed.
    takes<ended_atom, job_ticket>,
    // (internal) Ends a job whose actor cannot be kept alive, which has so many images pending.
    takes<abandon_atom, job_id, run_number, std::int64_t>,
    // Take no more jobs, let what is in flight report for so long, record it, and tell what is left when every job actor has ended.
    asks<drain_atom, std::chrono::milliseconds>::with<load_report>>;

}  // namespace retail_pulse::actors

// None of these leaves the process, so none is ever serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::job_id)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::run_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::image_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::error_code)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::image_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::submission_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::optional<retail_pulse::submission_key>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::storage::recorded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::storage::controlled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::stored_submission)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::callback_attempt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::stores::store_table_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::job_ticket)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::place_index)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::id_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::brief_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::store_check)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::store_verdicts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::queued_image)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::pool_member)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::pool_gauges)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::load_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::job_progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::follower)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::fetch_outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::results_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::posted_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::task_page_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::image_offer_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::jobs_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::images_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::visits_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::store_question)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_report>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::image_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::actors::visits_page>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::store_selection>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::reload_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::submit_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::control_outcome>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_status>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<retail_pulse::actors::query_outcome<retail_pulse::job_audit>>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retail_pulse::actors::reply<std::optional<retail_pulse::actors::load_report>>)
