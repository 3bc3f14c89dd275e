#!/bin/sh
# Trains the model that the quickstart extends anew and writes it as a model folder; what is in the repository was made so (its card, README.md, says more).
# Cost: three to five minutes on 2 cores, 600 MB of memory, no GPU, no network. Needs a finished build (mvn -DskipTests package).
# usage: scripts/train_embedded_model.sh FOLDER [STEPS, default 1600] [SEED, default 1]
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
set -- "$1" "${2:-1600}" "${3:-1}"
[ -d "$top/java/cli/target/lib" ] || { echo "train_embedded_model: nothing is built: run mvn -DskipTests package first" >&2; exit 1; }
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -cp "$top/java/cli/target/lib/*" "-Dorg.bytedeco.javacpp.cachedir=$top/build/cache" \
  dev.lodestone.lab.quickstart.EmbeddedTraining "$@"
