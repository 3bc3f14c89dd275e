package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.GpuSample;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone bench}: the native benchmark program, with a peer beside it on request. */
@Command(name = "bench", description = {
    "Times the ops of the engine, one row a shape: median, GFLOP/s, GB/s; with --peer the ratio to it in the same run"
        + " (above 1: the engine is faster).",
    "With --device cuda the kernels of the GPU, as shares of what its memory and its products reach in the same run;"
        + " with simt they are tried on tiny shapes, and their times mean nothing.",
    "The program is build/bin/lodestone_bench, part of the build."})
final class BenchCommand extends BaseCommand {
  private static final String PEERS = "scripts/peer-";
  private static final int NO_DEVICE = 77; // exit code of the program

  @Option(names = "--op", paramLabel = "TEXT", description = "only ops with this in their name, e.g. attention")
  String op;

  @Option(names = "--seconds", paramLabel = "S", defaultValue = "1",
      description = "time for each shape, warm-up aside (default: ${DEFAULT-VALUE})")
  double seconds;

  @Option(names = "--peer", paramLabel = "NAME",
      description = "libtorch: PyTorch's C++ library through its Java bindings, fetched once (110 MB)")
  String peer;

  @Option(names = "--out", paramLabel = "FILE", description = "the rows as JSON")
  Path out;

  @Override
  protected void run() throws Exception {
    if (!(seconds > 0)) {
      throw wrongWords("--seconds expected a number above 0 but found " + seconds);
    }
    if (peer != null && onGpu()) {
      throw wrongWords("--peer goes with device cpu but found --device " + common.device.id());
    }
    Path home = home();
    Optional<Path> other = Optional.ofNullable(peer).map(name -> peerProgram(home, name));
    Path program = program(home);
    if (out != null) {
      OutputPath.check(out);
    }
    Path rows = Files.createTempFile("lodestone-bench", ".jsonl");
    var sensors = new ArrayList<Optional<GpuSample>>();
    try {
      int exit = start(command(program, other, rows), rows, sensors);
      if (exit == NO_DEVICE) {
        throw new LodestoneException("no device " + common.device.id() + " to measure: the reason is above");
      }
      if (exit != 0) {
        throw new LodestoneException(program + " ended with exit code " + exit);
      }
      report(rows(rows, sensors));
    } finally {
      Files.deleteIfExists(rows);
    }
  }

  private List<String> command(Path program, Optional<Path> other, Path rows) {
    var words = new ArrayList<>(List.of(program.toString(), "--json", rows.toString(), "--seconds",
        String.valueOf(seconds)));
    if (onGpu()) {
      words.addAll(List.of("--device", common.device.id()));
    }
    if (common.device == Device.SIMT) {
      words.add("--tiny"); // the emulator takes hours for the true shapes
    }
    if (op != null) {
      words.addAll(List.of("--op", op));
    }
    if (common.threads > 0) {
      words.addAll(List.of("--threads", String.valueOf(common.threads)));
    }
    if (other.isPresent()) {
      String threads = common.threads > 0 ? "PEER_THREADS=" + common.threads + " " : "";
      words.addAll(List.of("--peer", threads + "exec '" + other.get().toString().replace("'", "'\\''") + "'"));
    }
    return words;
  }

  private boolean onGpu() {
    return common.device == Device.CUDA || common.device == Device.SIMT;
  }

  private Path peerProgram(Path home, String name) {
    Path start = home.resolve(PEERS + name).resolve("peer");
    if (!name.matches("[a-z0-9-]+") || !Files.isExecutable(start)) {
      throw wrongWords("--peer expected libtorch but found '" + name + "'");
    }
    return start;
  }

  /**
   * Shows the program's rows as they come, or hides them where the summary is JSON; on a GPU with what its sensors said
   * meanwhile. The first line says which GPU; a row is in the file before it is shown.
   */
  private int start(List<String> command, Path rows, List<Optional<GpuSample>> sensors)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      String first = lines.readLine();
      if (first != null) {
        show(first);
        GpuMonitor monitor = common.device == Device.CUDA ? GpuMonitor.of(first) : GpuMonitor.none("not a GPU");
        try (var watch = new GpuWatch(monitor)) {
          for (String line; (line = lines.readLine()) != null; ) {
            boolean row = Files.readAllLines(rows).size() > sensors.size();
            Optional<GpuSample> said = row ? watch.sinceLast() : Optional.empty();
            if (row) {
              sensors.add(said);
            }
            show(said.isPresent() ? line + "  " + said.get() : line);
          }
        }
      }
      return process.waitFor();
    } finally {
      process.destroy();
    }
  }

  private void show(String line) {
    if (!common.json) {
      out().println(line);
      out().flush();
    }
  }

  /** The rows of the program, each with its sensors where there were any. */
  static ArrayNode rows(Path file, List<Optional<GpuSample>> sensors) {
    ArrayNode rows = Json.mapper().createArrayNode();
    Lines.forEach(file, (number, text) -> rows.add(Json.parse(text, "row " + number)));
    for (int i = 0; i < Math.min(rows.size(), sensors.size()); i++) {
      ObjectNode row = (ObjectNode) rows.get(i);
      sensors.get(i).ifPresent(sample -> row.set("sensors", sample.json()));
    }
    return rows;
  }

  private void report(ArrayNode list) {
    ObjectNode json = Json.mapper().createObjectNode();
    json.set("configuration", configuration());
    json.set("rows", list);
    if (list.isEmpty()) {
      throw new LodestoneException("no op has '" + op + "' in its name; leave out --op to see all");
    }
    if (out != null) {
      Json.writeFile(out, json);
    }
    summary(json, out == null ? "%d rows".formatted(list.size()) : "%d rows -> %s".formatted(list.size(), out));
  }

  private static Path program(Path home) {
    String build = System.getenv("LS_BUILD_DIR"); // as in scripts/native.sh
    Path program = (build == null ? home.resolve("build") : Path.of(build)).resolve("bin/lodestone_bench");
    if (!Files.isExecutable(program)) {
      throw new LodestoneException(
          program + " is not built; build it with: " + home.resolve("scripts/native.sh") + " build");
    }
    return program;
  }

  /** The top of the project: what LODESTONE_HOME names, else the folder above these classes that holds the sources. */
  private static Path home() throws Exception {
    Optional<String> named = Optional.ofNullable(System.getenv("LODESTONE_HOME"));
    if (named.isPresent()) {
      return Path.of(named.get());
    }
    Path here = Path.of(BenchCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    for (Path folder = here; folder != null; folder = folder.getParent()) {
      if (Files.isRegularFile(folder.resolve("native/testing/bench_main.cc"))) {
        return folder;
      }
    }
    throw new LodestoneException("the benchmarks are part of the source folder: set LODESTONE_HOME to it (looked above "
        + here + ")");
  }
}
