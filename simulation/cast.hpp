#pragma once

#include <array>
#include <string_view>

namespace retail_pulse::simulation {

/// Those outside the service who take part in a story. Their timers are messages of the world to
/// itself.
namespace outside {
inline constexpr std::string_view clients = "clients";
inline constexpr std::string_view image_hosts = "image hosts";
inline constexpr std::string_view database = "database";
inline constexpr std::string_view simulation = "simulation";
}  // namespace outside

/// Who takes part in a story, in the order of the columns of its chart.
struct member_info {
  std::string_view name;  ///< job actors are "job 1", "job 2" and so on
  std::string_view meaning;
};

inline constexpr std::array cast_table{
    member_info{outside::clients, "submit jobs, ask for their status, cancel and redrive them"},
    member_info{"supervisor", "admits submissions and starts a job actor for each"},
    member_info{"job", "runs one job: reads and offers its images, and has their results recorded"},
    member_info{"image_pool",
                "schedules images and their retries over jobs and origins, and owns the workers"},
    member_info{"image", "the workers: each fetches, measures and reports one image at a time"},
    member_info{outside::image_hosts, "the imaginary web: its hosts and its name servers"},
    member_info{"store_master", "answers which stores exist"},
    member_info{"reader", "runs read-only queries"},
    member_info{"ledger", "writes to the database; the only writer"},
    member_info{outside::database, "commits, and the counts of a job that they lead to"},
    member_info{"herald", "publishes progress to subscribers"},
    member_info{outside::simulation, "decides beforehand what goes wrong, and looks at the end"},
};

/// What a note of the story means, and where it happens.
enum class note_style : std::uint8_t { plain, fault, violation, process };

struct note_info {
  std::string_view name;    ///< as in the story; hashed, so it never changes
  std::string_view member;  ///< of the cast; whoever handles the message of that moment acts on it
  note_style style;
  bool first_number_is_job;
};

inline constexpr std::array note_table{
    note_info{"seed", outside::simulation, note_style::process, false},
    note_info{"start", outside::simulation, note_style::process, false},
    note_info{"crash", outside::simulation, note_style::fault, false},
    note_info{"drained", outside::simulation, note_style::process, false},
    note_info{"fault", outside::simulation, note_style::fault, false},
    note_info{"time", outside::simulation, note_style::process, false},
    note_info{"storage", outside::database, note_style::fault, false},
    note_info{"recorded", outside::database, note_style::plain, true},
    note_info{"fetch", outside::image_hosts, note_style::plain, false},
    note_info{"fetched", outside::image_hosts, note_style::plain, false},
    note_info{"explosion", outside::image_hosts, note_style::fault, false},
    note_info{"201", outside::clients, note_style::plain, true},
    note_info{"refused", outside::clients, note_style::plain, false},
    note_info{"cancel", outside::clients, note_style::plain, true},
    note_info{"cancelled", outside::clients, note_style::plain, true},
    note_info{"redrive", outside::clients, note_style::plain, true},
    note_info{"redriven", outside::clients, note_style::plain, true},
    note_info{"VIOLATION", outside::simulation, note_style::violation, false},
};

}  // namespace retail_pulse::simulation
