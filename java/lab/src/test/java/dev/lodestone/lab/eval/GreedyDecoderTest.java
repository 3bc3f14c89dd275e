package dev.lodestone.lab.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.lab.train.TestModels;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.model.RopeConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GreedyDecoderTest {
  private static final int NEW_TOKENS = 12;
  private static final int VOCABULARY = 50;

  @TempDir static Path folder;
  private static Engine engine;
  private static Model model;
  private static List<int[]> prompts;

  @BeforeAll
  static void open() throws IOException {
    engine = Engine.open(Device.CPU, 2);
    model = Model.load(engine, TestModels.write(engine, folder.resolve("model")));
    var random = new Random(3);
    prompts = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      prompts.add(random.ints(1 + random.nextInt(40), 0, VOCABULARY).toArray());
    }
  }

  @AfterAll
  static void close() {
    model.close();
    engine.close();
  }

  /** Without a cache: the highest logit of the last row of the whole text so far. */
  private static int[] plain(Model model, int[] prompt, Set<Integer> endTokens) {
    int[] text = prompt;
    while (text.length < prompt.length + NEW_TOKENS) {
      var logits = model.forward(Batch.of(text), Pass.of().logitRows(text.length - 1)).logits();
      int best = 0;
      for (int i = 1; i < VOCABULARY; i++) {
        best = logits.get(i) > logits.get(best) ? i : best;
      }
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = best;
      if (endTokens.contains(best)) {
        break;
      }
    }
    return Arrays.copyOfRange(text, prompt.length, text.length);
  }

  /** A token that ends some of the answers at different places, not all at once. */
  private static Set<Integer> someEnd() {
    int[] counts = new int[VOCABULARY];
    for (int[] prompt : prompts) {
      Arrays.stream(plain(model, prompt, Set.of())).distinct().forEach(t -> counts[t]++);
    }
    int best = 0;
    for (int t = 1; t < VOCABULARY; t++) {
      best = Math.abs(counts[t] - 5) < Math.abs(counts[best] - 5) ? t : best;
    }
    assertTrue(counts[best] > 0 && counts[best] < prompts.size(), "the answers should end at different places");
    return Set.of(best);
  }

  @Test
  void lockstepGivesTheTokensOfOneByOneAndOfAPassWithoutCache() {
    Set<Integer> end = someEnd();
    for (int sequences : new int[] {1, 3, 8, 64}) {
      List<int[]> all = GreedyDecoder.decode(model, prompts, new GreedyDecoder.Options(NEW_TOKENS, end, sequences));
      for (int i = 0; i < prompts.size(); i++) {
        assertArrayEquals(plain(model, prompts.get(i), end), all.get(i), "prompt " + i + " of " + sequences);
      }
    }
  }

  @Test
  void everyGeneratedTokenHasTheStatisticsOfTheRowThatWroteIt() {
    var options = new GreedyDecoder.Options(NEW_TOKENS, someEnd(), 4);
    List<List<ProbeResult>> seen = new ArrayList<>();
    prompts.forEach(p -> seen.add(new ArrayList<>()));
    int[][] generated = new int[prompts.size()][];
    GreedyDecoder.decode(model, prompts, options, new GreedyDecoder.Listener() {
      @Override
      public Probe probe(int prompt, int row) {
        return Probe.rows(row).stats(Set.of(Probe.Stat.TOP2));
      }

      @Override
      public void row(int prompt, int n, ProbeResult statistics) {
        assertEquals(seen.get(prompt).size(), n);
        seen.get(prompt).add(statistics);
      }

      @Override
      public void finished(int prompt, int[] tokens) {
        generated[prompt] = tokens;
      }
    });
    for (int i = 0; i < prompts.size(); i++) {
      int[] prompt = prompts.get(i);
      assertEquals(generated[i].length, seen.get(i).size());
      int rows = generated[i].length;
      int[] text = Arrays.copyOf(prompt, prompt.length + rows - 1);
      System.arraycopy(generated[i], 0, text, prompt.length, rows - 1);
      ProbeResult whole = model.forward(Batch.of(text), Pass.of().probe(
          Probe.range(prompt.length - 1, text.length).stats(Set.of(Probe.Stat.TOP2)))).probe();
      for (int row = 0; row < rows; row++) {
        for (int head = 0; head < 8; head++) {
          // Both are fp32 sums of at most 52 keys in another order: a few times 2^-24 of a probability below 1.
          assertEquals(whole.maxProb()[head * rows + row], seen.get(i).get(row).maxProb()[head], 1e-5);
        }
      }
    }
  }

  @Test
  void dynamicRopeIsThatOfEachPromptAlone() throws IOException {
    try (ModelFolder opened = ModelFolder.open(folder.resolve("model"))) {
      ModelConfig config = opened.config().withRope(
          new RopeConfig(RopeConfig.Type.DYNAMIC, 10_000, 2, 16, 0, 0, 0, 0, 0, 0, 0, true), 64);
      try (Model dynamic = Model.load(engine, opened, config)) {
        var options = new GreedyDecoder.Options(NEW_TOKENS, Set.of(), 8);
        List<int[]> together = GreedyDecoder.decode(dynamic, prompts, options);
        for (int i = 0; i < prompts.size(); i++) {
          assertArrayEquals(GreedyDecoder.decode(dynamic, List.of(prompts.get(i)), options).get(0), together.get(i));
        }
      }
    }
  }

  @Test
  void nothingToDecodeIsNothing() {
    assertEquals(List.of(), GreedyDecoder.decode(model, List.of(), GreedyDecoder.Options.of(5, Set.of())));
    assertThrows(IllegalArgumentException.class, () -> GreedyDecoder.Options.of(0, Set.of()));
  }
}
