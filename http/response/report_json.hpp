#pragma once

#include <string>
#include <string_view>

#include "core/report.hpp"
#include "core/time.hpp"
#include "http/message.hpp"

namespace retail_pulse::stores {
struct store;
}
namespace retail_pulse::actors {
struct reload_outcome;
}

/// Reports as clients get them: JSON, lines of JSON, and CSV.
namespace retail_pulse::http {

struct origins_now;

response jobs_listed(const job_page& page);

/// The rate and the estimated end are those at `now`.
response job_reported(const job_report& report, const origins_now& known, unix_millis now);

response images_listed(const image_page& page);

/// {...} and a line feed for each image.
std::string image_lines(const image_page& page);

/// The first row of a report as CSV (RFC 4180), which names the columns.
std::string_view csv_header();
/// A row for each image. A cell that a spreadsheet would take for a formula gets an apostrophe in
/// front: see append_csv_cell.
std::string csv_rows(const image_page& page);

/// `{"store_id": ..., "area": ..., "store_name": ..., "data": [`: the beginning of an entry of
/// /api/visits, whose rows follow.
std::string visits_entry(const stores::store& store);
/// `{"date": ..., "perimeter": ...}`
std::string visits_row(const perimeter_row& row);

response store_found(const stores::store& store);
response stores_reloaded(const actors::reload_outcome& outcome);

}  // namespace retail_pulse::http
