#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ids.hpp"

namespace retail_pulse {

/// A submission in flat arrays: one block of text and ranges into it, because a DOM of a million
/// URLs takes 215 MiB. Built once by the parser (one thread), then shared read-only between
/// threads.
class submission {
 public:
  struct visit {
    std::string_view store_id;
    std::string_view visit_time;
    std::size_t first_image = 0;  ///< number of its first image in the job
    std::size_t image_count = 0;
  };

  /// How an origin is used in the job.
  struct origin_use {
    std::uint32_t first_image = 0;  ///< number of its first image
    std::uint32_t images = 0;
  };

  std::size_t visit_count() const { return visits_.size(); }
  std::size_t image_count() const { return urls_.size(); }

  /// The URL to which webhooks are sent; may be empty.
  const std::string& callback_url() const { return callback_url_; }
  void set_callback_url(std::string url) { callback_url_ = std::move(url); }

  /// Its approximate memory in bytes.
  std::size_t bytes() const {
    return text_.capacity() + visits_.capacity() * sizeof(stored_visit) +
           urls_.capacity() * (sizeof(range) + sizeof(std::uint32_t) + sizeof(origin_number)) +
           uses_.capacity() * sizeof(origin_use) + origins_bytes_;
  }

  visit visit_at(std::size_t index) const {
    const auto& v = visits_[index];
    return {view(v.store_id), view(v.visit_time), v.first_image, v.image_count};
  }

  /// `image` counts over the whole job, in order of submission.
  std::string_view url_at(std::size_t image) const { return view(urls_[image]); }
  std::size_t visit_of(std::size_t image) const { return visit_of_[image]; }

  origin_number origin_of(std::size_t image) const { return origin_of_[image]; }
  /// Of a number that some image has, except `not_numbered`.
  origin_use use_of(origin_number origin) const {
    return uses_[static_cast<std::size_t>(origin.value)];
  }
  /// Index i has the origin of number i + 1.
  const std::vector<std::string>& origins() const { return origins_; }

  /// In the order of the document. Numbers of origins are given in order of first appearance, as
  /// fetch::origin_numbers does.
  void add_url(std::string_view url, origin_number origin = not_numbered) {
    count_use(origin);
    urls_.push_back(keep(url));
    visit_of_.push_back(static_cast<std::uint32_t>(visits_.size()));
    origin_of_.push_back(origin);
  }
  void set_origins(std::vector<std::string> origins) {
    origins_ = std::move(origins);
    origins_bytes_ = origins_.capacity() * sizeof(std::string);
    for (const auto& origin : origins_) origins_bytes_ += origin.capacity();
  }
  /// Adds a visit whose images are the URLs added since the visit before. In the order of the
  /// document.
  void add_visit(std::string_view store_id, std::string_view visit_time) {
    const std::size_t first =
        visits_.empty() ? 0 : visits_.back().first_image + visits_.back().image_count;
    visits_.push_back({keep(store_id), keep(visit_time), first, urls_.size() - first});
  }

 private:
  struct range {
    std::uint64_t offset : 40;
    std::uint64_t
        length : 24;  // a body is at most 1 GiB, a string in it at most limits::text_bytes
  };
  struct stored_visit {
    range store_id;
    range visit_time;
    std::size_t first_image;
    std::size_t image_count;
  };

  void count_use(origin_number origin) {
    if (origin == not_numbered) return;
    const auto index = static_cast<std::size_t>(origin.value);
    if (uses_.size() <= index) uses_.resize(index + 1);
    if (uses_[index].images++ == 0)
      uses_[index].first_image = static_cast<std::uint32_t>(urls_.size());
  }

  range keep(std::string_view text) {
    const range kept{text_.size(), text.size()};
    text_.append(text);
    return kept;
  }
  std::string_view view(range r) const {
    return std::string_view{text_}.substr(r.offset, r.length);
  }

  std::string callback_url_;
  std::string text_;
  std::vector<stored_visit> visits_;
  std::vector<range> urls_;
  std::vector<std::uint32_t> visit_of_;
  std::vector<origin_number> origin_of_;  ///< of each image
  std::vector<origin_use> uses_;          ///< by number of the origin
  std::vector<std::string> origins_;
  std::size_t origins_bytes_ = 0;
};

using submission_ptr = std::shared_ptr<const submission>;

}  // namespace retail_pulse
