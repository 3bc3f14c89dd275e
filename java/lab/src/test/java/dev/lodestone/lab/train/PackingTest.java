package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackingTest {
  private static TrainSample sample(String id, int... lengths) {
    int tokens = Arrays.stream(lengths).sum();
    return new TrainSample(id, new int[tokens], new int[tokens], lengths, 1);
  }

  private static List<TrainSample> random(int count, long seed) {
    var random = new Random(seed);
    var samples = new ArrayList<TrainSample>();
    for (int i = 0; i < count; i++) {
      samples.add(sample("s" + i, 1 + random.nextInt(40)));
    }
    return samples;
  }

  @Test
  void stepsHoldAsManyWholeSamplesAsFitAndEpochsHoldEverySampleOnce() {
    var samples = random(57, 1);
    var packing = new Packing(samples, 40, 100, 100, 7);
    var taken = new ArrayList<TrainSample>();
    var steps = new ArrayList<List<TrainSample>>();
    while (taken.size() < 3 * samples.size()) {
      steps.add(packing.nextStep());
      taken.addAll(steps.get(steps.size() - 1));
    }
    for (int s = 0; s + 1 < steps.size(); s++) {
      int tokens = tokens(steps.get(s));
      assertTrue(tokens <= 100);
      assertTrue(tokens + steps.get(s + 1).get(0).tokens().length > 100, "the next sample would have fitted");
    }
    for (int epoch = 0; epoch < 3; epoch++) {
      var ids = taken.subList(epoch * samples.size(), (epoch + 1) * samples.size());
      assertEquals(samples.size(), new HashSet<>(ids).size());
    }
    assertNotEquals(taken.subList(0, samples.size()), taken.subList(samples.size(), 2 * samples.size()));
  }

  @Test
  void theOrderFollowsFromSeedAndEpoch() {
    assertTrue(Arrays.equals(Packing.order(50, 3, 2), Packing.order(50, 3, 2)));
    var seen = new HashSet<String>();
    for (long seed = -2; seed < 3; seed++) {
      for (long epoch = 0; epoch < 5; epoch++) {
        assertTrue(seen.add(Arrays.toString(Packing.order(50, seed, epoch))), "two epochs in the same order");
      }
    }
  }

  @Test
  void everyPositionIsAsLikelyForEverySample() {
    int[][] counts = new int[4][4];
    for (int epoch = 0; epoch < 4_000; epoch++) {
      int[] order = Packing.order(4, 11, epoch);
      for (int i = 0; i < 4; i++) {
        counts[i][order[i]]++;
      }
    }
    for (int[] row : counts) {
      for (int count : row) { // binomial(4000, 1/4): deviation 27
        assertEquals(1_000, count, 5 * 27);
      }
    }
  }

  @Test
  void oneSampleOfTheSizeOfAStepIsEveryStep() {
    var packing = new Packing(List.of(sample("only", 96)), 96, 96, 96, 0);
    for (int i = 0; i < 3; i++) {
      assertEquals(1, packing.nextStep().size());
    }
  }

  @Test
  void aSampleThatFitsNoStepIsRefusedByName() {
    var tooLong = assertThrows(LodestoneException.class,
        () -> new Packing(List.of(sample("a", 5), sample("big", 65)), 64, 128, 128, 0));
    assertTrue(tooLong.getMessage().contains("'big' has 65 tokens but --context-length is 64"), tooLong.getMessage());
    var several = assertThrows(LodestoneException.class,
        () -> new Packing(List.of(sample("a", 65), sample("b", 5), sample("c", 80)), 64, 128, 128, 0));
    assertTrue(several.getMessage().endsWith("; 2 of 3 samples are longer, up to 80"), several.getMessage());
    var tooWide = assertThrows(LodestoneException.class,
        () -> new Packing(List.of(sample("packed", 60, 60)), 64, 100, 100, 0));
    assertTrue(tooWide.getMessage().contains("'packed' has 120 tokens but a step takes 100"), tooWide.getMessage());
    var pass = assertThrows(LodestoneException.class,
        () -> new Packing(List.of(sample("p", 60)), 64, 100, 50, 0));
    assertTrue(pass.getMessage().contains("a pass takes 50: raise --micro-batch-tokens"), pass.getMessage());
  }

  @Test
  void aStepIsSplitInOrder() {
    var step = random(20, 5);
    var parts = Packing.split(step, 45);
    var joined = new ArrayList<TrainSample>();
    for (var part : parts) {
      assertTrue(tokens(part) <= 45);
      joined.addAll(part);
    }
    assertEquals(step, joined);
  }

  private static int tokens(List<TrainSample> samples) {
    return samples.stream().mapToInt(s -> s.tokens().length).sum();
  }
}
