# cmake -DFOLDER=<folder of NNNN_name.sql> -DOUTPUT=<file.cpp> -P embed_migrations.cmake
# Writes the migrations as C++: version and name from the file's name, SHA-256 and text from its
# content, in order of version.
cmake_minimum_required(VERSION 3.25)
file(GLOB files LIST_DIRECTORIES false ${FOLDER}/*.sql)
list(SORT files)

set(rows "")
set(expected 1)
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WE)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_words.sql")
  endif()
  string(REGEX REPLACE "^0*([0-9]+)$" "\\1" version ${CMAKE_MATCH_1})
  set(words ${CMAKE_MATCH_2})
  if(NOT version EQUAL expected)
    message(FATAL_ERROR
      "${file}: the next version is ${expected}; versions have no gaps and no doubles")
  endif()
  math(EXPR expected "${expected} + 1")
  file(SHA256 ${file} checksum)
  file(READ ${file} sql)
  if(sql MATCHES "\\)migration\"")
    message(FATAL_ERROR "${file}: contains the text that ends the C++ string it is put into")
  endif()
  string(APPEND rows
    "    {${version}, \"${words}\", \"${checksum}\", R\"migration(${sql})migration\"},\n")
endforeach()
if(rows STREQUAL "")
  message(FATAL_ERROR "${FOLDER}: no migrations")
endif()

file(WRITE ${OUTPUT} "// Made by src/storage/embed_migrations.cmake.
#include \"storage/migrations.hpp\"

namespace retail_pulse::storage {
namespace {
constexpr migration all[] = {
${rows}};
}  // namespace

std::span<const migration> sqlite_migrations() { return all; }
}  // namespace retail_pulse::storage
")
