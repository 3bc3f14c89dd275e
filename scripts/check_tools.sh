#!/bin/sh
# Says what is missing to build Lodestone and how to get it. Takes no time.
# usage: scripts/check_tools.sh TOOL...      of java mvn cmake c++; exit 1 with a sentence for each that is missing or too old
missing= packages=

lacks() { missing="$missing
  $1"; packages="$packages $2"; }

# at_least HAVE WANT: HAVE is a version of at least WANT
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

for tool in "$@"; do
  case $tool in
    java)
      javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
      if ! command -v "$javac" >/dev/null 2>&1; then
        lacks "JDK 17 or newer: javac is not on the PATH${JAVA_HOME:+ (JAVA_HOME is $JAVA_HOME)}" openjdk-17-jdk-headless
      else
        have=$("$javac" -version 2>&1 | sed -n 's/^javac \([0-9.]*\).*/\1/p')
        at_least "${have:-0}" 17 || lacks "JDK 17 or newer: $javac is version ${have:-unknown}" openjdk-17-jdk-headless
      fi ;;
    mvn)
      command -v mvn >/dev/null 2>&1 || lacks "Apache Maven 3.6 or newer: mvn is not on the PATH" maven ;;
    cmake)
      if ! command -v cmake >/dev/null 2>&1; then
        lacks "CMake 3.22 or newer: cmake is not on the PATH" cmake
      else
        have=$(cmake --version | sed -n 's/^cmake version \([0-9.]*\).*/\1/p')
        at_least "${have:-0}" 3.22 || lacks "CMake 3.22 or newer: found version ${have:-unknown}" cmake
      fi
      command -v ninja >/dev/null 2>&1 || command -v make >/dev/null 2>&1 || lacks "ninja or make: neither is on the PATH" ninja-build ;;
    c++)
      command -v "${CXX:-c++}" >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 ||
        lacks "a C++17 compiler: ${CXX:-c++} is not on the PATH" g++ ;;
  esac
done

[ -z "$missing" ] && exit 0
{
  printf 'lodestone: this is missing to build the project:%s\n' "$missing"
  printf 'On Debian or Ubuntu: sudo apt-get install -y%s\n' "$packages"
} >&2
exit 1
