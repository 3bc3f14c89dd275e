#!/bin/sh
# Makes the copy of a kernel file that has a bug in it (cmake/GpuTests.cmake).
# usage: mutate.sh BUGS NUMBER SOURCE COPY      line NUMBER of BUGS is "file<TAB>line of SOURCE, once in it<TAB>what the copy has instead"
set -eu
mkdir -p "$(dirname "$4")"
awk -F '\t' -v number="$2" -v bugs="$1" -v source="$3" '
  function bare(line) { gsub(/^[ \t]+|[ \t]+$/, "", line); return line }
  FILENAME == bugs { if (FNR == number) { right = bare($2); wrong = $3; fields = NF } next }
  bare($0) == right { found++; $0 = wrong }
  { print }
  END {
    if (fields >= 3 && right != "" && found == 1) exit 0
    print bugs ":" number ": the line stands " found + 0 " times in " source ", once was expected: " right > "/dev/stderr"
    exit 1
  }' "$1" "$3" >"$4" || { rm -f "$4"; exit 1; }
