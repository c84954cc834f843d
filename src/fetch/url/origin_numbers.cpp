#include "fetch/url/origin_numbers.hpp"

#include <algorithm>
#include <cstring>

#include "core/limits.hpp"
#include "fetch/url/url.hpp"

namespace retail_pulse::fetch {
namespace {

/// What parse_url drops at the end: left there, it would belong to the host of a URL without a
/// path.
std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20) text.remove_suffix(1);
  return text;
}

/// Length of the URL up to the end of its authority; npos: it is not written the usual way, and
/// only the parser can say. The parser ignores further slashes, and tabs and line ends anywhere.
std::size_t authority_end(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return colon;
  const auto host = url.find_first_not_of("/\\\t\r\n", colon + 3);
  if (host == std::string_view::npos) return host;
  return std::min(url.find_first_of("/?#", host), url.size());
}

}  // namespace

origin_number origin_numbers::number_of(std::string_view url) {
  if (url.size() > limits::url_bytes) return not_fetchable;
  url = without_blanks_behind(url);
  const auto end = authority_end(url);
  if (end == std::string_view::npos) return parsed(url);
  const auto spelling = url.substr(0, end);
  const auto found = known_.find(spelling);
  if (found != known_.end()) return found->second;
  const auto number = parsed(url.substr(0, end + 1));
  remember(spelling, number);
  return number;
}

origin_number origin_numbers::parsed(std::string_view url) {
  const auto result = parse_url(url);
  const auto* valid = std::get_if<fetch::url>(&result);
  if (valid == nullptr) return not_fetchable;
  auto origin = valid->origin();
  const auto found = known_.find(origin);
  if (found != known_.end()) return found->second;
  const origin_number number{static_cast<std::int32_t>(origins_.size() + 1)};
  remember(origin, number);
  origins_.push_back(std::move(origin));
  return number;
}

void origin_numbers::remember(std::string_view spelling, origin_number number) {
  if (spelling.empty() || known_.contains(spelling)) return;
  auto* kept = static_cast<char*>(texts_->allocate(spelling.size(), 1));
  std::memcpy(kept, spelling.data(), spelling.size());
  known_.emplace(std::string_view{kept, spelling.size()}, number);
}

}  // namespace retail_pulse::fetch
