#!/bin/sh
# Archives the classes that a run of ./lodestone loads, so that later runs start in about half the time. Where that does
# not work, runs are as they were. Cost: some seconds, 10 MB. Maven calls it when the jars are packed.
cd "$(dirname "$0")/../java/cli/target" || exit 1
[ -f classes.jsa ] && [ -z "$(find lodestone-cli-*.jar lib -newer classes.jsa -print -quit)" ] && exit 0
rm -f classes.jsa
LODESTONE_JAVA_OPTIONS="-XX:ArchiveClassesAtExit=$PWD/classes.jsa" ../../../lodestone doctor >/dev/null 2>&1 || true
