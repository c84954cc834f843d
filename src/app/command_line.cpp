#include "app/command_line.hpp"

#include <algorithm>
#include <cstdio>

namespace retail_pulse::app {

std::optional<int> parse_words(CLI::App& app, const words& arguments) {
  words reversed = arguments;  // CLI11 wants the last word first
  std::ranges::reverse(reversed);
  try {
    app.parse(std::move(reversed));
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return exit_ok;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
    return exit_usage;
  }
}

std::string url_of(std::string_view address, std::uint16_t port) {
  const std::string host = address.find(':') == std::string_view::npos ? std::string{address} : "[" + std::string{address} + "]";
  return "http://" + host + ":" + std::to_string(port);
}

}  // namespace retail_pulse::app
