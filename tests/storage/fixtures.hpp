#pragma once

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "storage/repository.hpp"
#include "tests/support/numbered.hpp"

namespace retail_pulse::storage::test {

template <typename... Parts>
std::string joined(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/// An empty folder that goes at the end of the test.
class temporary_folder {
 public:
  temporary_folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "retail-pulse-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    path_ = name;
  }
  ~temporary_folder() { std::filesystem::remove_all(path_); }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  location database(const std::string& name = "jobs.db") const {
    return std::get<location>(location::parse(joined("sqlite:", (path_ / name).string())));
  }

 private:
  std::filesystem::path path_;
};

inline constexpr session_options impatient{std::chrono::milliseconds{0}};

/// The two places the contract holds at.
struct on_disk {
  temporary_folder folder;
  location where = folder.database();
};
struct in_memory {
  static location fresh() {
    static std::atomic<int> count{0};
    return location::shared_memory(joined("test-", ++count));
  }
  location where = fresh();
};
using places = std::tuple<on_disk, in_memory>;

/// A place with its writer and a reader.
template <typename Place>
struct open_place : Place {
  writer w{this->where, impatient};
  reader r{this->where, impatient};
};

struct visit_text {
  std::string store_id;
  std::vector<std::string> urls;
  std::string visit_time = "2023-03-09T12:00:00";
};

inline submission submission_of(const std::vector<visit_text>& visits) {
  tests::numbered_submission result;
  for (const auto& visit : visits) result.add_visit(visit.store_id, visit.visit_time, visit.urls);
  return result.finish();
}

/// `stores` visits of `images` images each, of stores S0, S1...
inline submission plain_submission(std::size_t stores, std::size_t images) {
  std::vector<visit_text> visits;
  for (std::size_t s = 0; s < stores; ++s) {
    visits.push_back({joined("S", s), {}});
    for (std::size_t i = 0; i < images; ++i)
      visits.back().urls.push_back(joined("http://images.test/", s, "/", i));
  }
  return submission_of(visits);
}

/// Stages and publishes a job in one transaction.
inline job_id submit(writer& w, const submission& job, unix_millis now = unix_millis{1000}) {
  w.begin();
  const job_id id = w.create_job(job, now);
  w.append(id, job, 0, job.image_count());
  w.publish(id, now);
  w.commit();
  return id;
}

inline image_result good(std::int64_t number, std::uint32_t width = 640,
                         std::uint32_t height = 480) {
  image_result result;
  result.number = image_number{number};
  result.measured = {image_format::jpeg, width, height};
  return result;
}

inline image_result bad(std::int64_t number, error_code code = error_code::timed_out) {
  image_result result;
  result.number = image_number{number};
  result.code = code;
  return result;
}

inline recorded record(writer& w, job_id job, const std::vector<image_result>& results,
                       run_number run = {}, unix_millis now = unix_millis{2000}) {
  w.begin();
  const auto outcome = w.record(job, run, results, now);
  w.commit();
  return outcome;
}

inline recorded abandon(writer& w, job_id job, error_code code, std::size_t rows,
                        run_number run = {}) {
  w.begin();
  const auto outcome = w.abandon(job, run, {code}, rows, unix_millis{2000});
  w.commit();
  return outcome;
}

inline auto is_kind(storage_error::kind kind) {
  return [kind](const storage_error& error) { return error.what_kind() == kind; };
}

}  // namespace retail_pulse::storage::test
