#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/job.hpp"
#include "storage/repository.hpp"

namespace retail_pulse::storage {

/// A text of a submission, as it is stored. storage_error for one that is not UTF-8 or has a NUL
/// character, because not every database returns those unchanged; the parser of submissions rejects
/// them before.
std::string submitted_text(std::string_view text);
/// A text from the network, as it is stored: with U+FFFD for every byte that could not be.
std::string received_text(const std::string& text);

/// The failures of a job as text in its row, and back. False: the text is malformed.
std::string failures_to_text(std::span<const store_failure> failures, bool truncated);
bool failures_from_text(const std::string& text, job_status& into);
}  // namespace retail_pulse::storage
