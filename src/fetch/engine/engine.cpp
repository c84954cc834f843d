#include "fetch/engine/engine.hpp"

namespace retail_pulse::fetch {

contact contact_of(const outcome& last) {
  if (last.evidence.http_status != 0) return contact::reached;
  switch (last.code) {
    case error_code::dns_failed:
    case error_code::connect_failed:
    case error_code::tls_failed:
    case error_code::timed_out:
      return contact::failed;
    case error_code::none:
    case error_code::http_status:
    case error_code::too_many_redirects:
    case error_code::protocol_error:
    case error_code::too_large:
    case error_code::truncated:
    case error_code::not_an_image:
    case error_code::unsupported_format:
    case error_code::bad_dimensions:
      return contact::reached;
    case error_code::store_not_found:
    case error_code::invalid_url:
    case error_code::blocked_address:
    case error_code::origin_unavailable:
    case error_code::cancelled:
    case error_code::internal:
      return contact::none;
  }
  return contact::none;
}

}  // namespace retail_pulse::fetch
