#include "actors/store_master.hpp"

#include "actors/vital.hpp"

namespace retail_pulse::actors {

store_verdicts store_master_state::look_up(const store_check& check) const {
  store_verdicts verdicts;
  verdicts.known.reserve(check.ids.size());
  for (const auto& id : check.ids) verdicts.known.push_back(table->find(id) != nullptr);
  return verdicts;
}

store_master_actor::behavior_type store_master(store_master_actor::stateful_pointer<store_master_state> self,
                                               stores::store_table_ptr table) {
  abort_on_exception(self, "store_master");
  self->state.table = std::move(table);
  return {
      [=](lookup_atom, const store_check& check) { return self->state.look_up(check); },
      [=](replace_atom, const stores::store_table_ptr& next) { self->state.table = next; },
  };
}

}  // namespace retail_pulse::actors
