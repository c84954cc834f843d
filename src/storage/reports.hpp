#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/report.hpp"

/// The queries of reports, as text, so that their query plans can be checked. Each depends on its
/// filters, so that it uses the index made for them. Parameters are listed in the order in which
/// they are bound.
namespace retail_pulse::storage::queries {

/// How the pending images of a job are found. Their index has them by origin.
enum class pending_rows : std::uint8_t {
  few,    ///< all of them are sorted
  many,   ///< by a walk over the job's images
  again,  ///< of a later run: images that failed in an older one are pending
};

/// [store,] below, least, since, [state,] limit -> the columns of job_summary.
std::string jobs(const job_filter& filter);
/// since -> the least id of a job submitted at that time or later; one above all ids if there is no
/// such job.
std::string least_job();
/// job, run -> code, images; in the order of the codes' names.
std::string failures_by_code();
/// job, limit -> the columns of store_summary.
std::string stores_of_job();
/// job, after, [store,] [origin, last,] [code,] [run,] limit -> the columns of reported_image.
/// Where the filter has an origin, of the images of that number, or without one, up to `last`.
std::string images(const image_filter& filter, pending_rows pending);
/// job, visit, image, store, date, last, limit -> date, job, visit, image, perimeter.
std::string dated_perimeters();
/// job, visit, image, store, limit -> time as submitted, job, visit, image, perimeter.
std::string undated_perimeters();

}  // namespace retail_pulse::storage::queries
