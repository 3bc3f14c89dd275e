# ls_cpu_kernels(TARGET SOURCES...): compiles each source once for each instruction set into object libraries TARGET_plain, TARGET_avx2,
# TARGET_avx512. LS_ISA names the namespace of the variant; native/runtime/isa.h picks one at run time.
include(CheckCXXCompilerFlag)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(LS_ISAS plain avx2 avx512)
  set(LS_FLAGS_avx2 -march=x86-64-v3)
  set(LS_FLAGS_avx512 -march=x86-64-v4 -mprefer-vector-width=512)
  add_compile_definitions(LS_X86)
else()
  set(LS_ISAS plain)
endif()

# Inline and template functions of these files become local to their object, so that the linker never takes one variant's copy of std::exp for all
# (native/testing/kernel_symbols.sh). GCC has the flag; elsewhere optimised builds inline such functions, and the test tells.
check_cxx_compiler_flag(-fno-weak LS_HAVE_NO_WEAK)
if(LS_HAVE_NO_WEAK)
  set(LS_NO_WEAK -fno-weak)
endif()

function(ls_cpu_kernels target)
  foreach(isa ${LS_ISAS})
    add_library(${target}_${isa} OBJECT ${ARGN})
    target_compile_definitions(${target}_${isa} PRIVATE LS_ISA=${isa})
    target_compile_options(${target}_${isa} PRIVATE ${LS_FLAGS_${isa}} ${LS_NO_WEAK})
    target_include_directories(${target}_${isa} PRIVATE ${CMAKE_SOURCE_DIR}/native ${CMAKE_SOURCE_DIR}/native/include)
    target_link_libraries(${target}_${isa} PRIVATE OpenMP::OpenMP_CXX)
  endforeach()
endfunction()

# Tests that the objects of TARGET hold no weak code that could be taken for another instruction set's, and that the check finds one.
function(ls_test_kernel_symbols target)
  set(script ${CMAKE_SOURCE_DIR}/native/testing/kernel_symbols.sh)
  foreach(isa avx2 avx512)
    if(isa IN_LIST LS_ISAS)
      add_test(NAME kernel_symbols_${isa} COMMAND ${script} ${CMAKE_NM} ${isa} $<TARGET_OBJECTS:${target}_${isa}> COMMAND_EXPAND_LISTS)
    endif()
  endforeach()
  add_library(weak_symbol OBJECT ${CMAKE_SOURCE_DIR}/native/testing/weak_symbol.cc)
  add_test(NAME kernel_symbols_finds_one COMMAND ${script} ${CMAKE_NM} avx2 $<TARGET_OBJECTS:weak_symbol> COMMAND_EXPAND_LISTS)
  set_tests_properties(kernel_symbols_finds_one PROPERTIES PASS_REGULAR_EXPRESSION "weak_symbol\\(int\\)")
endfunction()
