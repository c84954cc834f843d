#include <utility>

#include "http/handlers/handlers.hpp"
#include "http/handlers/outcomes.hpp"
#include "http/handlers/store_query.hpp"
#include "http/request/parameters.hpp"
#include "http/request/query.hpp"
#include "http/response/report_json.hpp"

namespace retail_pulse::http {
namespace {

using namespace actors;

void store(const store_master_actor& master, const request& r, const responder& answer) {
  const auto id = decoded_segment(r.parameter);
  if (!id) return answer.reject(invalid_parameter("the store id in the path is not well-formed"));
  select_stores(
      master, {std::nullopt, *id}, answer,
      [answer](const store_selection& found) { answer(store_found(*found.stores.front())); },
      [answer](std::string sentence) {
        answer.reject({404, "store_not_found", std::move(sentence)});
      });
}

void reload(const store_loader_actor& loader, const permits& reloads, const request& r,
            const responder& answer) {
  if (const auto stray = stray_parameter(r)) return answer.reject(*stray);
  auto reloading = reloads.take(r.client);
  if (!reloading)
    return answer.reject({409, "reload_in_progress", "the Store Master is being read already"});
  auto done = [answer, reloading = std::move(reloading)](const reload_outcome& outcome) mutable {
    reloading.reset();  // before the client can ask again
    using kind = reload_outcome::kind;
    if (outcome.what == kind::loaded) return answer(stores_reloaded(outcome));
    if (outcome.what == kind::refused)
      return answer.reject({422, "invalid_store_master", outcome.error});
    answer.reject(lost(answer.request_id(), "a reload was lost"));
  };
  caf::anon_send(loader, reload_atom_v, reply<reload_outcome>{std::move(done), {}});
}

}  // namespace

void select_stores(const store_master_actor& master, const store_question& question,
                   const responder& answer, std::function<void(store_selection)> found,
                   std::function<void(std::string)> unknown) {
  auto done = [answer, question, found = std::move(found),
               unknown = std::move(unknown)](store_selection selection) {
    switch (selection.what) {
      case store_selection::kind::found:
        return found(std::move(selection));
      case store_selection::kind::unknown_area:
        return unknown("area " + *question.area + " does not exist");
      case store_selection::kind::unknown_store:
        return unknown("store " + *question.store_id + " does not exist");
      case store_selection::kind::lost:
        break;
    }
    answer.reject(lost(answer.request_id(), "a query for stores was lost"));
  };
  caf::anon_send(master, select_atom_v, question, reply<store_selection>{std::move(done), {}});
}

void add_store_routes(route_table& to, const handler_context& with) {
  const permits reloads{{.total = 1}};
  to.add({"GET", "/api/stores/{id}",
          [master = with.to.store_master](const request& r, const responder& answer) {
            store(master, r, answer);
          }});
  to.add({"POST", "/api/stores/reload",
          [loader = with.to.store_loader, reloads](const request& r, const responder& answer) {
            reload(loader, reloads, r, answer);
          }});
}

}  // namespace retail_pulse::http
