// fetch: gets one image over http or https from an address that may be fetched, and measures it; posts callbacks there. All bounded.
// May use: src/core, src/imaging, OpenSSL, c-ares, libidn2, zlib.
// Never: an actor, a queue of its own (who submits holds a fetch slot), or trust in a byte from the network.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse::fetch {

/// Which version of a file a server sent, in the server's words; to ask later whether it has another.
struct file_version {
  std::string url;            ///< whose response it was: after redirects, canonical; validators mean nothing to any other
  std::string etag;           ///< raw; empty when there was none
  std::string last_modified;  ///< raw; empty when there was none
  bool operator==(const file_version&) const = default;
};

struct request {
  std::string url;
  std::optional<file_version> known = {};  ///< only fetch what is newer; the outcome may then be `not_modified`
};

/// What came of one attempt.
struct outcome {
  error_code code = error_code::none;
  measurement measured;  ///< set when code is none
  std::string detail;    ///< for the log: what exactly went wrong, without the URL's query
  std::string reason;    ///< for the client: see image_result::reason
  bool lasts = false;    ///< every other attempt would end like this: see fault
  /// No attempt: its server was not asked, because too many other fetches were there (origin_unavailable). Not for ever: see
  /// limits::postponed_for.
  bool postponed = false;
  /// With `postponed`: others were asked on the way there, hosts that redirect or an address that did not answer.
  bool asked_others = false;
  fetch_evidence evidence;
  /// Where the next fetch from the URL's origin begins, as far as this one knows: at the address that answered or was found full, else at
  /// the first one of the name. For who counts fetches per address; empty when nothing is known. A redirect does not change it.
  std::string leads_to;
  std::optional<std::chrono::milliseconds> retry_after;  ///< what a status that can pass, or an open circuit, asked for, not yet capped
  bool not_modified = false;            ///< the server has still the version that the request knew; code is none and `measured` empty
  std::optional<file_version> version;  ///< of a file that was measured; nothing when the server named none

  /// Whether another attempt can help.
  bool can_pass() const { return !lasts && retail_pulse::can_pass(code, evidence.http_status); }
};

/// Where a host leads: the address the engine would connect to first now, in text form; empty when the name cannot be resolved, or
/// no address may be fetched (a fetch of it then ends at once with the right code).
using on_resolved = std::function<void(std::string address)>;
using on_fetched = std::function<void(outcome)>;

/// Fetches images. Callbacks come exactly once each, from any thread, possibly before the call returns, and must not block or throw.
class engine {
 public:
  virtual ~engine() = default;

  /// Looks up the address behind a URL's host, from the cache where it can. Never takes a fetch thread.
  virtual void resolve(const std::string& url, on_resolved done) = 0;

  /// One attempt under one total deadline; where it waits for another's first, that one's time comes before. The caller bounds how many are
  /// open: at most as many as there are fetch threads.
  virtual void submit(request request, on_fetched done) = 0;

  /// Cancels what is open (`internal`) and returns when no callback runs any more; later calls are answered at once. May be called twice.
  virtual void stop() = 0;
};

}  // namespace retail_pulse::fetch
