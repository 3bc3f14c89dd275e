# oneDNN out of the JavaCPP presets jar (org.bytedeco:dnnl), unpacked below LS_DEPS_DIR. The jar's own CMake package expects the library under lib/
# while it lies at the root, so the imported target JavaCpp::dnnl is made here. Nothing is cached: another LS_DEPS_DIR is seen at once.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(_root "${LS_DEPS_DIR}/org/bytedeco/dnnl/linux-arm64")
else()
  set(_root "${LS_DEPS_DIR}/org/bytedeco/dnnl/linux-x86_64")
endif()
set(_version_header "${_root}/include/oneapi/dnnl/dnnl_version.h")

foreach(_file libdnnl.so.3 include/oneapi/dnnl/dnnl.h)
  if(NOT EXISTS "${_root}/${_file}")
    set(_missing "no ${_file} in ${_root}. ")
  endif()
endforeach()
if(NOT _missing)
  set(JavaCppOneDNN_LIBRARY "${_root}/libdnnl.so.3")
  set(JavaCppOneDNN_INCLUDE_DIR "${_root}/include")
  # The numbers are for the summary.
  foreach(_part MAJOR MINOR PATCH)
    file(STRINGS "${_version_header}" _line REGEX "^#define +DNNL_VERSION_${_part} +[0-9]+" LIMIT_COUNT 1)
    string(REGEX MATCH "[0-9]+$" _number "${_line}")
    list(APPEND _numbers ${_number})
  endforeach()
  string(REPLACE ";" "." JavaCppOneDNN_VERSION "${_numbers}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JavaCppOneDNN
  REQUIRED_VARS JavaCppOneDNN_LIBRARY JavaCppOneDNN_INCLUDE_DIR
  VERSION_VAR JavaCppOneDNN_VERSION
  REASON_FAILURE_MESSAGE "${_missing}Run scripts/fetch_deps.sh, point LS_DEPS_DIR to the unpacked jar, or configure with -DLS_GEMM=reference")
if(JavaCppOneDNN_FOUND AND NOT TARGET JavaCpp::dnnl)
  add_library(JavaCpp::dnnl SHARED IMPORTED)
  set_target_properties(JavaCpp::dnnl PROPERTIES
    IMPORTED_LOCATION "${JavaCppOneDNN_LIBRARY}" IMPORTED_SONAME libdnnl.so.3 INTERFACE_INCLUDE_DIRECTORIES "${JavaCppOneDNN_INCLUDE_DIR}")
endif()
unset(_missing)
unset(_numbers)
