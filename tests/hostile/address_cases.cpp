#include "tests/hostile/cases.hpp"

namespace retail_pulse::hostile {
namespace {

/// The host is there, and would serve a picture.
hostile_case at(std::string url, error_code expected, std::string what) {
  return {.name = "address: " + std::move(what),
          .expected = expected,
          .run = test_support::serving(http_response(200, picture())),
          .url = std::move(url)};
}

}  // namespace

cases address_cases() {
  using enum error_code;
  cases all{
      at("http://10.0.0.1:{port}/", blocked_address, "private"),
      at("http://0x0a000001:{port}/", blocked_address, "private in hexadecimal"),
      at("http://0/", blocked_address, "unspecified in short"),
      at("http://169.254.169.254/latest/meta-data/", blocked_address, "cloud metadata"),
      at("http://[::1]:{port}/", blocked_address, "IPv6 loopback"),
      at("http://[::ffff:192.168.0.1]:{port}/", blocked_address, "mapped"),
      at("http://127.1:{port}/", none, "loopback in short, which is opened here"),
      at("http://\uFF11\uFF12\uFF17\u3002\uFF11:{port}/", none,
         "loopback in full-width digits, which is opened here"),
      at("http://\uFF11\uFF10\u30020\u30020\u30021:{port}/", blocked_address,
         "private in full-width digits"),
      at("http://xn--a.test:{port}/", invalid_url, "punycode of nothing"),
      at("http://user@127.0.0.1:{port}/", invalid_url, "user info"),
      at("http://127.0.0.1:25/", invalid_url, "a mail server's port"),
      at("http://127.0.0.1:6000/", invalid_url, "a display's port"),
      at("gopher://127.0.0.1:{port}/", invalid_url, "another scheme"),
      at("file:///etc/passwd", invalid_url, "a file"),
  };
  all.push_back(at("http://127.0.0.1:{port}/", blocked_address, "not opened"));
  all.back().tune = [](fetch::engine_options& options) { options.allow_addresses.clear(); };
  all.push_back(at("http://127.0.0.1:{port}/", blocked_address, "not among the allowed hosts"));
  all.back().tune = [](fetch::engine_options& options) { options.allow_hosts = {"photos.test"}; };
  all.push_back(at("http://evilphotos.test:{port}/", blocked_address,
                   "a host that only ends like an allowed one"));
  all.back().tune = [](fetch::engine_options& options) { options.allow_hosts = {"photos.test"}; };
  return all;
}

}  // namespace retail_pulse::hostile
