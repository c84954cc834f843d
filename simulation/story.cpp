#include "simulation/story.hpp"

#include <algorithm>
#include <utility>

#include "simulation/cast.hpp"

namespace retail_pulse::simulation {

void story::read_note(std::string_view what, std::uint64_t a, std::string text) {
  story_line line;
  line.step = step_;
  line.at = now_;
  line.name = what;
  line.text = std::move(text);
  const auto known = std::ranges::find(note_table, what, &note_info::name);
  if (known != note_table.end() && known->first_number_is_job)
    line.job = job_id{static_cast<std::int64_t>(a)};
  reader_->read(line);
}

void story::read_message(story_line line) {
  line.what = story_line::kind::message;
  line.step = step_;
  line.at = now_;
  reader_->read(line);
}

}  // namespace retail_pulse::simulation
