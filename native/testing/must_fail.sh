#!/bin/sh
# Passes if the test program (with a seeded bug in it) fails in the way tests fail: exit 1 after "N passed, N failed". A program that does not start, crashes
# or hangs has found nothing.
output=$("$@" 2>&1)
status=$?
last=$(printf '%s\n' "$output" | tail -n 1)
printf '%s\n' "$output" | head -n 20
case $status:$last in
  1:*" passed, 0 failed") ;;
  1:*[0-9]" passed, "*[0-9]" failed") echo "found: $last"; exit 0 ;;
esac
echo "NOT found: exit $status, last line: $last"
exit 1
