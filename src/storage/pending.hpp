#pragma once

#include <string_view>

/// The queries of pending images, as text, so that their query plans can be checked. Parameters are
/// listed in the order in which they are bound. `again`: of a later run, where failed images of
/// older runs are pending.
namespace retail_pulse::storage::queries {

/// job, origin, run, after, limit -> number, store, URL; in order of number.
std::string_view pending_images(bool again);
/// job, after, [run,] limit -> number, text; in order of number.
std::string_view pending_origins(bool again);
/// numbers (a JSON array), job, run -> number, store, URL; in the order of the array.
std::string_view pending_among();
/// job, job -> a row if an image that is pending or failed has no number of an origin.
std::string_view unnumbered_images();
/// job, after, limit -> number, URL; in order of number.
std::string_view image_urls();

/// job, origin, image, last, [run,] limit -> origin, number; those behind (origin, image) whose
/// origin is `last` at most, in that order.
std::string_view pending_positions(bool again);

}  // namespace retail_pulse::storage::queries
