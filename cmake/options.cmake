# How everything of ours is compiled. Linked as `retail_pulse_options` by every target.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(retail_pulse_options INTERFACE)
target_compile_options(retail_pulse_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor)
target_include_directories(retail_pulse_options INTERFACE ${CMAKE_SOURCE_DIR}/src
  ${CMAKE_SOURCE_DIR})

if(RETAIL_PULSE_SANITIZE STREQUAL "address")
  # vptr: SOCI does not link with it. null: CAF's headers bind null references.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr,null -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(RETAIL_PULSE_SANITIZE STREQUAL "thread")
  # Asio uses fences, which this sanitizer does not know.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  add_link_options(-fsanitize=thread)
elseif(RETAIL_PULSE_SANITIZE STREQUAL "fuzzer")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer comes with Clang, and the compiler is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  # function: Clang 14 puts its check where a coroutine has none, and then cannot write the object
  # file.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=function
    -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  # An index beyond a view is found where it happens, not where it hurts.
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
  add_link_options(-fsanitize=address,undefined)
elseif(RETAIL_PULSE_SANITIZE)
  message(FATAL_ERROR
    "RETAIL_PULSE_SANITIZE is '${RETAIL_PULSE_SANITIZE}'; use 'address', 'thread' or 'fuzzer'")
endif()

# retail_pulse_component(<name> SOURCES a.cpp ... LINKS other ...): the library of one folder,
# `retail_pulse_<name>`, compiled once for the program, the tests and the benchmarks. LINKS are
# other components (as retail_pulse_x) or imported targets.
function(retail_pulse_component name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(retail_pulse_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(retail_pulse_${name} PUBLIC retail_pulse_options ${ARG_LINKS})
endfunction()
