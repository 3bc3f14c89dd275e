package dev.lodestone.engine;

import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class BatchTest {
  @Test
  void packsDocuments() {
    var batch = Batch.pack(List.of(new int[] {1, 2}, new int[] {3}), List.of(new int[] {-100, 2}, new int[] {-100}));
    assertArrayEquals(new int[] {1, 2, 3}, batch.tokens());
    assertArrayEquals(new int[] {0, 2, 3}, batch.starts());
    assertArrayEquals(new int[] {-100, 2, -100}, batch.labels());
  }

  @Test
  void refusesArraysOfOtherLengths() {
    refused("expected 2 labels, one for each token but found 1", () -> Batch.of(1, 2).withLabels(new int[1]));
    refused("expected 2 weights", () -> Batch.of(1, 2).withWeights(new float[3]));
    refused("starts from 0 to 2", () -> new Batch(new int[2], new int[] {0, 3}, null, null));
    refused("at least 2 starts", () -> new Batch(new int[0], new int[] {0}, null, null));
    refused("rows of labels", () -> Batch.pack(List.of(new int[1]), List.of()));
    refused("labels for document 0", () -> Batch.pack(List.of(new int[1]), List.of(new int[2])));
  }
}
