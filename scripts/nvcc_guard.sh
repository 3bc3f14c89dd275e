#!/bin/sh
# Runs nvcc (CMake's launcher for kernel files) and reads what ptxas says about each kernel. Keeps it beside the object as OBJECT.ptxas, for
# scripts/gpu_registers.sh, and fails where a kernel spills, has a stack frame, serialises its wgmma or has its setmaxnreg ignored (ptxas only informs of
# these). A kernel that may have a stack: a line in scripts/spill_allow.txt, a regular expression of its name. Costs nothing beside nvcc.
# usage: scripts/nvcc_guard.sh NVCC ARGUMENT...
set -u
object= compiles=0 last=
for word in "$@"; do
  [ "$last" = -o ] && object=$word
  [ "$word" = -c ] && compiles=1
  last=$word
done
[ $compiles = 1 ] && [ -n "$object" ] || exec "$@"

log=$object.log
trap 'rm -f "$log"' EXIT
"$@" -Xptxas -v 2>"$log"
status=$?
# The build shows what is not a matter of course.
grep -v -e '^ptxas info *: \(Compiling\|Used\|Function properties\|Compile time\|[0-9]* bytes\|Overriding\)' -e '^ *[0-9]* bytes stack frame' -e '^$' "$log" >&2
[ $status = 0 ] || exit $status

c++filt <"$log" | awk -v allowed="$(dirname "$0")/spill_allow.txt" '
  # "void a::f<(b)1, 64>(c)" is a::f<(b)1, 64>: without result and arguments.
  function name_of(signature,   i, c, depth) {
    sub(/^void /, "", signature)
    for (i = 1; i <= length(signature); i++) {
      c = substr(signature, i, 1)
      if (c == "<") depth++
      else if (c == ">") depth--
      else if (c == "(" && depth == 0) return substr(signature, 1, i - 1)
    }
    return signature
  }
  function complain(what) { print "nvcc_guard: " what > "/dev/stderr"; bad = 1 }
  BEGIN {
    while ((getline line < allowed) > 0) if (line !~ /^(#|$)/) exceptions[++count] = line
    print "arch\tregisters\tshared\tstack\tspill_stores\tspill_loads\tkernel"
  }
  /Compiling entry function/ {
    split($0, part, "\047")  # quoted: kernel, architecture
    kernel = name_of(part[2]); arch = part[4]
    if (kernel == "") complain("no name for the kernel " part[2] ": is it in an anonymous namespace?")
  }
  /bytes stack frame/ && kernel != "" { stack = $1; stores = $5; loads = $9 }
  /: Used [0-9]+ registers/ && kernel != "" {
    registers = $0; sub(/.*Used /, "", registers); sub(/ .*/, "", registers)
    shared = 0
    if (match($0, /[0-9]+ bytes smem/)) { shared = substr($0, RSTART, RLENGTH); sub(/ .*/, "", shared) }
    print arch "\t" registers "\t" shared "\t" stack "\t" stores "\t" loads "\t" kernel
    excepted = 0
    for (i = 1; i <= count; i++) if (kernel ~ exceptions[i]) excepted = 1
    if (stack + stores + loads > 0 && !excepted)
      complain(kernel " on " arch ": stack frame of " stack " bytes, spills " stores " bytes out and " loads " in")
    kernel = ""
  }
  /[(]C75[0-9][0-9][)]|wgmma.*serialized|setmaxnreg.*ignored/ { complain($0) }
  END { exit bad }' >"$object.ptxas" || { rm -f "$object"; exit 1; }
