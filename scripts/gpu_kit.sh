#!/bin/sh
# Packs Lodestone for a machine that has a GPU but no Java, no compiler and no network: a small Java runtime, the jars with their libraries, the sensors of
# NVIDIA GPUs (java/cuda, where it was built), the engine's JUnit tests, the benchmark and scripts/gpu_check.sh, in one archive of less than 40 MB. Unpacks it
# again elsewhere and, with an empty environment, runs `lodestone doctor` and the JUnit tests of ops.
# Cost: three to five minutes, 700 MB of memory and 600 MB of disk for the time. Needs a finished Maven build (mvn -Pcuda-presets -DskipTests package), the
# console of JUnit (Maven fetches 3 MB) and a JDK with jlink; no GPU.
# The other machine needs x86-64 Linux with a glibc at least as new as this one's; for its GPU an NVIDIA driver for CUDA 13, and cuBLAS 13.
# usage: scripts/gpu_kit.sh [--native-tests] [ARCHIVE]           default: build/lodestone-gpu-kit.tar.xz
#   --native-tests   also the native tests on a GPU (scripts/native.sh test builds them), for gpu_check.sh; each carries all kernels, and 40 MB do not hold them
# There: tar xf lodestone-gpu-kit.tar.xz && lodestone-kit/lodestone doctor && lodestone-kit/run_tests.sh && lodestone-kit/gpu_check.sh --built lodestone-kit
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
native_tests=false
[ "${1:-}" != --native-tests ] || { native_tests=true; shift; }
archive=${1:-$top/build/lodestone-gpu-kit.tar.xz}
set -- "$top"/java/cli/target/lodestone-cli-*.jar
[ -f "$1" ] || { echo "gpu_kit: nothing is built: run mvn -DskipTests package first" >&2; exit 1; }
cli=$1
jlink=${JAVA_HOME:+$JAVA_HOME/bin/}jlink
command -v "$jlink" >/dev/null 2>&1 || { echo "gpu_kit: no $jlink: it comes with a JDK" >&2; exit 1; }
for tool in mvn unzip zip xz; do command -v $tool >/dev/null 2>&1 || { echo "gpu_kit: $tool is missing" >&2; exit 1; }; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kit=$work/lodestone-kit
mkdir -p "$kit/app/lib" "$kit/native" "$kit/tests" "$kit/bin"

# The engine's tests, and what runs them: the console of the platform that belongs to our JUnit (5.14.1 is platform 1.14.1).
[ -d "$top/java/engine/target/test-classes" ] || { echo "gpu_kit: no tests in java/engine/target: run mvn -DskipTests package first" >&2; exit 1; }
cp -r "$top/java/engine/target/test-classes" "$kit/tests/java"
console=org.junit.platform:junit-platform-console-standalone:$(sed -n 's:.*<junit.version>5\.\(.*\)</junit.version>.*:1.\1:p' "$top/pom.xml")
mvn -B -ntp -q -f "$top/pom.xml" -N dependency:copy -Dartifact="$console" -DoutputDirectory="$kit/app/lib" >&2

# The runtime is packed uncompressed: xz sees more than jlink's zip.
"$jlink" --add-modules java.base,java.logging,java.management,jdk.unsupported \
  --strip-debug --no-header-files --no-man-pages --compress=0 --output "$kit/jre"
# Debian's runtime takes zlib from the system; beside it, it is found first.
libz=$(ldconfig -p 2>/dev/null | sed -n 's/.*libz\.so\.1 (libc6,x86-64).* => //p' | head -n 1)
[ -z "$libz" ] || cp -L "$libz" "$kit/jre/lib/libz.so.1"
# Of the compiler's libraries the other machine may have older ones.
for library in libstdc++.so.6 libgcc_s.so.1 libgomp.so.1; do
  found=$(ldconfig -p 2>/dev/null | sed -n "s/.*$(echo $library | sed 's/\./\\./g') (libc6,x86-64).* => //p" | head -n 1)
  [ -z "$found" ] || cp -L "$found" "$kit/native/"
done

# What java/cuda adds: NVML, and the CUDA runtime that the presets' code for it asks for.
if [ -d "$top/java/cuda/target/lib" ]; then
  cp "$top"/java/cuda/target/lib/*.jar "$kit/app/lib/"
  runtime=$(dirname "$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)")/../lib64/libcudart.so.13
  [ -f "$runtime" ] || runtime=/usr/local/cuda/lib64/libcudart.so.13
  [ ! -f "$runtime" ] || cp -L "$runtime" "$kit/native/"
fi

# The jars, without other systems' libraries and without compression, which is left to xz.
cp "$cli" "$kit/app/"
cp "$top"/java/cli/target/lib/*.jar "$kit/app/lib/"
rm -f "$kit"/app/lib/commons-*.jar "$kit"/app/lib/error_prone_annotations-*.jar # the tokenizers ask for them and use none: a megabyte
for jar in "$kit"/app/lib/*.jar; do
  rm -rf "$work/jar" && mkdir "$work/jar"
  (
    cd "$work/jar"
    unzip -q "$jar"
    # Our own libraries lie loose, where the native tests find them too.
    rm -rf dev/lodestone/engine/bind/linux-x86_64
    # Of JUnit's console and the presets for CUDA, what is used.
    if [ -d org/junit/vintage ]; then
      rm -rf junit org/hamcrest org/junit/platform/suite
      find org/junit -mindepth 1 -maxdepth 1 ! -name jupiter ! -name platform -exec rm -rf {} +
      sed -i '/Jupiter/!d' META-INF/services/org.junit.platform.engine.TestEngine
    fi
    [ ! -d org/bytedeco/cuda ] || find org/bytedeco/cuda -type f ! -path '*/*cudart*' ! -path '*/*nvml*' -delete
    for library in dev/lodestone/engine/linux-x86_64/*; do [ ! -f "$library" ] || mv -f "$library" "$kit/native/"; done
    find . -type d \( -name 'osx-*' -o -name 'win-*' -o -name 'linux-aarch64' -o -name 'darwin-*' -o -name 'win32-*' -o -name 'sunos-*' -o -name 'aix-*' \
      -o -name 'freebsd-*' -o -name 'openbsd-*' -o -name 'dragonflybsd-*' -o -name 'linux-arm*' -o -name 'linux-ppc*' -o -name 'linux-mips*' \
      -o -name 'linux-s390*' -o -name 'linux-riscv*' -o -name 'linux-loong*' -o -name 'linux-x86' \) -prune -exec rm -rf {} +
    find . -name '*.so' -exec strip --strip-unneeded {} +
    rm -f "$jar"
    set -- META-INF/MANIFEST.MF
    [ -f "$1" ] || set --
    zip -q -0 -X -r -D "$jar" "$@" .
  )
done

# The native side. -lineinfo stays: it is a few hundred kB of the archive, and compute-sanitizer names lines by it.
set -- "$top/build/bin/lodestone_bench"
! $native_tests || set -- "$@" "$top"/build/tests/*_cuda_test
for program in "$@"; do
  [ -x "$program" ] || { echo "gpu_kit: $program is not built" >&2; exit 1; }
  case $program in */bin/*) to=$kit/bin ;; *) to=$kit/tests ;; esac
  cp "$program" "$to/"
done
strip "$kit"/bin/* "$kit"/native/*.so*
! $native_tests || strip "$kit"/tests/*_cuda_test
cp "$top/scripts/gpu_check.sh" "$kit/"
mkdir "$kit/gpu_check" && cp "$top"/scripts/gpu_check/*.py "$kit/gpu_check/"
git -C "$top" describe --always --dirty >"$kit/commit" 2>/dev/null || true

cat >"$kit/java" <<'EOF'
#!/bin/sh
# The kit's Java with all of Lodestone on its class path: java CLASS [words].
here=$(cd "$(dirname "$0")" && pwd)
exec env LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/native" "$here/jre/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
  -Dorg.bytedeco.javacpp.pathsFirst=true "-Djava.library.path=$here/native" "-Dorg.bytedeco.javacpp.cachedir=$here/cache" \
  -cp "$here/app/*:$here/app/lib/*:$here/tests/java" "$@"
EOF
cat >"$kit/lodestone" <<'EOF'
#!/bin/sh
# Runs Lodestone from the kit: lodestone COMMAND [options]. Needs nothing of the machine but the C library (and a driver for device cuda).
here=$(cd "$(dirname "$0")" && pwd)
LODESTONE_HOME=$here LS_BUILD_DIR=$here exec "$here/java" dev.lodestone.cli.Main "$@"
EOF
cat >"$kit/run_tests.sh" <<'EOF'
#!/bin/sh
# Runs the engine's JUnit tests of devices from the kit: run_tests.sh [REGEX of class names]. Tests of a device that is not here say why they are skipped.
# Cost: a minute or two on the CPU. Exit 0 if none failed.
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/java" org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=tree --disable-ansi-colors \
  "--scan-classpath=$here/tests/java" "--include-classname=${1:-.*(Engine|Interop|Ops|GoldenCuda|GoldenSimt)Test}"
EOF
chmod +x "$kit/java" "$kit/lodestone" "$kit/run_tests.sh"

mkdir -p "$(dirname "$archive")"
# What repeats (the kernels, in the library and the programs) comes close together, last; half of the archive is x86 code.
(cd "$work" && find lodestone-kit ! -type d) |
  sed -E '/(liblodestone\.so|lodestone_bench|_cuda_test)$/!s/^/0 /; /^0 /!s/^/1 /' | sort | cut -c 3- >"$work/order"
tar -C "$work" --owner=0 --group=0 -cf - -T "$work/order" | xz --x86 --lzma2=preset=9e >"$archive"
bytes=$(wc -c <"$archive")
echo "$archive: $((bytes / 1000000)) MB"

# Elsewhere, from nothing.
mkdir "$work/elsewhere"
tar -C "$work/elsewhere" -xf "$archive"
mv "$kit" "$work/moved-away"
elsewhere=$work/elsewhere/lodestone-kit
(cd / && env -i "$elsewhere/lodestone" doctor) || { echo "gpu_kit: lodestone doctor fails in the unpacked kit" >&2; exit 1; }
(cd / && env -i "$elsewhere/run_tests.sh" '.*(Interop|Ops)Test') || { echo "gpu_kit: tests fail in the unpacked kit" >&2; exit 1; }
$native_tests || [ "$bytes" -lt 40000000 ] || { echo "gpu_kit: the archive is larger than 40 MB" >&2; exit 1; }
