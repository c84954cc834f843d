#include "actors/store_master.hpp"

#include <string>
#include <utility>

#include "actors/vital.hpp"
#include "observe/log.hpp"

namespace retail_pulse::actors {
namespace {

/// A message about the file, for a client: without the folder, which tells about this machine.
std::string without_folder(std::string message, const std::filesystem::path& file) {
  const std::string path = file.string();
  if (message.starts_with(path)) message.replace(0, path.size(), file.filename().string());
  return message;
}

}  // namespace

known_stores store_master_state::look_up(const store_check& check) const {
  known_stores stores;
  stores.known.reserve(check.ids.size());
  for (const auto& id : check.ids) stores.known.push_back(table->find(id) != nullptr);
  return stores;
}

store_selection store_master_state::select(const store_question& question) const {
  using kind = store_selection::kind;
  if (question.area && !table->has_area(*question.area)) return {.what = kind::unknown_area};
  if (!question.store_id)
    return {kind::found, table, question.area ? table->in_area(*question.area) : table->all()};
  const auto* store = table->find(*question.store_id);
  if (store == nullptr) return {.what = kind::unknown_store};
  if (question.area && store->area != *question.area) return {kind::found, table, {}};
  return {kind::found, table, table->only(*store)};
}

store_master_actor::behavior_type store_master(
    store_master_actor::stateful_pointer<store_master_state> self, stores::store_table_ptr table) {
  abort_on_exception(self, "store_master");
  self->state.table = std::move(table);
  return {
      [=](select_atom, const store_question& question, const reply<store_selection>& to) {
        to(self->state.select(question));
      },
      [=](lookup_atom, const store_check& check) { return self->state.look_up(check); },
      [=](replace_atom, const stores::store_table_ptr& next) { self->state.table = next; },
  };
}

reload_outcome store_loader_state::reload() {
  using observe::level;
  auto read = stores::load(file);
  if (const auto* problem = std::get_if<stores::load_error>(&read)) {
    observe::log(level::error, "the Store Master cannot be reloaded; the old one stays in use",
                 {{"cause", problem->message}});
    return {.what = reload_outcome::kind::refused,
            .stores = 0,
            .warnings = {},
            .error = without_folder(problem->message, file)};
  }
  auto& loaded = std::get<stores::loaded>(read);
  for (const auto& warning : loaded.warnings) observe::log(level::warning, warning);
  observe::log(level::info, "Store Master reloaded",
               {{"stores", static_cast<std::int64_t>(loaded.table->size())}});
  reload_outcome outcome{
      .what = reload_outcome::kind::loaded, .stores = loaded.table->size(), .warnings = {}};
  for (auto& warning : loaded.warnings)
    outcome.warnings.push_back(without_folder(std::move(warning), file));
  caf::anon_send(master, replace_atom_v, std::move(loaded.table));
  return outcome;
}

store_loader_actor::behavior_type store_loader(
    store_loader_actor::stateful_pointer<store_loader_state> self, std::filesystem::path file,
    store_master_actor master) {
  abort_on_exception(self, "store_loader");
  self->state.file = std::move(file);
  self->state.master = std::move(master);
  return {
      [=](reload_atom, const reply<reload_outcome>& to) { to(self->state.reload()); },
  };
}

}  // namespace retail_pulse::actors
