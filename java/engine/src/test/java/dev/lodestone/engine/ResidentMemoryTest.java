package dev.lodestone.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

/**
 * Opening and closing leaves nothing behind: neither memory nor threads nor files. In a JVM of its own with a heap of
 * fixed size, so that only native memory can grow. {@code -Dlodestone.rounds=100000} for the long form.
 */
class ResidentMemoryTest {
  private static final int ROUNDS = Integer.getInteger("lodestone.rounds", 4_000);
  private static final long PAGE = 4096;

  @Test
  void openingAndClosingIsFlat() throws Exception {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var process = new ProcessBuilder(java, "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1", "-Dlodestone.rounds=" + ROUNDS, "-cp", System.getProperty("java.class.path"),
        ResidentMemoryTest.class.getName()).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes());
    assertEquals(0, process.waitFor(), output);
    var figures = List.of(output.strip().split("\\s+"));
    long grown = Long.parseLong(figures.get(0));
    System.out.printf("%,d rounds of opening and closing: resident memory %+,d bytes%n", ROUNDS, grown);
    // 0.1 MiB is what the JVM itself still takes after the warm-up, whatever the rounds.
    assertTrue(grown < 16L * ROUNDS + (2 << 20), output);
    assertTrue(Integer.parseInt(figures.get(1)) <= 0, "more threads or open files than before: " + output);
    assertEquals(0, Long.parseLong(figures.get(2)), "JavaCPP holds more bytes than before: " + output);
  }

  /** Prints the growth of resident memory in bytes, of threads plus open files, and of bytes that JavaCPP counts. */
  public static void main(String[] arguments) throws IOException {
    rounds(3_000); // code is compiled, caches have their size
    long memory = resident();
    int handles = handles();
    long counted = Pointer.totalBytes();
    rounds(ROUNDS);
    System.out.println(resident() - memory + " " + (handles() - handles) + " " + (Pointer.totalBytes() - counted));
  }

  private static void rounds(int count) {
    var tokens = TinyModel.tokens(8, 1);
    for (int i = 0; i < count; i++) {
      try (var engine = Engine.open(Device.CPU, 1); var model = Model.create(engine, TinyModel.CONFIG)) {
        model.forward(Batch.of(tokens).withLabels(tokens), Pass.of().loss().probe(Probe.rows(7)));
      }
    }
  }

  private static long resident() throws IOException {
    System.gc();
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * PAGE;
  }

  private static int handles() throws IOException {
    try (var threads = Files.list(Path.of("/proc/self/task")); var files = Files.list(Path.of("/proc/self/fd"))) {
      return (int) (threads.count() + files.count());
    }
  }
}
