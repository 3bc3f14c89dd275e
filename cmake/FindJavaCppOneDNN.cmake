# oneDNN out of the JavaCPP presets jar (org.bytedeco:dnnl, classifier linux-x86_64), unpacked below LS_DEPS_DIR. The jar's own CMake package expects
# the library under lib/ while it lies at the root, so the imported target is made here.
set(_root "${LS_DEPS_DIR}/org/bytedeco/dnnl/linux-x86_64")
find_path(JavaCppOneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.h HINTS "${_root}/include" NO_DEFAULT_PATH)
find_library(JavaCppOneDNN_LIBRARY NAMES libdnnl.so.3 HINTS "${_root}" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JavaCppOneDNN
  REQUIRED_VARS JavaCppOneDNN_LIBRARY JavaCppOneDNN_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run scripts/fetch_deps.sh, or configure with -DLS_GEMM=reference")
if(JavaCppOneDNN_FOUND AND NOT TARGET JavaCpp::dnnl)
  add_library(JavaCpp::dnnl SHARED IMPORTED)
  set_target_properties(JavaCpp::dnnl PROPERTIES
    IMPORTED_LOCATION "${JavaCppOneDNN_LIBRARY}" IMPORTED_SONAME libdnnl.so.3 INTERFACE_INCLUDE_DIRECTORIES "${JavaCppOneDNN_INCLUDE_DIR}")
endif()
