#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/image.hpp"
#include "core/job.hpp"
#include "core/submission.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::storage {

/// A text of a submission as it is stored. One that not every engine gives back as it went in (not UTF-8, or with a NUL character, where
/// SQLite's json_each cuts) is a storage_error; the parser lets none through.
std::string submitted_text(std::string_view text);
/// Text from the network is made storable instead.
std::string received_text(const std::string& text);

// Batches as one JSON parameter: a list of lists, one per row. Each function names the columns in order.

/// [image_no, visit_no, url] of the images from `first` on, up to `last` or until the text passes `bytes`; `first` moves behind them.
std::string image_rows(const submission& from, std::size_t& first, std::size_t last, std::size_t bytes);
/// [visit_no, store_id, visit_time, visit_date or null, first_image, images] of visits, likewise.
std::string visit_rows(const submission& from, std::size_t& first, std::size_t last, std::size_t bytes);

/// [image_no, width, height, perimeter, format, attempts, final_url, address, http_status, bytes, dns_ms, connect_ms,
/// total_ms, kept]
std::string succeeded_rows(std::span<const image_result* const> results);
/// [image_no, code, error, attempts, final_url, address, http_status, bytes, dns_ms, connect_ms, total_ms, kept]
std::string failed_rows(std::span<const image_result* const> results);

/// The failures of a job as its row keeps them, and back. False when the text is not of that form.
std::string failures_to_text(std::span<const store_failure> failures, bool truncated);
bool failures_from_text(const std::string& text, job_status& into);
}  // namespace retail_pulse::storage
