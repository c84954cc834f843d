#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the service, with its unit and its reason. What an operator may change is a flag
/// whose default stands here.
namespace retail_pulse::limits {

using namespace std::chrono_literals;

inline constexpr std::size_t kib = 1024;
inline constexpr std::size_t mib = 1024 * kib;
inline constexpr std::size_t gib = 1024 * mib;

// --- submissions --------------------------------------------------------------------------------
/// holds a job of about 600,000 URLs of 100 bytes
inline constexpr std::size_t default_body_bytes = 64 * mib;
/// what --max-body-bytes may ask for; text offsets rely on it
inline constexpr std::size_t max_body_bytes = 1 * gib;
/// one string of a submission; longer is a mistake, and would bloat every page
inline constexpr std::size_t text_bytes = 64 * kib;
/// many times any real one; it is repeated in every answer about the store
inline constexpr std::size_t store_id_bytes = 256;
/// longer URLs end as invalid_url; what servers accept at most
inline constexpr std::size_t url_bytes = 8192;
inline constexpr int json_depth = 16;  ///< nesting of a submission; the contract's own depth is 4
/// larger bodies go to the parser thread: 16 KiB parse in 0.1 ms
inline constexpr std::size_t inline_parse_bytes = 16 * kib;
/// bodies waiting for the parser thread; beyond it 503
inline constexpr std::size_t parser_queue_bytes = 256 * mib;

// --- admission ----------------------------------------------------------------------------------
/// ongoing jobs; each costs about 2 KB of memory
inline constexpr std::int64_t default_jobs = 50'000;
/// of one job; 6,000 stores with 160 photos each
inline constexpr std::size_t default_job_images = 1'000'000;
/// images without a result; about 4 GB of database
inline constexpr std::int64_t default_pending_images = 20'000'000;
/// submissions on their way to storage, which a slow disk may hold up
inline constexpr std::size_t storing_bytes = 1 * gib;
inline constexpr std::size_t idempotency_key_bytes = 255;  ///< of printable ASCII; a UUID has 36
/// from the commit of the job on: longer than any client tries again
inline constexpr std::chrono::hours idempotency_kept{24};
/// expired keys that are deleted with each new one: more than one, so that they cannot pile up
inline constexpr std::size_t idempotency_forgotten_at_once = 16;
inline constexpr std::chrono::seconds retry_after = 5s;  ///< the Retry-After of a 503

// --- work ---------------------------------------------------------------------------------------
/// 4096 / 0.25 s of mean delay = 16,000 images/s
inline constexpr std::size_t default_images_in_flight = 4096;
/// 256 threads keep 50 ms origins at 4,800 images/s; 53 KiB each
inline constexpr std::size_t default_fetch_threads = 256;
/// fetches at once per origin and per address: no origin takes all threads
inline constexpr std::size_t default_origin_connections = 32;
/// images a job reads in one turn: small enough for fairness, large enough for one query
inline constexpr std::size_t page_images = 64;
/// a turn takes at most this part of the credits that are left,
inline constexpr std::size_t page_parts = 64;
/// a job lets at most this part of them wait: many slow jobs leave some,
inline constexpr std::size_t queue_parts = 8;
/// and so do all jobs together at one origin, or at one address
inline constexpr std::size_t origin_queue_parts = 2;
/// images read but not yet recorded, per worker: one in work, one waiting
inline constexpr std::size_t credits_per_place = 2;
/// images of a job at one origin that wait for another attempt, about 50 bytes each; beyond it no
/// new ones are read there
inline constexpr std::size_t resting_images = 256;
/// origins of a job that are listed in one query
inline constexpr std::size_t origins_page = 64;
/// a job opens more of its origins while fewer of them have images ready to go,
inline constexpr std::size_t ready_origins = 64;
/// fewer wait for their address,
inline constexpr std::size_t unresolved_origins = 256;
/// and at most so many are open: about 1 KB each
inline constexpr std::size_t open_origins = 4096;
inline constexpr std::size_t record_batch = 64;  ///< results a job hands to the ledger at once,
/// or after this time: what a reader of the status may lag behind
inline constexpr std::chrono::milliseconds record_after = 50ms;
/// a job actor that dies more often fails its job as internal
inline constexpr int job_restarts = 3;
/// pause before a read or a record that failed is tried again
inline constexpr std::chrono::milliseconds storage_retry = 500ms;

// --- fetching -----------------------------------------------------------------------------------
/// one attempt, DNS to last byte
inline constexpr std::chrono::milliseconds default_fetch_deadline = 10s;
inline constexpr int default_fetch_attempts = 3;
inline constexpr int max_fetch_attempts = 10;
/// attempt n waits a random time up to base * 2^(n-1) (full jitter),
inline constexpr std::chrono::milliseconds backoff_base = 500ms;
inline constexpr std::chrono::milliseconds backoff_cap = 10s;  ///< at most this,
/// and at least a Retry-After up to this
inline constexpr std::chrono::milliseconds retry_after_cap = 30s;
inline constexpr std::int64_t default_image_bytes = std::int64_t{50} << 20;
/// all heads of an answer, or its trailers: holds a policy and cookies of 20 KiB each. Chrome
/// takes 256 KiB, curl 300 KiB
inline constexpr std::size_t response_header_bytes = 64 * kib;
/// status line, or a header that is used; others are not stored at all
inline constexpr std::size_t response_line_bytes = 8 * kib;
/// of one body, one over the other; servers never send more
inline constexpr std::size_t content_codings = 2;
/// of a body: enough to distinguish an image, BMP included, from a coded one
inline constexpr std::size_t coded_start_bytes = 18;
inline constexpr std::size_t decoded_piece_bytes = 16 * kib;  ///< undone at a time, per coding
/// of the name of a coding that is quoted to a client
inline constexpr std::size_t coding_name_bytes = 32;
/// read at once, on the stack of a fetch: a range and its head come in one piece
inline constexpr std::size_t receive_bytes = 32 * kib;
inline constexpr int redirects = 5;
/// an idle fetch thread ends after this
inline constexpr std::chrono::seconds fetch_thread_idle = 10s;
/// an idle connection to an origin is closed after this
inline constexpr std::chrono::seconds connection_idle = 10s;
/// of one name in one attempt: two hosts with both families each
inline constexpr std::size_t addresses_tried = 4;
/// of one name, for a route to them: an answer may hold thousands
inline constexpr std::size_t addresses_looked_at = 16;
/// the retry wait of an image whose server has too many fetches
inline constexpr std::chrono::milliseconds full_address_retry = 250ms;
/// the longest wait for a permit at a server that a redirect or a second address led to
inline constexpr std::chrono::milliseconds address_line = 1s;
/// how long an image may be postponed, each time for 250 ms to 2.3 s and a wait for a permit; later
/// postponements count as attempts, so that they end
inline constexpr std::chrono::seconds postponed_for = 5min;
/// postponements of an image for which other servers were asked first; later ones count as
/// attempts, because those servers must not be asked for ever
inline constexpr int postponements_on_the_way = 10;
/// a postponed image waits as after this attempt, however often it was postponed: with growing
/// waits newer images would overtake it
inline constexpr int postponed_as = 3;
inline constexpr std::chrono::milliseconds dns_timeout = 5s;
/// how long a name's addresses are used again
inline constexpr std::chrono::seconds dns_kept = 30s;
/// how long a failed look-up is not repeated
inline constexpr std::chrono::seconds dns_failure_kept = 2s;
inline constexpr std::size_t dns_entries = 65'536;  ///< names remembered
/// look-ups sent and not yet answered; more would overrun a small name server
inline constexpr std::size_t dns_at_once = 256;
/// one chunk-size line of an answer, with its extensions
inline constexpr std::size_t chunk_line_bytes = 256;
/// size lines and line ends of an answer may be so much longer than its data: 65,536 chunks of
/// a byte each
inline constexpr std::size_t chunk_framing_bytes = 256 * kib;
/// an unwanted rest of an answer up to this is read to keep the connection,
inline constexpr std::size_t rest_drained_bytes = 16 * kib;
/// if it comes within this time
inline constexpr std::chrono::milliseconds rest_drained_for = 100ms;
/// and all of one attempt: one of each hop, and two
inline constexpr std::size_t rests_drained_bytes = 8 * rest_drained_bytes;
/// one range of a file in header mode: 94 % of JPEGs tell their size within 4 KiB
inline constexpr std::size_t range_bytes = 16 * kib;
inline constexpr std::size_t header_piece_bytes = 4 * kib;  ///< of it measured at a time
/// asked for in one attempt; a colour profile of 580 KB takes 9. Then it is read on from there
inline constexpr int ranges = 32;

/// contacts of an origin in a row that fail before it counts as unavailable
inline constexpr int origin_failures = 10;
/// one that ended by its deadline counts as so many: it cost seconds
inline constexpr int silence_counts = 3;
/// how long an origin may be unavailable before its pending images are given up
inline constexpr std::chrono::milliseconds default_origin_patience = 90s;
/// after this time an image counts 1/e in the rate of its origin: seconds, as people watch it
inline constexpr std::chrono::milliseconds rate_decay = 5s;
/// between two probes of an unavailable origin: an eighth of the time it has been away, but at
/// least this,
inline constexpr std::chrono::milliseconds probe_pause = 1s;
inline constexpr std::chrono::milliseconds probe_pause_cap = 30s;  ///< and at most this
/// without a head for so long, a fetch from an origin that was never reached gives way to others,
inline constexpr std::chrono::milliseconds first_look = 1s;
/// and looks this often whether others wait
inline constexpr std::chrono::milliseconds give_way_check = 250ms;
/// of all slots, and of those of an address, this part is never taken by doubtful origins
inline constexpr std::size_t doubtful_parts = 4;

inline constexpr std::size_t breaker_window = 20;  ///< the last outcomes of an origin that count,
/// once there are so many: a single bad picture proves nothing;
inline constexpr std::size_t breaker_least = 10;
/// with this part of failures the circuit opens
inline constexpr std::size_t breaker_percent = 50;
/// for so long, then twice as long after each probe that fails,
inline constexpr std::chrono::milliseconds breaker_open = 5s;
/// at most `retry_after_cap`, so that a waiting image retries no earlier than the probe
inline constexpr std::chrono::milliseconds breaker_open_cap = 30s;
/// origins remembered for their failures; about 350 bytes each
inline constexpr std::size_t breaker_origins = 65'536;

inline constexpr std::size_t default_reuse_entries = 10'000;
/// URLs and validators of one result that may be used again: bounds it at 1.7 KiB
inline constexpr std::size_t reuse_text_bytes = 1 * kib;
// --- measuring: what a reader remembers of a file; beyond it unsupported_format ------------------
/// sizes, rotations and crops of an AVIF or HEIC file, 24 bytes each; cameras write less than
/// 100
inline constexpr std::size_t image_properties = 512;
/// of 8 bytes; a picture has less than 10, but all items count while it is unknown
inline constexpr std::size_t image_associations = 2048;
/// on the way to the picture of a TIFF, 24 bytes each; cameras write less than 10
inline constexpr std::size_t tiff_directories = 32;
/// of a text, for its kind; holds the comments in front of an SVG
inline constexpr std::size_t text_looked_at_bytes = 4 * kib;

// --- webhooks -----------------------------------------------------------------------------------
/// of a secret, decoded; what Standard Webhooks asks for,
inline constexpr std::size_t callback_secret_min_bytes = 24;
inline constexpr std::size_t callback_secret_max_bytes = 64;  ///< up to one block of SHA-256
/// deliveries at once, and one per origin: a thread (53 KiB) and a connection each; fewer when
/// descriptors are short:
inline constexpr std::size_t callbacks_at_once = 256;
/// at most this part of the descriptors,
inline constexpr std::size_t callbacks_descriptor_parts = 8;
/// but at least so many. 192 of 256 are for unknown origins:
inline constexpr std::size_t callbacks_fewest = 8;
/// this part is reserved for quick origins, this part is for slow ones, and this part may go to
/// one address and port, of origins that are not known to be quick
inline constexpr std::size_t callback_parts = 8;
/// an origin whose last attempt took longer is slow: a receiver stores and answers
inline constexpr std::chrono::milliseconds callback_quick = 2s;
/// remembered as quick, and as slow, 300 bytes each
inline constexpr std::size_t callback_origins = 16'384;
/// one delivery, DNS to the head of the answer
inline constexpr std::chrono::milliseconds callback_deadline = 10s;
inline constexpr std::array<std::chrono::milliseconds, 7> callback_backoff{
    5s,    30s, 2min, 10min,
    30min, 2h,  6h};  ///< the wait after each attempt that failed, the last one again and again,
/// give or take this part: what failed together does not return together
inline constexpr std::int64_t callback_jitter_percent = 20;
inline constexpr int default_callback_attempts = 8;  ///< 8.7 hours in all: an unattended night
inline constexpr int max_callback_attempts = 32;     ///< 6.4 days
inline constexpr std::size_t callbacks_page = 1000;  ///< pending callbacks read at once,
/// and held in memory, at most about 450 bytes each; the rest stays in storage,
inline constexpr std::size_t callbacks_held = 65'536;
inline constexpr std::chrono::minutes callbacks_look_back{
    1};  ///< which is read this often: the most by which an attempt may be late
/// of one job, each with its failures: no redrive beyond it, or redrives would fill the disk
inline constexpr std::int64_t undelivered_callbacks = 8;
/// how often the courier checks for due deliveries
inline constexpr std::chrono::seconds callback_tick = 1s;

// --- storage ------------------------------------------------------------------------------------
/// rows of a large job written between other commits: 18 ms at worst
inline constexpr std::size_t slice_rows = 2000;
/// rows in one commit, besides one slice: other writes wait for it; more go into the next
/// commit
inline constexpr std::size_t commit_rows = 4000;
/// images an audit counts between two checks whether its client is still there
inline constexpr std::size_t audit_page = 4000;
inline constexpr std::size_t recovery_page = 1000;  ///< jobs read at once at start
/// stores in a status answer, and in an audit
inline constexpr std::size_t status_failures = 1000;
/// how long SQLite waits for a lock (a backup program may hold one)
inline constexpr std::chrono::milliseconds busy_timeout = 5s;
/// with another program's lock, at the end: a container has 10 s in all
inline constexpr std::chrono::milliseconds closing_patience = 1s;
/// 8 MiB: a database up to this size is read wholly for damage at start (40 ms)
inline constexpr std::int64_t checked_whole_pages = 2048;

// --- reports ------------------------------------------------------------------------------------
/// entries of a page of a list, if the request does not say,
inline constexpr std::size_t default_page = 100;
inline constexpr std::size_t max_page = 1000;  ///< and at most
inline constexpr std::size_t report_page_bytes =
    1 * mib;  ///< texts of one page, as JSON has them; 1,000 images with URLs of 1 KiB fill it.
              ///< Names and numbers are 0.5 KiB an image besides
/// pending images of a job whose numbers are sorted for each page of a list of them (3 ms); more
/// are found by a walk over the job's images, which meets them soon
inline constexpr std::int64_t sorted_pending_images = 65'536;
/// origins in a job's report: those that are away, and those with most failures
inline constexpr std::size_t worst_origins = 10;
/// images looked at for one page of a job's images at an origin, where no index has them: 8 ms
inline constexpr std::int64_t walked_images = 20'000;
/// jobs looked at for one page of the jobs with images at an origin: 20 ms where each has 64 images
inline constexpr std::size_t walked_jobs = 1000;
/// stores looked at for one page of /api/visits; 15 us each without a visit
inline constexpr std::size_t report_page_stores = 1000;
/// rows read at once for a streamed report: its client holds so many, and the next
inline constexpr std::size_t streamed_rows = 500;
/// reports streamed at once; 2 MiB each at worst. Beyond it 503
inline constexpr std::size_t streams = 256;
/// actors of their own: a long report does not delay a status
inline constexpr std::size_t report_readers = 2;

// --- HTTP ---------------------------------------------------------------------------------------
inline constexpr std::size_t request_url_bytes = 2048;  ///< 414 beyond it
/// one header name or value; 431 beyond it
inline constexpr std::size_t request_header_bytes = 16 * kib;
/// header fields of a request; 431 beyond it, and when all together exceed the 80 KiB of
/// http_parser
inline constexpr std::size_t request_headers = 64;
/// chunk extensions or trailers between two parts of a body; looked at after each read, of 8
/// KiB at most. 400 beyond it
inline constexpr std::size_t request_framing_bytes = 16 * kib;
/// a whole request: lets a 64 MiB body in at 0.6 MiB/s
inline constexpr std::chrono::seconds request_read = 120s;
/// our own 503 comes at this time, RESTinio's hang-up after it
inline constexpr std::chrono::seconds request_handle = 30s;
/// waiting or running; a job of a million images takes a second. Beyond it 503
inline constexpr std::size_t audits = 16;
/// cancel and redrive requests that wait for storage, which commits hundreds at once. Beyond it
/// 503
inline constexpr std::size_t control_requests = 256;
/// a connection without a request is closed after this: silent clients must not take all
/// connections
inline constexpr std::chrono::seconds api_idle = 10s;
/// subscribers, but at most 3/4 of the connections; beyond it 503
inline constexpr std::size_t followers = 4096;
/// between two updates of a job: faster than people read
inline constexpr std::chrono::milliseconds progress_pause = 250ms;
/// between comments to each subscriber, because proxies close silent connections,
inline constexpr std::chrono::seconds follower_beat = 15s;
/// and how long it is asked to wait before it connects again
inline constexpr std::chrono::seconds follower_retry = 2s;
/// what `wait` of a status request may ask for: proxies give up after that
inline constexpr std::chrono::seconds longest_wait = 60s;
/// a file of Swagger UI, held in memory; the largest has 2 MB
inline constexpr std::size_t docs_file_bytes = 16 * mib;
inline constexpr std::size_t api_connections = 8192;  ///< at most; fewer when descriptors are short
/// connections that are kept free, so that new clients can connect; at most an eighth of all
inline constexpr std::size_t reserved_connections = 64;
/// without a complete request, 13 KiB each; beyond it one of them is hung up, though there is
/// room for more that are served
inline constexpr std::size_t waiting_connections = 1536;
/// a head, from its first byte: an honest one comes in one packet, or in a few
inline constexpr std::chrono::seconds request_head = 10s;
/// of answers that are being written, twenty of the longest pages; beyond it the one that
/// stands still is broken off
inline constexpr std::size_t unread_answers_bytes = 24 * mib;
/// queries that wait for the report readers. Beyond it 503, except for pages of streams that
/// have begun
inline constexpr std::size_t reads = 1024;
/// percent of what is free: two clients leave a quarter, ten a thousandth
inline constexpr std::size_t default_client_share = 50;
inline constexpr std::size_t min_client_share = 1;
/// bodies of all requests between their first byte and their answer, or one and a quarter of
/// the largest; beyond it 503
inline constexpr std::size_t received_bodies_bytes = 80 * mib;
/// /readyz answers 503 when the supervisor needs longer
inline constexpr std::chrono::milliseconds readiness_answer = 2s;
/// a client that does not read its answer for so long is cut off
inline constexpr std::chrono::seconds response_write = 30s;
/// how long a stopping server waits for answers that are being written
inline constexpr std::chrono::milliseconds stop_flush = 1s;
/// after a rejection a client may go on sending for so long, so that it reads the response,
inline constexpr std::chrono::milliseconds refusal_linger = 2s;
/// and for so much: more than a submission of the default size,
inline constexpr std::size_t refusal_linger_bytes = 128 * mib;
/// and only so many clients at once; each takes a descriptor
inline constexpr std::size_t refusals_lingering = 32;

// --- configuration: what flags may ask for ------------------------------------------------------
/// an actor each, about 2 KB with its mailbox
inline constexpr std::size_t max_images_in_flight = 65'536;
/// throughput stops growing there; 53 KiB each
inline constexpr std::size_t max_fetch_threads = 1024;
/// no more than there can be fetch threads
inline constexpr std::size_t max_origin_connections = 1024;
inline constexpr std::chrono::milliseconds min_deadline = 1ms;
/// any deadline, delay or drain; longer is a slip of the unit
inline constexpr std::chrono::milliseconds max_wait = std::chrono::minutes{10};
inline constexpr std::size_t min_body_bytes = 1 * kib;  ///< a submission of one image
inline constexpr std::int64_t min_image_bytes = 1 * kib;
inline constexpr std::int64_t max_image_bytes =
    std::int64_t{16}
    << 30;  ///< far beyond any photo; files are streamed, so it costs time, not memory
/// what --origin-patience may ask for
inline constexpr std::chrono::milliseconds max_origin_patience = 24h;
/// a result older than a day may not be about today's picture
inline constexpr std::chrono::milliseconds max_reuse = 24h;
/// 7 GB of memory for URLs of 100 bytes
inline constexpr std::size_t max_reuse_entries = 10'000'000;
inline constexpr std::int64_t default_keep_images_bytes = std::int64_t{10} << 30;
inline constexpr std::int64_t min_keep_images_bytes = 1 * mib;  ///< less would hold no photo
/// 1 PiB, more than any disk
inline constexpr std::int64_t max_keep_images_bytes = std::int64_t{1} << 50;
inline constexpr std::int64_t max_jobs = 1'000'000;         ///< 2 GB of memory at 2 KB each
inline constexpr std::size_t max_job_images = 250'000'000;  ///< as many fit into a body of 1 GiB
inline constexpr std::int64_t max_pending_images = 1'000'000'000;  ///< 200 GB of database
inline constexpr const char* default_user_agent = "retail-pulse";
/// of printable ASCII; browsers send about 120
inline constexpr std::size_t user_agent_bytes = 200;
/// a configuration file; larger is not one
inline constexpr std::size_t config_file_bytes = 1 << 20;

// --- client subcommands -------------------------------------------------------------------------
/// for how long they retry: a restart takes less
inline constexpr std::chrono::milliseconds default_retry_for = 30s;
/// what --retry-for may ask for; longer is a slip of the unit
inline constexpr std::chrono::milliseconds max_retry_for = 24h;
/// images a table asks for at once, about 200 KB
inline constexpr std::size_t listed_images = 500;
/// status lines (1xx too) and headers of an answer,
inline constexpr std::size_t answer_head_bytes = 64 * kib;
/// and each of them; what cpp-httplib takes of one
inline constexpr std::size_t answer_line_bytes = 8 * kib;
/// which it matches by recursion: 40 KiB overrun the stack
inline constexpr std::size_t answer_status_line_bytes = 512;
/// bytes about chunks per byte in them; one of 2 bytes takes 5
inline constexpr std::size_t answer_framing_factor = 8;
/// of a small answer: a receipt, readiness, an error
inline constexpr std::size_t answer_bytes = 64 * kib;
/// 1,000 stores with ids of 256 bytes, escaped sixfold, and their sentences
inline constexpr std::size_t status_answer_bytes = 4 * mib;
/// a page holds 1 MiB of texts as JSON has them, and its members' names; of an earlier version
/// 6 MiB
inline constexpr std::size_t page_answer_bytes = 8 * mib;
/// of an answer that is kept; the contract's own depth is 4
inline constexpr int answer_nesting = 16;
/// in it; a page of 500 images has 15,000, and each takes up to 50 bytes
inline constexpr std::size_t answer_values = 100'000;
/// a request and its answer, where that is kept; the service itself takes no request that lasts
/// 2 minutes
inline constexpr std::chrono::milliseconds exchange_patience = 5min;

// --- CSV input: the Store Master and jobs -------------------------------------------------------
/// of a row; as many as a spreadsheet has. A text of commas alone would take 32 times its size
inline constexpr std::size_t csv_cells = 16'384;

// --- Store Master -------------------------------------------------------------------------------
/// 5 million stores; larger is some other file
inline constexpr std::size_t store_master_bytes = 256 * mib;

// --- files --------------------------------------------------------------------------------------
/// database, log and copies hold URLs, whose queries may be secrets
inline constexpr unsigned default_file_mode = 0600;

// --- process ------------------------------------------------------------------------------------
inline constexpr std::chrono::milliseconds default_drain = 3s;
/// database sessions and their WAL files, logs, event loops
inline constexpr std::size_t descriptors_for_files = 64;
/// reader actors for the API; jobs and audits have one each of their own
inline constexpr std::size_t api_readers = 2;

}  // namespace retail_pulse::limits
