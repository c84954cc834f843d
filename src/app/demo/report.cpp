#include "app/demo/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace retail_pulse::app {
namespace {

using client::listed_image;

/// The part behind the last slash, without the query.
std::string_view file_name(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto name = url.substr(url.rfind('/') + 1);
  return name.empty() ? url : name;
}

std::string heading(const std::string& store_id, const stores::store_table& stores) {
  const auto* store = stores.find(store_id);
  if (store == nullptr) return store_id + "  (not in the Store Master)";
  return fmt::format("{}  {}, area {}", store_id, store->name, store->area);
}

std::string line_of(const listed_image& image, std::size_t name_width) {
  const auto name = file_name(image.url);
  if (image.state == "pending") return fmt::format("  {:<{}}  pending\n", name, name_width);
  if (image.state == "failed") return fmt::format("  {:<{}}  {}\n", name, name_width, image.error);
  return fmt::format("  {:<{}}  {:<5} {:>5} x {:<5}  perimeter {:>6}\n", name, name_width,
                     image.format, image.width, image.height, image.perimeter);
}

std::string counted(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string report_of(job_id job, std::span<const listed_image> images,
                      const stores::store_table& stores) {
  std::vector<std::string_view> store_ids;  // in order of first appearance
  std::size_t name_width = 0;
  std::int64_t measured = 0;
  std::int64_t failed = 0;
  std::int64_t perimeters = 0;
  for (const auto& image : images) {
    if (std::ranges::find(store_ids, image.store_id) == store_ids.end())
      store_ids.push_back(image.store_id);
    name_width = std::max(name_width, file_name(image.url).size());
    failed += image.state == "failed" ? 1 : 0;
    if (image.state != "succeeded") continue;
    ++measured;
    perimeters += image.perimeter;
  }

  std::string text = fmt::format("Job {}\n", job.value);
  for (const auto store_id : store_ids) {
    text += "\n" + heading(std::string{store_id}, stores) + "\n";
    for (const auto& image : images) {
      if (image.store_id == store_id) text += line_of(image, name_width);
    }
  }
  text += fmt::format("\n{} of {}: {} measured, {} failed, perimeters add up to {} pixels\n",
                      counted(static_cast<std::int64_t>(images.size()), "image"),
                      counted(static_cast<std::int64_t>(store_ids.size()), "store"), measured,
                      failed, perimeters);
  return text;
}

}  // namespace retail_pulse::app
