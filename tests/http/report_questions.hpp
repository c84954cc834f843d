#pragma once

#include <mutex>
#include <string>
#include <utility>

#include "actors/protocols.hpp"

/// Questions to the readers of reports, and what clients get.
namespace retail_pulse::tests {

template <class T>
actors::query_outcome<T> told(T what) {
  return {actors::query_outcome<T>::kind::answered, std::move(what)};
}

/// The last question. An actor's thread sets it, the test's thread reads it.
template <class Question>
class last_question {
 public:
  void is(const Question& q) {
    const std::lock_guard lock{mutex_};
    question_ = q;
    ++count_;
  }
  Question get() const {
    const std::lock_guard lock{mutex_};
    return question_;
  }
  int count() const {
    const std::lock_guard lock{mutex_};
    return count_;
  }

 private:
  mutable std::mutex mutex_;
  Question question_;
  int count_ = 0;
};

inline std::string problem(int status, const std::string& title, const std::string& detail,
                           const std::string& path, const std::string& code) {
  return R"({"type":"about:blank","title":")" + title + R"(","status":)" + std::to_string(status) +
         R"(,"detail":")" + detail + R"(","instance":")" + path + R"(","code":")" + code + R"("})";
}

inline std::string wrong(const std::string& detail, const std::string& path) {
  return problem(400, "Bad Request", detail, path, "invalid_parameter");
}

}  // namespace retail_pulse::tests
