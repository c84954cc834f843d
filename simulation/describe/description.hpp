// describe: what a message says, in words, for people who read the story of a simulated world.
// May use: the actors' protocols, and what they carry.
// Never: an actor's state, a pointer's value, or anything that is hashed.
//
// One file per concern, each a list of functions whose parameters are the content that they
// describe, like the behavior of an actor. A message that no list knows is shown by its atom alone.
#pragma once

#include <caf/all.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace retail_pulse::simulation {

/// The job and the image that an actor works at.
struct work {
  std::optional<job_id> job;
  std::optional<image_number> image;
};

/// "job 2 image 17", "job 2" or nothing.
std::string name_of(const work& what);

struct description {
  std::string text;          ///< behind the name of the message; may be empty
  std::vector<job_id> jobs;  ///< that the content names
  std::optional<image_number> image;
};

using message_content = caf::type_erased_tuple;
using perhaps_described = std::optional<description>;

// What sender or receiver work at is known where the content does not say it.
perhaps_described describe_client_message(const message_content& content);
perhaps_described describe_job_message(const message_content& content, const work& at);
perhaps_described describe_pool_message(const message_content& content, const work& at);
perhaps_described describe_image_message(const message_content& content, const work& at);
perhaps_described describe_storage_message(const message_content& content);
perhaps_described describe_herald_message(const message_content& content);
perhaps_described describe_answer(const message_content& content);

/// Any message; nothing for one that no list knows.
perhaps_described describe(const message_content& content, bool is_answer, const work& at);

}  // namespace retail_pulse::simulation
