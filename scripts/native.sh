#!/bin/sh
# Configures, builds and tests the native library with CMake; Maven calls it, and it works alone after scripts/fetch_deps.sh.
#   scripts/native.sh build             liblodestone.so and the benchmark program       first time about a minute on 2 cores, then under a second
#   scripts/native.sh test              also the tests, run by ctest
#   scripts/native.sh sanitize          the tests under AddressSanitizer and UBSan, in a build folder of their own
# Environment: LS_BUILD_DIR (default: build/ at the top), LS_CMAKE_ARGS (more words for the configuration, e.g. "-DLS_GEMM=reference").
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
build=${LS_BUILD_DIR:-$top/build}
deps=$build/deps

"$top/scripts/check_tools.sh" cmake c++

# Two builds at once (two terminals, or a command that finds nothing built) take turns.
mkdir -p "$build"
if [ "${LS_LOCKED:-}" != "$build" ] && command -v flock >/dev/null 2>&1; then
  LS_LOCKED=$build exec flock "$build/.lock" "$0" "$@"
fi

# configure DIR OPTION...: once; afterwards the build itself notices changed CMake files.
configure() {
  dir=$1; shift
  [ -f "$dir/build.ninja" ] || [ -f "$dir/Makefile" ] && return
  generator=
  command -v ninja >/dev/null 2>&1 && generator="-G Ninja"
  # shellcheck disable=SC2086  # both are lists of words
  cmake -S "$top" -B "$dir" $generator -DLS_DEPS_DIR="$deps" "$@" ${LS_CMAKE_ARGS:-}
}

# make DIR TARGET...: quiet unless something is wrong or was compiled.
make() {
  dir=$1; shift
  cmake --build "$dir" --parallel "$(nproc)" --target "$@"
}

case ${1:-} in
  build)
    configure "$build"
    make "$build" lodestone lodestone_bench ;;
  test)
    configure "$build"
    make "$build" all
    ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure --no-tests=error ;;
  sanitize)
    configure "$build/sanitize" -DLS_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo -DLS_CUDA=OFF
    make "$build/sanitize" all
    # Leaks are looked for too; oneDNN and OpenMP keep their thread pools until the process ends.
    ctest --test-dir "$build/sanitize" --parallel "$(nproc)" --output-on-failure --no-tests=error ;;
  *)
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
