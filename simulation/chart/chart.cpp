#include "simulation/chart/chart.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "simulation/cast.hpp"
#include "simulation/chart/parts.hpp"

namespace retail_pulse::simulation {
namespace {

using nlohmann::json;

constexpr std::string_view job_member = "job";
constexpr std::string_view job_prefix = "job ";

/// The columns of the page, and their numbers.
class columns {
 public:
  explicit columns(const std::vector<story_line>& lines) {
    std::set<std::int64_t> jobs;
    for (const auto& line : lines) {
      if (line.what == story_line::kind::message && line.name.starts_with(job_prefix))
        jobs.insert(std::stoll(line.name.substr(job_prefix.size())));
    }
    for (const auto& member : cast_table) {
      add(std::string{member.name}, member.meaning);
      if (member.name != job_member) continue;
      for (const auto job : jobs)
        add(std::string{job_prefix} + std::to_string(job), member.meaning);
    }
  }

  /// -1 for no member.
  int number_of(std::string_view name) const {
    const auto found = std::ranges::find(names_, name);
    return found == names_.end() ? -1 : static_cast<int>(found - names_.begin());
  }
  const json& described() const { return described_; }

 private:
  void add(std::string name, std::string_view meaning) {
    described_.push_back({{"name", name}, {"meaning", meaning}});
    names_.push_back(std::move(name));
  }

  std::vector<std::string> names_;
  json described_ = json::array();
};

const note_info& info_of(const std::string& note) {
  static constexpr note_info unknown{"", outside::simulation, note_style::plain, false};
  const auto found = std::ranges::find(note_table, note, &note_info::name);
  return found == note_table.end() ? unknown : *found;
}

std::string_view name_of(note_style style) {
  constexpr std::string_view names[] = {"plain", "fault", "violation", "process"};
  return names[static_cast<std::size_t>(style)];
}

/// Every message, and every note but those that only say that time passes.
json lines_of(const std::vector<story_line>& lines, const columns& columns) {
  auto all = json::array();
  for (const auto& line : lines) {
    const bool is_message = line.what == story_line::kind::message;
    if (!is_message && line.name == "time") continue;
    json made{{"step", line.step}, {"ms", line.at.count()}, {"text", line.text}};
    if (line.job) made["job"] = line.job->value;
    if (is_message) {
      made["to"] = columns.number_of(line.name);
      if (!line.sender.empty()) made["from"] = columns.number_of(line.sender);
      if (line.cause != 0) made["cause"] = line.cause;
    } else {
      const auto& info = info_of(line.name);
      made["note"] = line.name;
      made["style"] = name_of(info.style);
      made["to"] = columns.number_of(info.member);
    }
    all.push_back(std::move(made));
  }
  return all;
}

json faults_of(const fault_set& faults) {
  auto all = json::array();
  for (const auto& row : fault_table) {
    if (faults.has(row.kind)) all.push_back({{"name", row.name}, {"meaning", row.meaning}});
  }
  return all;
}

std::string hexadecimal(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

/// JSON that may stand in a script element: nothing in it ends one, or begins a comment. Bytes that
/// are not UTF-8 become U+FFFD.
std::string for_script(const json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, json::error_handler_t::replace)) {
    c == '<' ? text += "\\u003c" : text += c;
  }
  return text;
}

void put(std::string& page, std::string_view mark, std::string_view text) {
  page.replace(page.find(mark), mark.size(), text);
}

}  // namespace

void chart::read(const story_line& line) { lines_.push_back(line); }

std::string chart::page(const outcome& of, const std::string& command) const {
  const columns of_story{lines_};
  const json data{{"command", command},
                  {"violation", of.violation},
                  {"steps", of.steps},
                  {"hash", hexadecimal(of.hash)},
                  {"jobs", of.jobs},
                  {"images", of.images},
                  {"lives", of.lives},
                  {"faults", faults_of(of.faults)},
                  {"members", of_story.described()},
                  {"lines", lines_of(lines_, of_story)}};
  std::string page{page_html};
  put(page, "/*style*/", page_css);
  put(page, "/*script*/", page_js);
  put(page, "/*data*/", for_script(data));
  return page;
}

}  // namespace retail_pulse::simulation
