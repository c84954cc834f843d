#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/job.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::storage {

/// A text of a submission as it is stored. One that not every engine gives back as it went in (not UTF-8, or with a NUL character) is a
/// storage_error; the parser lets none through.
std::string submitted_text(std::string_view text);
/// Text from the network is made storable instead.
std::string received_text(const std::string& text);

/// The failures of a job as its row keeps them, and back. False when the text is not of that form.
std::string failures_to_text(std::span<const store_failure> failures, bool truncated);
bool failures_from_text(const std::string& text, job_status& into);
}  // namespace retail_pulse::storage
