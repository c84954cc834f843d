#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

  std::size_t visit_count() const { return visits_.size(); }
  std::size_t image_count() const { return urls_.size(); }

  /// The URL to which webhooks are sent; may be empty.
  const std::string& callback_url() const { return callback_url_; }
  void set_callback_url(std::string url) { callback_url_ = std::move(url); }

  /// Its approximate memory in bytes.
  std::size_t bytes() const {
    return text_.capacity() + visits_.capacity() * sizeof(stored_visit) +
           urls_.capacity() * (sizeof(range) + sizeof(std::uint32_t));
  }

  visit visit_at(std::size_t index) const {
    const auto& v = visits_[index];
    return {view(v.store_id), view(v.visit_time), v.first_image, v.image_count};
  }

  /// `image` counts over the whole job, in order of submission.
  std::string_view url_at(std::size_t image) const { return view(urls_[image]); }
  std::size_t visit_of(std::size_t image) const { return visit_of_[image]; }

  /// Adds a visit whose images are the URLs added since the visit before. In the order of the
  /// document.
  void add_url(std::string_view url) {
    urls_.push_back(keep(url));
    visit_of_.push_back(static_cast<std::uint32_t>(visits_.size()));
  }
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
};

using submission_ptr = std::shared_ptr<const submission>;

}  // namespace retail_pulse
