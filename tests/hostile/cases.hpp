// hostile: every way we know in which an image host, its name server or its network can do harm,
// and what it must come to. May use: tests/support, the builders of image files, the engine behind
// its interface. Never: the network beyond loopback, or a bound on time other than deadline + 5 s.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/error_code.hpp"
#include "fetch/engine/blocking_engine.hpp"
#include "tests/support/misbehaviour.hpp"
#include "tests/support/origin_dns.hpp"
#include "tests/support/origin_tls.hpp"

namespace retail_pulse::hostile {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test_support::dns_answer;
using test_support::http_response;
using test_support::origin;
using test_support::session;

/// What ends by itself ends long before this, also under a sanitizer on a busy machine,
inline constexpr std::chrono::milliseconds ample_deadline = 20s;
/// and what does not, ends at this one.
inline constexpr std::chrono::milliseconds short_deadline = 400ms;

struct hostile_case {
  std::string name;  ///< "where: what", the same words for the same place
  error_code expected = error_code::none;
  std::uint32_t width = 10;  ///< and height: of the picture, where one is expected all the same
  std::uint32_t height = 10;
  std::string reason =
      {};  ///< that a client reads behind the sentence of the code; not looked at where it is empty

  origin::script run = {};  ///< what the host does; none: there is no host
  std::function<test_support::tls_identity(const test_support::test_authority&)> tls = {};
  test_support::dns_stub::script names = {};  ///< what the name server says; none: no name is known

  /// Where the host listens. What is at 127.0.0.1 at the same port, when that is another place:
  /// nobody, or a listener whose backlog is full.
  std::string host_address = "127.0.0.1";
  bool silent_before = false;

  /// {port}: of this case's host. {healthy}: of a host that serves good pictures. {closed}: nobody
  /// listens there. {silent}: a listener whose backlog is full. {ca}: not in URLs.
  std::string url = "http://127.0.0.1:{port}/";
  std::chrono::milliseconds deadline = ample_deadline;
  std::function<void(fetch::engine_options&)> tune = {};
};

using cases = std::vector<hostile_case>;
cases name_cases();        ///< the name server
cases address_cases();     ///< where a URL leads
cases connection_cases();  ///< TCP
cases tls_cases();
cases head_cases();  ///< status line and headers
cases body_cases();  ///< lengths, chunks, codings
cases redirect_cases();
cases range_cases();    ///< header mode
cases content_cases();  ///< what the file is
cases side_cases();     ///< how large it says that it is
cases packed_cases();   ///< how it is coded
cases damage_cases();   ///< every format, cut
cases all_cases();

/// A picture of 10 x 10 in 28 bytes.
inline std::string picture() { return test_support::tiny_gif(10, 10); }
inline constexpr const char* ok = "HTTP/1.1 200 OK\r\n";

}  // namespace retail_pulse::hostile
