#pragma once

#include <string_view>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse {

/// The part of the evidence of an attempt that may be stored and shown to clients.
/// - A final URL keeps only the submitted URL's own query: one that a redirect added may hold a
///   signature, which is a secret of the host.
/// - With blocked_address there is no address, neither the pinned one nor one in a redirect.
/// `submitted`: the image's URL as it was submitted.
fetch_evidence public_evidence(fetch_evidence known, error_code code, std::string_view submitted);

}  // namespace retail_pulse
