# cmake -DFOLDER=<simulation/chart> -DOUTPUT=<file.cpp> -P embed.cmake
# Writes the parts of the page as C++, as simulation/chart/parts.hpp declares them.
cmake_minimum_required(VERSION 3.25)
set(texts "")
foreach(name page.html page.css page.js)
  file(READ ${FOLDER}/${name} text)
  if(text MATCHES "\\)embedded\"")
    message(FATAL_ERROR "${name}: contains the text that ends the C++ string it is put into")
  endif()
  string(REPLACE "." "_" variable ${name})
  string(APPEND texts "const std::string_view ${variable} = R\"embedded(${text})embedded\";\n")
endforeach()

file(WRITE ${OUTPUT} "// Made by simulation/chart/embed.cmake.
#include \"simulation/chart/parts.hpp\"

namespace retail_pulse::simulation {
${texts}}  // namespace retail_pulse::simulation
")
