#pragma once

#include <string_view>
#include <utility>

#include "core/submission.hpp"
#include "fetch/url/origin_numbers.hpp"

namespace retail_pulse::tests {

/// Adds visits to a submission, with the numbers of their images' origins, as the parser does.
class numbered_submission {
 public:
  template <class Urls>
  void add_visit(std::string_view store_id, std::string_view visit_time, const Urls& urls) {
    for (const auto& url : urls) made_.add_url(url, numbers_.number_of(url));
    made_.add_visit(store_id, visit_time);
  }

  submission finish() {
    made_.set_origins(numbers_.origins());
    return std::move(made_);
  }

 private:
  submission made_;
  fetch::origin_numbers numbers_;
};

}  // namespace retail_pulse::tests
