package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.io.Json;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The native program is part of the build, so it is there when this runs; only how it is called is tested. */
class BenchCommandTest {
  @TempDir Path folder;

  @Test
  void showsRowsAndWritesThem() {
    Path out = folder.resolve("bench.json");
    Cli run = Cli.run("bench", "--op", "sum_of_squares", "--seconds", "0.01", "--out", out);
    assertEquals(0, run.code(), run.err());
    assertTrue(run.out().contains("sum_of_squares"), run.out());
    var rows = Json.readFile(out).get("rows");
    assertTrue(rows.size() > 0);
    assertTrue(rows.get(0).get("seconds").asDouble() > 0);
  }

  @Test
  void anOpThatIsNotThereIsSaid() {
    Cli run = Cli.run("bench", "--op", "teleport", "--seconds", "0.01");
    assertEquals(1, run.code());
    assertTrue(run.err().contains("teleport"), run.err());
  }

  @Test
  void wrongWordsAreExitTwo() {
    assertEquals(2, Cli.run("bench", "--seconds", "0").code());
    assertEquals(2, Cli.run("bench", "--peer", "../../etc", "--op", "adamw").code());
    assertEquals(2, Cli.run("bench", "--peer", "libtorch", "--device", "cuda", "--op", "adamw").code());
  }
}
