# cmake -DOPENAPI=<openapi.json> -DFOLDER=<http> -DOUTPUT=<file.cpp> -P embed.cmake
# Writes the description of the API and the texts of docs/ as C++, as http/embedded.hpp declares
# them.
cmake_minimum_required(VERSION 3.25)
set(texts "")
foreach(pair openapi_json=${OPENAPI} docs_page=${FOLDER}/docs/page.html
    docs_script=${FOLDER}/docs/page.js docs_not_installed=${FOLDER}/docs/not-installed.html)
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 file)
  file(READ ${file} text)
  if(text MATCHES "\\)embedded\"")
    message(FATAL_ERROR "${file}: contains the text that ends the C++ string it is put into")
  endif()
  string(APPEND texts "const std::string_view ${name} = R\"embedded(${text})embedded\";\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by http/embed.cmake.
#include \"http/embedded.hpp\"

namespace retail_pulse::http {
${texts}}  // namespace retail_pulse::http
")
