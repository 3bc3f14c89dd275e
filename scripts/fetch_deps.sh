#!/bin/sh
# Unpacks oneDNN (out of its JavaCPP presets jar) into build/deps, so that CMake works without a Maven build.
# Cost: 30 MB over the network once, 95 MB on disk, some seconds. Needs a JDK and Maven.
set -eu
cd "$(dirname "$0")/.."
scripts/check_tools.sh java mvn
mvn -q -B -ntp -pl java/engine dependency:unpack@unpack-onednn
echo "oneDNN is in build/deps; next: cmake -S . -B build && cmake --build build"
