#include "http/response/fixed_content.hpp"

#include <utility>

#include "http/request/digest.hpp"
#include "http/response/conditional.hpp"

namespace retail_pulse::http {

fixed_content::fixed_content(std::string_view type, std::string text)
    : type_{type}, text_{std::move(text)}, etag_{"\"" + sha256_of(text_) + "\""} {}

response fixed_content::answer_to(const request& to) const {
  const bool known = is_known(to, etag_);
  response r{.status = known ? 304 : 200, .body = known ? std::string{} : text_, .headers = {}};
  if (!known) r.headers.push_back({"Content-Type", std::string{type_}});
  r.headers.push_back({"ETag", etag_});
  r.headers.push_back({"Cache-Control", "no-cache"});  // may be cached, but is revalidated: the
                                                       // next version of the program has another
  r.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return r;
}

}  // namespace retail_pulse::http
