#!/bin/sh
# Builds what ./lodestone runs, without tests, and shows how far it is.
# Cost: two minutes on 2 cores the first time, four where nvcc is, and some 60 MB over the network where Maven's cache is empty.
set -eu
cd "$(dirname "$0")/.."
scripts/check_tools.sh java mvn cmake c++
mkdir -p build
log=build/build.log

# One build at a time; who waited finds it done.
if command -v flock >/dev/null 2>&1; then
  exec 9>build/.build-lock
  flock -n 9 || { echo "lodestone: waiting for another build of this folder"; flock 9; }
fi
for jar in java/cli/target/lodestone-cli-*.jar; do [ ! -f "$jar" ] || exit 0; done

echo "lodestone: building, once (two to four minutes on 2 cores; log: $PWD/$log)"
mvn -B -ntp -DskipTests -Dmaven.test.skip=true package >$log 2>&1 9>&- &
maven=$!
# The modules, and every tenth step of the native build.
tail -n +1 -f --pid=$maven $log 2>/dev/null | awk '
  /^\[INFO\] Building Lodestone/ { sub(/^\[INFO\] Building /, ""); print "  " $0; fflush() }
  /^\[ *[0-9]+\/[0-9]+\]|^\[ *[0-9]+%\]/ { if (n++ % 10 == 0) { print "    " $1 " native"; fflush() } }' || true
if ! wait $maven; then
  grep -E '^\[ERROR\]|error:|Error' $log | head -n 20
  echo "lodestone: the build failed; all of it is in $PWD/$log"
  exit 1
fi
echo "lodestone: built"
