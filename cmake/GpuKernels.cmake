# GPU kernels. A <op>_cuda.cu is compiled twice: by nvcc into ls::cuda (LS_CUDA), and by the C++ compiler against the emulator of native/simt into ls::simt
# (LS_SIMT, test builds).
set(LS_CUDA AUTO CACHE STRING "CUDA backend: AUTO (if there is an nvcc), ON or OFF")
set(LS_CUDA_ARCHITECTURES "80-real;90a-real" CACHE STRING "GPUs that kernels are compiled for")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  option(LS_SIMT "The CUDA sources under the emulator, as device simt (tests)" ${BUILD_TESTING})
else()
  set(LS_SIMT OFF) # the emulator switches fibers in x86-64 assembly
endif()

set(LS_HAVE_CUDA OFF)
if(NOT LS_CUDA STREQUAL "OFF")
  set(CMAKE_CUDA_ARCHITECTURES "${LS_CUDA_ARCHITECTURES}") # before check_language, which otherwise settles for nvcc's default
  if(NOT DEFINED CMAKE_CUDA_HOST_COMPILER)
    set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}")
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    set(LS_HAVE_CUDA ON)
  elseif(LS_CUDA STREQUAL "ON")
    message(FATAL_ERROR "LS_CUDA=ON, but no working nvcc was found")
  endif()
endif()

# Kernel files as C++: one generated file each that includes it, since a .cu of a project with CUDA belongs to nvcc.
function(ls_simt_sources out)
  foreach(source ${ARGN})
    get_filename_component(name ${source} NAME_WE)
    set(wrapper ${CMAKE_BINARY_DIR}/simt/${name}.cc)
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"${source}\"\n" @ONLY)
    list(APPEND wrappers ${wrapper})
  endforeach()
  set(${out} ${wrappers} PARENT_SCOPE)
endfunction()

# ls_simt_library(NAME VARIANT SOURCES...): emulated kernels as objects. VARIANT plain, race (accesses are reported to the detector; libtsan is not
# linked) or asan.
function(ls_simt_library target variant)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/native ${CMAKE_SOURCE_DIR}/native/include)
  target_compile_definitions(${target} PUBLIC LS_SIMT LS_GPU=simt)
  target_compile_options(${target} PRIVATE -O2 -g -march=x86-64-v3 -fno-strict-aliasing -Wno-unused-parameter)
  if(variant STREQUAL "race")
    target_compile_options(${target} PRIVATE -fsanitize=thread -Wno-tsan -fno-pie)
  elseif(variant STREQUAL "asan")
    target_compile_options(${target} PRIVATE -O1 -fsanitize=address,undefined -fno-sanitize=enum -fno-sanitize-recover=all)
  endif()
endfunction()
