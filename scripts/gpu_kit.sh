#!/bin/sh
# Packs Lodestone for a machine that has a GPU but no Java, no compiler and no network: a small Java runtime, the jars with their libraries, the CUDA tests, the
# benchmark and scripts/gpu_check.sh, in one archive of less than 40 MB. Unpacks it again elsewhere and runs `lodestone doctor` with an empty environment.
# Cost: about two minutes, 700 MB of memory and 400 MB of disk for the time. Needs a finished Maven build (mvn package) and a JDK with jlink; no GPU.
# The other machine needs x86-64 Linux with a glibc at least as new as this one's; for its GPU an NVIDIA driver for CUDA 13, and cuBLAS 13.
# usage: scripts/gpu_kit.sh [ARCHIVE]           default: build/lodestone-gpu-kit.tar.xz
# There: tar xf lodestone-gpu-kit.tar.xz && lodestone-kit/lodestone doctor && lodestone-kit/gpu_check.sh --built lodestone-kit
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
archive=${1:-$top/build/lodestone-gpu-kit.tar.xz}
set -- "$top"/java/cli/target/lodestone-cli-*.jar
[ -f "$1" ] || { echo "gpu_kit: nothing is built: run mvn -DskipTests package first" >&2; exit 1; }
cli=$1
jlink=${JAVA_HOME:+$JAVA_HOME/bin/}jlink
command -v "$jlink" >/dev/null 2>&1 || { echo "gpu_kit: no $jlink: it comes with a JDK" >&2; exit 1; }
for tool in unzip zip xz; do command -v $tool >/dev/null 2>&1 || { echo "gpu_kit: $tool is missing" >&2; exit 1; }; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kit=$work/lodestone-kit
mkdir -p "$kit/app/lib" "$kit/native"

# The runtime is packed uncompressed: xz sees more than jlink's zip. jdk.zipfs is for tools that look into jars.
"$jlink" --add-modules java.base,java.logging,java.management,java.xml,java.sql,jdk.unsupported,jdk.zipfs \
  --strip-debug --no-header-files --no-man-pages --compress=0 --output "$kit/jre"
# Debian's runtime takes zlib from the system; beside it, it is found first.
libz=$(ldconfig -p 2>/dev/null | sed -n 's/.*libz\.so\.1 (libc6,x86-64).* => //p' | head -n 1)
[ -z "$libz" ] || cp -L "$libz" "$kit/jre/lib/libz.so.1"
# Of the compiler's libraries the other machine may have older ones.
for library in libstdc++.so.6 libgcc_s.so.1 libgomp.so.1; do
  found=$(ldconfig -p 2>/dev/null | sed -n "s/.*$(echo $library | sed 's/[.+]/\\&/g') (libc6,x86-64).* => //p" | head -n 1)
  [ -z "$found" ] || cp -L "$found" "$kit/native/"
done

# The jars, without other systems' libraries and without compression, which is left to xz.
cp "$cli" "$kit/app/"
cp "$top"/java/cli/target/lib/*.jar "$kit/app/lib/"
for jar in "$kit"/app/lib/*.jar; do
  rm -rf "$work/jar" && mkdir "$work/jar"
  (
    cd "$work/jar"
    unzip -q "$jar"
    # Our own libraries lie loose, where the native tests find them too.
    rm -rf dev/lodestone/engine/bind/linux-x86_64
    for library in dev/lodestone/engine/linux-x86_64/*; do [ ! -f "$library" ] || mv -f "$library" "$kit/native/"; done
    find . -type d \( -name 'osx-*' -o -name 'win-*' -o -name 'linux-aarch64' -o -name 'darwin-*' -o -name 'win32-*' -o -name 'sunos-*' -o -name 'aix-*' \
      -o -name 'freebsd-*' -o -name 'openbsd-*' -o -name 'dragonflybsd-*' -o -name 'linux-arm*' -o -name 'linux-ppc*' -o -name 'linux-mips*' \
      -o -name 'linux-s390*' -o -name 'linux-riscv*' -o -name 'linux-loong*' -o -name 'linux-x86' \) -prune -exec rm -rf {} +
    rm -f "$jar"
    set -- META-INF/MANIFEST.MF
    [ -f "$1" ] || set --
    zip -q -0 -X -r -D "$jar" "$@" .
  )
done

# The native side: tests on the GPU and the benchmark, where the build has them.
mkdir -p "$kit/tests" "$kit/bin"
for program in "$top"/build/tests/*_cuda_test "$top"/build/bin/lodestone_bench; do
  [ -x "$program" ] || continue
  case $program in */bin/*) to=$kit/bin ;; *) to=$kit/tests ;; esac
  cp "$program" "$to/"
  strip "$to/$(basename "$program")"
done
cp "$top/scripts/gpu_check.sh" "$kit/"
mkdir "$kit/gpu_check" && cp "$top"/scripts/gpu_check/*.py "$kit/gpu_check/"
git -C "$top" describe --always --dirty >"$kit/commit" 2>/dev/null || true

cat >"$kit/lodestone" <<'EOF'
#!/bin/sh
# Runs Lodestone from the kit: lodestone COMMAND [options]. Needs nothing of the machine but the C library (and a driver for device cuda).
here=$(cd "$(dirname "$0")" && pwd)
set -- -jar "$here"/app/lodestone-cli-*.jar "$@"
exec env LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/native" "$here/jre/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
  -Dorg.bytedeco.javacpp.pathsFirst=true "-Djava.library.path=$here/native" "-Dorg.bytedeco.javacpp.cachedir=$here/cache" "$@"
EOF
chmod +x "$kit/lodestone"

mkdir -p "$(dirname "$archive")"
tar -C "$work" --owner=0 --group=0 -cf - lodestone-kit | xz -9 >"$archive"
bytes=$(wc -c <"$archive")
echo "$archive: $((bytes / 1000000)) MB"

# Elsewhere, from nothing.
mkdir "$work/elsewhere"
tar -C "$work/elsewhere" -xf "$archive"
mv "$kit" "$work/moved-away"
(cd / && env -i "$work/elsewhere/lodestone-kit/lodestone" doctor) || { echo "gpu_kit: lodestone doctor fails in the unpacked kit" >&2; exit 1; }
[ "$bytes" -lt 40000000 ] || { echo "gpu_kit: the archive is larger than 40 MB" >&2; exit 1; }
