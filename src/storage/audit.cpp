#include "storage/audit.hpp"

#include <utility>

#include "core/ids.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"

namespace retail_pulse::storage {
namespace {

enum image_state : long long { pending = 0, succeeded = 1, failed = 2 };

void count(image_tally& tally, long long state) {
  ++tally.submitted;
  tally.pending += state == pending;
  tally.succeeded += state == succeeded;
  tally.failed += state == failed;
}

/// The weight of an image, or of a failed image, of an origin.
std::uint64_t weight(long long origin, bool of_failed) {
  return mix(2 * static_cast<std::uint64_t>(origin) + (of_failed ? 1 : 0));
}

/// Tabs and line breaks separate fields and images, so those within a text are escaped: different
/// lists of images have different digests.
void append_field(std::string& line, std::string_view text) {
  constexpr std::string_view special = "\t\n\r\\";
  constexpr std::string_view letters = "tnr\\";
  line += '\t';
  for (;;) {
    const auto end = text.find_first_of(special);
    line += text.substr(0, end);
    if (end == std::string_view::npos) return;
    line += '\\';
    line += letters[special.find(text[end])];
    text.remove_prefix(end + 1);
  }
}

}  // namespace

void image_audit::add(const audited_image& image) {
  in_sequence_ = in_sequence_ && image.number == total_.submitted;
  all_visited_ = all_visited_ && !image.store_id.empty();
  count(total_, image.state);
  if (auto* tally = tally_of(image.store_id)) count(*tally, image.state);

  line_ = std::to_string(image.number);
  append_field(line_, image.store_id);
  append_field(line_, image.visit_time);
  append_field(line_, image.url);
  line_ += '\n';
  submitted_.add(line_);
  if (image.state != pending) recorded_.add(line_);

  if (image.origin == not_numbered.value) return;
  origins_balance_ += weight(image.origin, false);
  if (image.state == failed) origins_balance_ += weight(image.origin, true);
}

void image_audit::add(const audited_origin& origin) {
  origins_balance_ -= weight(origin.number, false) * static_cast<std::uint64_t>(origin.images);
  origins_balance_ -= weight(origin.number, true) * static_cast<std::uint64_t>(origin.failed);
}

/// nullptr for a store beyond the limit of listed ones.
image_tally* image_audit::tally_of(const std::string& store_id) {
  if (last_store_ < stores_.size() && stores_[last_store_].store_id == store_id)
    return &stores_[last_store_].images;
  const auto known = index_of_store_.find(store_id);
  if (known != index_of_store_.end()) {
    last_store_ = known->second;
  } else if (stores_.size() < limits::status_failures) {
    last_store_ = stores_.size();
    index_of_store_.emplace(store_id, last_store_);
    stores_.push_back({store_id, {}});
  } else {
    stores_truncated_ = true;
    return nullptr;
  }
  return &stores_[last_store_].images;
}

job_audit image_audit::end(const image_counts& counters) {
  job_audit audit;
  audit.images = total_;
  audit.conserved = total_.adds_up() && in_sequence_ && all_visited_ && origins_balance_ == 0 &&
                    counters == image_counts{total_.submitted, total_.succeeded, total_.failed};
  audit.stores = std::move(stores_);
  audit.stores_truncated = stores_truncated_;
  audit.submitted_digest = submitted_.end();
  audit.recorded_digest = recorded_.end();
  audit.counters = counters;
  return audit;
}

}  // namespace retail_pulse::storage
