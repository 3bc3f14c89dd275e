# GPU kernels. A <op>_cuda.cu is compiled twice: by nvcc into ls::cuda (LS_CUDA), and by the C++ compiler against the emulator of native/simt into
# ls::simt (LS_SIMT, test builds). Sets LS_HAVE_CUDA.
set(LS_CUDA AUTO CACHE STRING "CUDA backend: AUTO (if there is an nvcc), ON or OFF")
set(LS_CUDA_ARCHITECTURES "80;90a-real" CACHE STRING "GPUs that kernels are compiled for; 80 also leaves PTX, which later GPUs compile")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" AND NOT LS_SANITIZE MATCHES "thread")
  option(LS_SIMT "The CUDA sources under the emulator, as device simt (tests)" ${BUILD_TESTING})
else()
  set(LS_SIMT OFF) # the emulator switches fibers in x86-64 assembly, and its race detector has ThreadSanitizer's hooks
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
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)

# ls_cuda_kernels(TARGET ARCHITECTURES SOURCES...): kernels as objects, each with ptxas' report beside it; a kernel that spills does not build.
function(ls_cuda_kernels target architectures)
  set(guard ${CMAKE_SOURCE_DIR}/scripts/nvcc_guard.sh)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/native ${CMAKE_SOURCE_DIR}/native/include)
  target_compile_definitions(${target} PRIVATE LS_GPU=cuda)
  target_compile_options(${target} PRIVATE -lineinfo)
  set_target_properties(${target} PROPERTIES CUDA_ARCHITECTURES "${architectures}" CUDA_COMPILER_LAUNCHER ${guard})
  set_source_files_properties(${ARGN} PROPERTIES OBJECT_DEPENDS ${guard})
endfunction()

# ls_simt_sources(OUT FOLDER SOURCES...): kernel files as C++, one generated file in FOLDER each that includes it, since a .cu of a project with CUDA
# belongs to nvcc.
function(ls_simt_sources out folder)
  foreach(source ${ARGN})
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(op ${source} DIRECTORY)
    get_filename_component(op ${op} NAME)
    if(NOT name MATCHES "^${op}") # two ops may have a rows_cuda.cu
      set(name ${op}_${name})
    endif()
    set(wrapper ${folder}/${name}.cc)
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
  ls_simt_options(${target} ${variant})
endfunction()

# The options of a file with kernels, or of the emulator, in a variant.
function(ls_simt_options target variant)
  target_compile_options(${target} PRIVATE -O2 -march=x86-64-v3 -fno-strict-aliasing -Wno-unused-parameter)
  if(variant STREQUAL "race")
    target_compile_options(${target} PRIVATE -g1 -O1 -fsanitize=thread -Wno-tsan -fno-pie)
  elseif(variant STREQUAL "asan") # of UBSan what goes wrong in indices: all of it takes twice the time to compile
    target_compile_options(${target} PRIVATE
      -g1 -O1 -fsanitize=address,signed-integer-overflow,shift,integer-divide-by-zero -fno-sanitize-recover=all)
  elseif(LS_SANITIZE)
    target_compile_options(${target} PRIVATE -O1 -fno-sanitize=undefined)
  endif()
endfunction()
