# cmake -DVERSION=<of the program> -DFOLDER=<http> -DOUTPUT=<file.cpp> -P embed.cmake
# Writes openapi.json and the texts of docs/ as C++, as http/embedded.hpp declares them. Fails where the document is no JSON, or of another version.
cmake_minimum_required(VERSION 3.25)
set(texts "")
foreach(pair openapi_json=openapi.json docs_page=docs/page.html docs_script=docs/page.js docs_not_installed=docs/not-installed.html)
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 file)
  file(READ ${FOLDER}/${file} text)
  if(text MATCHES "\\)embedded\"")
    message(FATAL_ERROR "${file}: contains the text that ends the C++ string it is put into")
  endif()
  if(name STREQUAL openapi_json)
    string(JSON described ERROR_VARIABLE problem GET "${text}" info version)
    if(NOT described STREQUAL VERSION)
      message(FATAL_ERROR "${file}: info.version is '${described}', the program is ${VERSION} ${problem}")
    endif()
  endif()
  string(APPEND texts "const std::string_view ${name} = R\"embedded(${text})embedded\";\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by http/embed.cmake.
#include \"http/embedded.hpp\"

namespace retail_pulse::http {
${texts}}  // namespace retail_pulse::http
")
