#include <optional>
#include <string>
#include <utility>

#include "core/visit_time.hpp"
#include "http/handlers/handlers.hpp"
#include "http/handlers/report_streams.hpp"
#include "http/handlers/store_query.hpp"
#include "http/request/parameters.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

/// Dates only: silently ignoring a time of day would surprise the client.
std::optional<std::string> day_named(std::string_view text) {
  return text.size() == std::string_view{"2026-03-09"}.size() ? visit_date(text) : std::nullopt;
}

class visits {
 public:
  explicit visits(const handler_context& with)
      : master_{with.to.store_master}, readers_{with.reports}, streams_{with.report_streams} {}

  void operator()(const request& r, const responder& answer) const {
    parameters given{r.query};
    const store_question question{given.text("area"), given.text("storeid")};
    day_range days{given.value("startdate", day_named, "is not a date; write it as 2026-03-09"),
                   given.value("enddate", day_named, "is not a date; write it as 2026-03-09")};
    if (!given.problem().empty()) return answer.reject(invalid_parameter(given.problem()));
    if (days.first && days.last && *days.first > *days.last)
      return answer.reject(invalid_parameter("startdate is after enddate"));
    auto right = streams_.take(r.client);
    if (!right) return answer.reject(unavailable("too many reports are being streamed"));
    auto found = [order = stream_order{answer, r.client, std::move(right), readers_},
                  days = std::move(days)](store_selection of) {
      stream_visits(order, std::move(of), days);
    };
    select_stores(master_, question, answer, std::move(found), [answer](std::string sentence) {
      answer.reject(invalid_parameter(std::move(sentence)));
    });
  }

 private:
  store_master_actor master_;
  std::shared_ptr<report_queue> readers_;
  permits streams_;
};

}  // namespace

void add_visit_routes(route_table& to, const handler_context& with) {
  to.add_plain("GET", "/api/visits", visits{with});
}

}  // namespace retail_pulse::http
