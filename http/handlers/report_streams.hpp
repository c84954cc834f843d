#pragma once

#include <cstdint>
#include <memory>

#include "actors/protocols.hpp"
#include "core/report.hpp"
#include "http/handlers/handlers.hpp"
#include "http/responder.hpp"

/// Reports that are too long for one message: each page is read when the client has received the
/// one before, so a stream costs one page of memory however long it is. When storage fails in the
/// middle, the stream is broken off, and its client sees that something is missing.
namespace retail_pulse::http {

/// What every stream needs.
struct stream_order {
  responder answer;
  client_address client;
  permit right;  ///< held until the stream ends
  std::shared_ptr<report_queue> readers;
};

enum class report_form : std::uint8_t {
  csv,
  csv_with_mark,  ///< a byte order mark in front: without one, spreadsheets take CSV for Latin-1
  lines,
};

/// All images of a job. Before anything is sent: 404 when there is no such job, 503 when storage
/// fails.
void stream_report(stream_order order, job_id job, report_form form);

/// The measured images of some stores, as the response of /api/visits. 503 when storage fails
/// before anything is sent.
void stream_visits(stream_order order, actors::store_selection of, day_range days);

}  // namespace retail_pulse::http
