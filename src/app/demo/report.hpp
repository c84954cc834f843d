#pragma once

#include <span>
#include <string>

#include "core/job.hpp"
#include "storage/repository.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::app {

/// A report for people: per store, in the order of submission, every image with its sizes and perimeter or what went wrong; then totals.
std::string report_of(job_id job, std::span<const storage::image_row> images, const stores::store_table& stores);

}  // namespace retail_pulse::app
