# What can be chosen. The summary printed at the end of the configuration says what was.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(LS_GEMM "onednn" CACHE STRING "Matrix products of the CPU backend: onednn, or reference (slow, no dependency)")
set_property(CACHE LS_GEMM PROPERTY STRINGS onednn reference)
if(NOT LS_GEMM MATCHES "^(onednn|reference)$")
  message(FATAL_ERROR "LS_GEMM: expected onednn or reference but found ${LS_GEMM}")
endif()
set(LS_SANITIZE "" CACHE STRING "Sanitizers of the native build, e.g. address,undefined")
set(LS_DEPS_DIR "${CMAKE_BINARY_DIR}/deps" CACHE PATH "Where Maven unpacked the JavaCPP presets jars (scripts/fetch_deps.sh does it without a build)")

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON) # vector extensions, see native/runtime/vec.h
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# No -ffast-math: NaN and -inf mean something here. These two only drop errno and trap bookkeeping.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wno-unknown-pragmas;-Wno-psabi;-fno-math-errno;-fno-trapping-math>")
if(LS_SANITIZE)
  # A caller in C may put any int into an enum of the API; the code checks it, and without -fstrict-enums every value is one.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${LS_SANITIZE};-fno-sanitize=enum;-fno-omit-frame-pointer;-fno-sanitize-recover=all;-g>")
  add_link_options(-fsanitize=${LS_SANITIZE})
endif()
