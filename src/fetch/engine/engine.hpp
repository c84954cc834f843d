// engine: fetches one image over http or https and measures it, everything bounded: attempts over
// redirects, shared fetches, circuit breakers, permits per server, kept pictures, retry policy.
// May use: src/core, src/crypto, src/files, src/imaging, and the other rooms of fetch.
// Never: an actor, a queue of its own (each caller holds a fetch slot), or trust in a byte from the
// network.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/error_code.hpp"
#include "core/image.hpp"

namespace retail_pulse::fetch {

/// How much of a file is fetched: all of it, which is then checked to be complete, or only the
/// bytes that hold the dimensions.
enum class mode : std::uint8_t { full, header };

/// The validators of a file that a server sent, for a conditional request later.
struct file_version {
  std::string
      url;  ///< of the response, after redirects, canonical; validators are valid for it only
  std::string etag;           ///< raw; empty if missing
  std::string last_modified;  ///< raw; empty if missing
  bool operator==(const file_version&) const = default;
};

struct request {
  std::string url;
  std::optional<file_version> known =
      {};  ///< fetch only a newer version; the outcome may then be `not_modified`
  /// Whether the attempt is to end because others wait for its place. Asked from any thread, again
  /// and again, while the first host has not answered for limits::first_look. Empty: never.
  std::function<bool()> gives_way = {};
};

/// Whether the origin of the URL could be reached; where it redirects is another matter.
enum class contact : std::uint8_t {
  none,     ///< it was not asked, or the attempt ended before it was known
  reached,  ///< the head of a response came
  failed,   ///< no address, no connection, no TLS, or silence
};

/// The outcome of one attempt.
struct outcome {
  error_code code = error_code::none;
  measurement measured;  ///< set if `code` is `none`
  std::string detail;    ///< for the log: the exact cause, without the URL's query
  std::string reason;    ///< for the client: see image_result::reason
  bool lasts = false;    ///< another attempt would fail alike: see fault
  /// Does not count as an attempt (origin_unavailable): the server was not asked, because too many
  /// other fetches were at it, or it was not waited for. Bounded by limits::postponed_for.
  bool postponed = false;
  bool gave_way = false;  ///< with `postponed`: see request::gives_way
  /// With `postponed`: other servers were asked before: hosts that redirected, or an address that
  /// did not answer.
  bool asked_others = false;
  contact with_origin = contact::none;
  fetch_evidence evidence;
  /// The address at which the next fetch from the URL's origin will probably begin: the one that
  /// answered or was full, else the first of the name. For limits per address; empty if unknown. A
  /// redirect does not change it.
  std::string leads_to;
  /// From a response whose status may pass, or from an open circuit; not yet capped.
  std::optional<std::chrono::milliseconds> retry_after;
  bool not_modified =
      false;  ///< the server still has the known version; `code` is `none`, `measured` empty
  std::optional<file_version>
      version;  ///< of a measured file; nothing if the server sent no validators

  /// Whether another attempt may succeed.
  bool can_pass() const { return !lasts && retail_pulse::can_pass(code, evidence.http_status); }
};

/// Whether the host that was asked last in this attempt could be reached. A host that answers is
/// reached, whatever it answers: an error is a matter of one URL.
contact contact_of(const outcome& last);

/// The outcome of an attempt that failed because of this service.
inline outcome internal_failure(std::string detail) {
  outcome result;
  result.code = error_code::internal;
  result.detail = std::move(detail);
  return result;
}

/// Receives the address that the engine would connect to first, in text form. Empty if the name
/// cannot be resolved or is blocked; a fetch then fails at once with the right code.
using on_resolved = std::function<void(std::string address)>;
using on_fetched = std::function<void(outcome)>;

/// Fetches images. Each callback is called exactly once, from any thread, possibly before the call
/// returns, and must not block or throw.
class engine {
 public:
  virtual ~engine() = default;

  /// Looks up the address of a URL's host, from the cache if possible. Never uses a fetch thread.
  virtual void resolve(const std::string& url, on_resolved done) = 0;

  /// Makes one attempt under one total deadline; an attempt that first joins another one waits for
  /// that one's deadline too. The caller keeps at most as many open as there are fetch threads.
  virtual void submit(request request, on_fetched done) = 0;

  /// Cancels open attempts (`internal`) and returns when no callback runs any more. Later calls end
  /// at once. May be called twice.
  virtual void stop() = 0;
};

}  // namespace retail_pulse::fetch
