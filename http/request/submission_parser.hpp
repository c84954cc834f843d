#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "core/limits.hpp"
#include "core/submission.hpp"
#include "http/message.hpp"

namespace retail_pulse::http {

/// What depends on the settings of the service.
struct submission_rules {
  std::size_t max_images = limits::default_job_images;  ///< of a job; 413 beyond
  bool sends_webhooks = false;                          ///< else a `callback_url` is rejected
};

/// Reads the body of POST /api/submit in one pass, without building a document tree.
///
/// The first error is reported. Members may come in any order. An unknown member is ignored, but
/// its nesting (limits::json_depth) and its text (UTF-8, no NUL) are checked; a known one may come
/// only once. `count` is an integer without fraction or exponent. A byte order mark is skipped;
/// UTF-16 and UTF-32 are rejected by name (RFC 8259, 8.1). `store_id` is bounded by
/// limits::store_id_bytes and must not be empty, `visit_time` is any text up to limits::text_bytes.
/// Any text that is not blank is a legal URL; one longer than limits::url_bytes is cut, at most
/// four bytes beyond that bound. Origins are numbered (core/ids.hpp). `callback_url` is a valid URL
/// within that bound; its addresses are checked when the webhook is sent, as they may change until
/// then. Reading ends with the first image beyond `max_images`.
///
/// The sentence of a rejection names the field ("visits[1].store_id is missing") or, for text that
/// is not JSON, the line and column (from 1; columns count characters). Its status is 413 for a job
/// with too many images, else 400.
std::variant<submission_ptr, rejection> parse_submission(std::string_view text,
                                                         const submission_rules& rules = {});

}  // namespace retail_pulse::http
