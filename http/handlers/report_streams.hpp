#pragma once

#include <memory>
#include <string>

#include "actors/protocols.hpp"
#include "core/report.hpp"
#include "http/message.hpp"
#include "http/shares/reader_queue.hpp"

/// Reports that are too long for one answer: each page is read when the client has taken the one before, so a stream costs one page of
/// memory however long it is. Where storage fails in the middle, the stream is broken off, and its client sees that something is missing.
namespace retail_pulse::http {

using report_queue = reader_queue<actors::report_reader_actor>;

/// Who streams what to whom.
struct stream_order {
  responder answer;
  std::string request_id;
  std::string path;
  client_address client;
  std::shared_ptr<void> place;  ///< held until the stream ends
  std::shared_ptr<report_queue> readers;
};

enum class report_form : std::uint8_t {
  csv,
  csv_with_mark,  ///< a byte order mark in front: spreadsheets take CSV for Latin-1 without one
  lines,
};

/// All images of a job. Before anything is sent: 404 where there is no such job, 503 where storage fails.
void stream_report(stream_order order, job_id job, report_form form);

/// The measured images of some stores, as the answer of /api/visits. 503 with `error` where storage fails before anything is sent.
void stream_visits(stream_order order, actors::store_selection of, day_range days);

}  // namespace retail_pulse::http
