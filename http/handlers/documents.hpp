#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/response/fixed_content.hpp"
#include "http/routes.hpp"

namespace retail_pulse::http {

/// The files of Swagger UI that the page of the API needs.
struct swagger_ui {
  fixed_content script;
  fixed_content style;

  /// Reads them from a folder as scripts/install-docs fills it; nothing where one of them is missing, empty or larger than
  /// limits::docs_file_bytes.
  static std::optional<swagger_ui> read(const std::string& folder);
};

/// The description of the API for programs, and as a page for people. Everything is in memory, under fixed names: no path of a request gets
/// near the file system.
class document_handlers {
 public:
  /// Reads from the first of the folders that has Swagger UI. Where none has it, the page says how to install it.
  explicit document_handlers(const std::vector<std::string>& docs_folders);

  /// This must outlive the table.
  void add_routes(route_table& table) const;

 private:
  void page(const request& r, const responder& answer) const;
  void file_of_swagger_ui(const request& r, const responder& answer, fixed_content swagger_ui::*file) const;

  const fixed_content description_;
  const std::optional<swagger_ui> swagger_ui_;
  const fixed_content page_;
  const fixed_content script_;
};

}  // namespace retail_pulse::http
