#pragma once

#include <string_view>

/// Texts that are built into the program (see embed.cmake).
namespace retail_pulse::http {

extern const std::string_view
    openapi_json;  ///< the description of the API, made of api/openapi.yaml
extern const std::string_view
    docs_page;  ///< docs/page.html: the frame in which Swagger UI shows it
extern const std::string_view docs_script;         ///< docs/page.js: starts Swagger UI
extern const std::string_view docs_not_installed;  ///< docs/not-installed.html: what is shown
                                                   ///< instead where Swagger UI is not there

}  // namespace retail_pulse::http
