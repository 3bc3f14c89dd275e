#!/bin/sh
# The committed table of registers and static shared memory of every kernel (native/registers.tsv), against the reports that scripts/nvcc_guard.sh left beside
# the objects. Another nvcc allocates registers in another way: the table names its own, and the check is skipped with any other. Takes no time, no GPU.
# usage: scripts/gpu_registers.sh check|update TABLE NVCC-VERSION OBJECT...      exit 0 same or updated, 1 different, 77 not comparable
set -eu
export LC_ALL=C
action=$1 table=$2 version=$3
shift 3

now=$(mktemp) was=$(mktemp)
trap 'rm -f "$now" "$was"' EXIT
for object in "$@"; do
  case $object in *.cu.o) ;; *) continue ;; esac
  [ -f "$object.ptxas" ] || { echo "no report of ptxas beside $object: build it again"; exit 1; }
  awk -F '\t' -v OFS='\t' 'FNR > 1 { print $1, $2, $3, $7 }' "$object.ptxas"
done | sort -t "$(printf '\t')" -k4,4 -k1,1 >"$now"

if [ "$action" = update ]; then
  { echo "# nvcc $version"; printf 'arch\tregisters\tshared\tkernel\n'; cat "$now"; } >"$table"
  echo "$table: $(wc -l <"$now") kernels"
  exit 0
fi

[ -f "$table" ] || { echo "there is no $table: cmake --build BUILD --target update_registers"; exit 1; }
made_by=$(sed -n '1s/^# nvcc //p' "$table")
[ "$made_by" = "$version" ] || { echo "skipped: the table is of nvcc $made_by, this build's is $version"; exit 77; }
# Architectures that are not in this build are not looked at.
archs=$(cut -f 1 "$now" | sort -u | tr "\n" " ")
awk -F '\t' -v archs="$archs" 'BEGIN { split(archs, list, " "); for (i in list) built[list[i]] = 1 } $1 in built' "$table" >"$was"
if diff -u "$was" "$now"; then
  echo "$(wc -l <"$now") kernels use what the table says"
else
  echo "registers or shared memory are not what the table says (- table, + build; arch, registers, bytes of static shared memory, kernel)."
  echo "If that is meant: cmake --build BUILD --target update_registers, and commit $table"
  exit 1
fi
