#include "simulation/text_story.hpp"

namespace retail_pulse::simulation {

void text_story::read(const story_line& line) {
  const bool is_message = line.what == story_line::kind::message;
  std::string text = is_message ? "<- " + line.text : line.text;
  if (line.cause != 0) text += "  [" + std::to_string(line.cause) + "]";
  std::fprintf(to_, "%10.3f s %7llu  %-12s %s\n", static_cast<double>(line.at.count()) / 1000,
               static_cast<unsigned long long>(line.step), line.name.c_str(), text.c_str());
}

}  // namespace retail_pulse::simulation
