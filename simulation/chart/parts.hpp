#pragma once

#include <string_view>

namespace retail_pulse::simulation {

// The files of this folder that the page is made of; the page marks where the others go.
extern const std::string_view page_html;
extern const std::string_view page_css;
extern const std::string_view page_js;

}  // namespace retail_pulse::simulation
