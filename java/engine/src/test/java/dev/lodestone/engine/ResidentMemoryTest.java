package dev.lodestone.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Opening and closing leaves nothing behind. {@code -Dlodestone.rounds=100000} for the long form; a leak of one
 * pointer-sized struct a round shows in the short one as well, which is held to the same bytes a round.
 */
class ResidentMemoryTest {
  private static final int ROUNDS = Integer.getInteger("lodestone.rounds", 5_000);
  private static final long PAGE = 4096;

  @Test
  void openingAndClosingIsFlat() throws IOException {
    round(2_000); // code is compiled, arenas and caches have their size
    long before = resident();
    round(ROUNDS);
    long grown = resident() - before;
    // Less than 64 bytes a round, and room for what the Java heap and its compiler still take.
    long allowed = 64L * ROUNDS + (16 << 20);
    System.out.printf("resident memory after %,d rounds: %+,d bytes%n", ROUNDS, grown);
    assertTrue(grown < allowed, "resident memory grew by " + grown + " bytes in " + ROUNDS + " rounds");
  }

  private static void round(int times) {
    var tokens = TinyModel.tokens(8, 1);
    for (int i = 0; i < times; i++) {
      try (var engine = Engine.open(Device.CPU, 1); var model = Model.create(engine, TinyModel.CONFIG)) {
        model.forward(Batch.of(tokens).withLabels(tokens), Pass.of().loss());
      }
    }
  }

  private static long resident() throws IOException {
    System.gc();
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * PAGE;
  }
}
