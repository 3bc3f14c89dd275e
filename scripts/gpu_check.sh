#!/bin/sh
# Checks Lodestone on this machine's NVIDIA GPU: builds the CUDA tests, runs them against their float64 references, again under compute-sanitizer,
# and measures the kernels, with PyTorch beside them where it is installed. Prints one table last; the same is in OUT/gpu_check.json.
# Cost: at most nine minutes (of which the build two to four on 8 cores, nothing with a prebuilt folder), 1 GB of disk, and for the large training
# steps what memory the GPU has free. What does not fit the time or the memory is named and left out. Needs a driver for CUDA 13; without --built also nvcc,
# CMake and a C++ compiler. Optional: compute-sanitizer; python3 with PyTorch.
# usage: scripts/gpu_check.sh [--built DIR] [--out DIR] [--minutes N]
#   --built DIR   programs that lie in DIR/tests and DIR/bin already (a build folder, or the kit of scripts/gpu_kit.sh)
# exit: 0 all passed, 1 something failed, 77 there is no usable GPU (what could be done without one was done)
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(dirname "$here")
built= out= minutes=9
while [ $# -gt 0 ]; do
  case $1 in
    --built) built=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --minutes) minutes=$2; shift 2 ;;
    *) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
  esac
done
[ ! -d "$built" ] || built=$(cd "$built" && pwd)
out=${out:-$top/build/gpu_check}
mkdir -p "$out" || exit 1
: >"$out/rows.tsv"
rm -f "$out"/bench.* "$out"/peer.* "$out/gpu_check.json"

started=$(date +%s)
left() { echo $((minutes * 60 - $(date +%s) + started)); }

# row STEP NAME RESULT SECONDS NOTE
row() {
  printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$out/rows.tsv"
  printf '  %-10s %-28s %-8s %4s s  %s\n' "$@"
}

# run LIMIT LOG COMMAND...: with a limit of seconds, or what is left; sets status and seconds. Status 124: out of time.
run() {
  limit=$1 log=$2
  shift 2
  [ "$limit" -le "$(left)" ] || limit=$(left)
  begin=$(date +%s)
  if [ "$limit" -lt 1 ]; then status=124; : >"$log"; else timeout "$limit" "$@" >"$log" 2>&1; status=$?; fi
  seconds=$(($(date +%s) - begin))
}

# ---- the machine
echo "machine"
if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1; then
  machine=$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit,temperature.gpu --format=csv,noheader | head -n 1)
else
  machine="nvidia-smi finds no GPU"
fi
commit=$(git -C "$top" describe --always --dirty 2>/dev/null || cat "$here/commit" 2>/dev/null || echo unknown)
echo "  $machine; commit $commit; $(date -u +%Y-%m-%d)"

# ---- the build
if [ -z "$built" ]; then
  built=$top/build/gpu
  echo "build, in $built"
  if ! command -v nvcc >/dev/null 2>&1 && [ ! -x /usr/local/cuda/bin/nvcc ]; then
    row build nvcc missing 0 "no nvcc on the PATH or in /usr/local/cuda/bin: install the CUDA toolkit, or name a prebuilt folder with --built"
    built=
  else
    [ -d "$top/build/deps/org" ] && products="-DLS_DEPS_DIR=$top/build/deps" || products=-DLS_GEMM=reference
    command -v ninja >/dev/null 2>&1 && generator="-G Ninja" || generator=
    # shellcheck disable=SC2086  # a list of words
    run 60 "$out/configure.log" cmake -S "$top" -B "$built" $generator -DLS_CUDA=ON -DLS_SIMT=OFF $products
    [ $status = 0 ] && run 480 "$out/build.log" cmake --build "$built" --parallel "$(nproc)" --target cuda_programs
    if [ $status = 0 ]; then
      row build programs passed $seconds ""
    else
      tail -n 5 "$out/configure.log" "$out/build.log" 2>/dev/null
      row build programs FAILED $seconds "exit $status; all of it is in $out/build.log"
      built=
    fi
  fi
fi

# ---- tests on the GPU
usable=yes
[ ! -d "$built/native" ] || export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$built/native"  # the kit's libraries
if [ -n "$built" ]; then
  echo "tests against float64"
  for program in "$built"/tests/*_cuda_test; do
    name=$(basename "$program")
    [ -x "$program" ] || { row test - missing 0 "there is no *_cuda_test in $built/tests"; break; }
    run 60 "$out/$name.log" "$program"
    note=$(tail -n 1 "$out/$name.log")
    case $status in
      0) row test "$name" passed $seconds "$note" ;;
      77) usable=no; row test "$name" skipped $seconds "$note" ;;
      124) row test "$name" FAILED $seconds "still running after $limit s" ;;
      *) row test "$name" FAILED $seconds "exit $status: $note (all of it is in $out/$name.log)" ;;
    esac
  done
fi

# ---- the same under compute-sanitizer
sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
if [ ! -x "$sanitizer" ]; then
  row sanitizer - missing 0 "no compute-sanitizer on the PATH or in /usr/local/cuda/bin"
elif [ -n "$built" ] && [ $usable = yes ]; then
  echo "compute-sanitizer"
  for tool in memcheck racecheck; do
    for program in "$built"/tests/*_cuda_test; do
      name=$(basename "$program")
      # Four and a half minutes stay for the measurements.
      if [ "$(left)" -lt 270 ]; then row $tool "$name" left-out 0 "no time was left"; continue; fi
      run 40 "$out/$name.$tool.log" "$sanitizer" --tool $tool --error-exitcode 9 "$program"
      note=$(grep -E '(ERROR|RACECHECK) SUMMARY' "$out/$name.$tool.log" | tail -n 1 | sed 's/^=* *//')
      case $status in
        0) row $tool "$name" passed $seconds "$note" ;;
        124) row $tool "$name" left-out $seconds "not done after $limit s" ;;
        *) row $tool "$name" FAILED $seconds "exit $status: $note (all of it is in $out/$name.$tool.log)" ;;
      esac
    done
  done
fi

# ---- speed
bench=$built/bin/lodestone_bench
if [ -z "$built" ] || [ ! -x "$bench" ]; then
  row bench - missing 0 "no lodestone_bench was built"
else
  echo "speed"
  run 180 "$out/bench.log" "$bench" --device cuda --seconds 0.3 --json "$out/bench.json"
  note=$(tail -n 1 "$out/bench.log")
  case $status in
    0) row bench lodestone_bench passed $seconds "$(($(wc -l <"$out/bench.json"))) rows" ;;
    77) row bench lodestone_bench skipped $seconds "$note" ;;
    124) row bench lodestone_bench left-out $seconds "not done after $limit s; the rows so far are in $out/bench.log" ;;
    *) row bench lodestone_bench FAILED $seconds "exit $status: $note (all of it is in $out/bench.log)" ;;
  esac
fi

# ---- PyTorch beside it, in one process on the same tensors
for library in "$built/lib/liblodestone.so" "$built/native/liblodestone.so" ""; do [ ! -f "$library" ] || break; done
if [ -z "$built" ] || [ -z "$library" ]; then
  row bench PyTorch missing 0 "no liblodestone.so was built"
elif ! command -v python3 >/dev/null 2>&1; then
  row bench PyTorch missing 0 "no python3 on the PATH"
else
  run 90 "$out/peer.log" python3 -B "$here/gpu_check/peer_torch.py" --library "$library" --json "$out/peer.json"
  note=$(tail -n 1 "$out/peer.log")
  case $status in
    0) row bench PyTorch passed $seconds "$(($(wc -l <"$out/peer.json"))) rows" ;;
    77) row bench PyTorch missing $seconds "$note" ;;
    124) row bench PyTorch left-out $seconds "not done after $limit s; the rows so far are in $out/peer.log" ;;
    *) row bench PyTorch FAILED $seconds "exit $status: $note (all of it is in $out/peer.log)" ;;
  esac
fi

# ---- the table, and the same as JSON
echo
echo "$machine; commit $commit; $(date -u +%Y-%m-%d); $(($(date +%s) - started)) s"
for part in bench peer; do [ -s "$out/$part.log" ] && [ -s "$out/$part.json" ] && { cat "$out/$part.log"; echo; }; done
awk -F '\t' '{ printf "%-10s %-28s %-8s %4s s  %s\n", $1, $2, $3, $4, $5; count[$3]++ }
  END { for (result in count) printf "%d %s  ", count[result], result; print "" }' "$out/rows.tsv"
awk -F '\t' -v machine="$machine" -v commit="$commit" -v date="$(date -u +%Y-%m-%d)" '
  function quoted(text) { gsub(/\\/, "\\\\", text); gsub(/"/, "\\\"", text); gsub(/\t/, " ", text); return "\"" text "\"" }
  BEGIN { printf "{\"machine\":%s,\"commit\":%s,\"date\":%s,\"rows\":[", quoted(machine), quoted(commit), quoted(date) }
  { printf "%s\n{\"step\":%s,\"name\":%s,\"result\":%s,\"seconds\":%s,\"note\":%s}", (NR > 1 ? "," : ""), quoted($1), quoted($2), quoted($3), $4, quoted($5) }
  END { print "\n]}" }' "$out/rows.tsv" >"$out/gpu_check.json"
echo "JSON: $out/gpu_check.json$(for part in bench peer; do [ ! -s "$out/$part.json" ] || printf ', %s' "$out/$part.json"; done)"
grep -q "$(printf '\tFAILED\t')" "$out/rows.tsv" && exit 1
[ $usable = no ] && { echo "There is no usable GPU here: nothing ran on one."; exit 77; }
grep -q "$(printf '^test\t[^\t]*\tpassed\t')" "$out/rows.tsv" || { echo "No test ran on a GPU."; exit 77; }
exit 0
