#pragma once

#include <string_view>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse {

/// What may be kept of an attempt and shown to clients, of what is known of it.
/// - A final URL has no query but the submitted URL's own: one that a redirect added may sign it, which is a secret of the host.
/// - A blocked_address tells no address, neither the pinned one nor one that a redirect names.
/// `submitted`: the image's URL as it was submitted.
fetch_evidence public_evidence(fetch_evidence known, error_code code, std::string_view submitted);

}  // namespace retail_pulse
