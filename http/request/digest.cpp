#include "http/request/digest.hpp"

#include "core/text.hpp"
#include "crypto/sha256.hpp"

namespace retail_pulse::http {

std::string sha256_of(std::string_view text) { return hex(crypto::sha256(text)); }

}  // namespace retail_pulse::http
