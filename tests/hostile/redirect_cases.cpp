#include "core/limits.hpp"
#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

std::string redirect_to(const std::string& location) {
  return http_response(302, "", "Location: " + location + "\r\n");
}

hostile_case redirect(std::string name, error_code expected, origin::script run,
                      std::chrono::milliseconds deadline = ample_deadline) {
  return {.name = "redirect: " + std::move(name),
          .expected = expected,
          .run = std::move(run),
          .deadline = deadline};
}

/// One host that sends everybody to `location`.
hostile_case redirect(std::string name, error_code expected, const std::string& location) {
  return redirect(std::move(name), expected, test_support::serving(redirect_to(location)));
}

/// "/n" leads to "/n-1", and "/0" to a picture.
origin::script chain(int hops) {
  return [hops](session& with) {
    while (const auto request = with.read_request()) {
      const auto path = test_support::path_of(*request);
      const int at = path == "/" ? hops : std::stoi(path.substr(1));
      if (!with.send(at == 0 ? http_response(200, picture())
                             : redirect_to("/" + std::to_string(at - 1))))
        return;
    }
  };
}

/// A location with {healthy} or another place that only the running case knows: it travels in the
/// request's path.
hostile_case redirect_elsewhere(std::string name, error_code expected, const std::string& place,
                                std::chrono::milliseconds deadline = ample_deadline) {
  auto made = redirect(
      std::move(name), expected,
      [](session& with) {
        while (const auto request = with.read_request()) {
          if (!with.send(redirect_to(test_support::path_of(*request).substr(1)))) return;
        }
      },
      deadline);
  made.url += place;
  return made;
}

}  // namespace

cases redirect_cases() {
  using enum error_code;
  cases all{
      redirect("five hops", none, chain(limits::redirects)),
      redirect("six hops", too_many_redirects, chain(limits::redirects + 1)),
      redirect("a circle", too_many_redirects, std::string{"/"}),
      redirect("deeper and deeper", too_many_redirects,
               [](session& with) {
                 while (const auto request = with.read_request()) {
                   if (!with.send(redirect_to(test_support::path_of(*request) + "aaaa/"))) return;
                 }
               }),
      redirect(
          "each hop takes its time", timed_out,
          [](session& with) {
            while (with.read_request()) {
              with.pause(150ms);
              if (!with.send(redirect_to("/"))) return;
            }
          },
          short_deadline),
      redirect("to a private address", blocked_address, std::string{"http://10.0.0.1/"}),
      redirect("to a private address in octal", blocked_address, std::string{"http://012.0.0.1/"}),
      redirect("to cloud metadata", blocked_address, std::string{"http://169.254.169.254/latest/"}),
      redirect("to IPv6 loopback without scheme", blocked_address, std::string{"//[::1]/"}),
      redirect("to a private address in full-width digits", blocked_address,
               std::string{"http://\uFF11\uFF10\uFF0E0\uFF0E0\uFF0E1/"}),
      redirect("to bytes that are no UTF-8", invalid_url, std::string{"http://\xff\xfe/"}),
      redirect("to a file", invalid_url, std::string{"file:///etc/passwd"}),
      redirect("to inline data", invalid_url,
               std::string{"data:image/gif;base64,R0lGODlhAQABAAAAACw="}),
      redirect("to another protocol", invalid_url, std::string{"ftp://127.0.0.1/picture.gif"}),
      redirect("to a port of 5 digits above 65535", invalid_url,
               std::string{"http://127.0.0.1:99999/"}),
      redirect("to a port of 40 digits", invalid_url,
               "http://127.0.0.1:" + std::string(40, '9') + "/"),
      redirect("to a port in words", invalid_url, std::string{"http://127.0.0.1:http/"}),
      redirect("to a mail server's port", invalid_url, std::string{"http://127.0.0.1:25/"}),
      redirect("to user info", invalid_url, std::string{"http://user:secret@127.0.0.1/"}),
      redirect("to a host without name", invalid_url, std::string{"http://:80/"}),
      redirect("to a location of 9 KiB", protocol_error, "/" + std::string(9 * limits::kib, 'a')),
      redirect("to a location with a NUL", protocol_error, "/a"s + '\0' + "b"),
      redirect("to an empty location", http_status, std::string{}),
      redirect("to nowhere", http_status, test_support::serving(http_response(302, ""))),
      redirect("300 with choices", http_status,
               test_support::serving(http_response(300, "", "Location: /\r\n"))),
      redirect("to two places", blocked_address,
               test_support::serving(http_response(
                   302, "", "Location: http://10.0.0.1/\r\nLocation: http://127.0.0.1/\r\n"))),
      redirect("with an endless body", too_many_redirects,
               test_support::endless("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
                                     std::string(65536, 'x'))),
      redirect_elsewhere("to a healthy host", none, "http://127.0.0.1:{healthy}/"),
      redirect_elsewhere("to a name that does not exist", dns_failed, "http://nowhere.test/"),
      redirect_elsewhere("to a closed port", connect_failed, "http://127.0.0.1:{closed}/"),
      redirect_elsewhere("to a listener that never accepts", timed_out,
                         "http://127.0.0.1:{silent}/", short_deadline),
      redirect_elsewhere("to https at a host that waits for plain HTTP", timed_out,
                         "https://127.0.0.1:{healthy}/", short_deadline),
  };
  all.push_back(redirect_elsewhere("to a host that is not allowed", blocked_address,
                                   "http://other.test:{healthy}/"));
  all.back().tune = [](fetch::engine_options& options) { options.allow_hosts = {"127.0.0.1"}; };
  return all;
}

}  // namespace retail_pulse::hostile
