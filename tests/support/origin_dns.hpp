#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace retail_pulse::test_support {

/// What a name server says. `addresses` in text form; those of the family nobody asked for are left
/// out.
struct dns_answer {
  int rcode = 0;  ///< 3: no such name
  std::vector<std::string> addresses = {};
  std::vector<std::string> records = {};  ///< whole resource records, in front of the addresses
  bool is_cut = false;  ///< says that the rest is to be asked for over TCP, where nobody listens
  bool to_another_query = false;  ///< has another query's number
  std::string instead = {};  ///< sent behind the query's number instead of all that, when not empty
};

/// A CNAME record of the name that was asked for. `alias`: "other.test".
std::string alias_record(const std::string& alias);

/// A name server on a UDP port of 127.0.0.1 that answers as told, or not at all.
class dns_stub {
 public:
  /// `query`: how many times this name and type were asked before, from 0. Nothing: no answer.
  using script =
      std::function<std::optional<dns_answer>(const std::string& name, bool v6, int query)>;

  explicit dns_stub(script answer);
  ~dns_stub();
  dns_stub(const dns_stub&) = delete;
  dns_stub& operator=(const dns_stub&) = delete;

  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  int queries(const std::string& name, bool v6 = false) const;

 private:
  void serve();
  std::optional<std::string> reply_to(const std::string& packet);

  script answer_;
  int socket_ = -1;
  int stop_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, bool>> asked_;
  std::thread thread_;
};

}  // namespace retail_pulse::test_support
