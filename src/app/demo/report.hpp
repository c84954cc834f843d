#pragma once

#include <span>
#include <string>

#include "client/rest_client.hpp"
#include "core/ids.hpp"
#include "stores/store_table.hpp"

namespace retail_pulse::app {

/// A report for people: per store, in the order of submission, every image with its dimensions and
/// perimeter or its error; then totals.
std::string report_of(job_id job, std::span<const client::listed_image> images,
                      const stores::store_table& stores);

}  // namespace retail_pulse::app
