#!/bin/sh
# kernel_symbols.sh NM ISA OBJECT...
#
# Weak code in an object compiled for ISA must say so in its name (ls::...::ISA::...). The linker keeps one copy of a weak function out of all objects: if
# the one kept is an AVX-512 copy of, say, std::exp(float), code meant for any machine calls it and dies of an illegal instruction.
nm=$1
isa=$2
shift 2
symbols=$("$nm" -C "$@") || exit 2
[ $# -gt 0 ] && [ -n "$symbols" ] || { echo "expected objects with symbols"; exit 2; }
# W, u: functions, templates, inline variables. V (weak data) too, but for the pointer to the exception personality, which is the same for all.
bad=$(printf '%s\n' "$symbols" | grep -E ' [WVu] ' | grep -v "::$isa::" | grep -v 'DW\.ref\.__gxx_personality')
[ -z "$bad" ] && { echo "$# objects of $isa: no weak symbol without its name"; exit 0; }
echo "weak symbols in objects of $isa without the namespace in their name:"
printf '%s\n' "$bad"
exit 1
