package dev.lodestone.lab.detect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.engine.TokenSpan;
import dev.lodestone.heads.AnswerRows;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.Target;
import dev.lodestone.heads.Trial;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.train.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RetrievalHeadsTest {
  private static final int LAYERS = 2;
  private static final int HEADS = 4;

  @TempDir static Path folder;
  private static Engine engine;
  private static Model model;
  private static List<TokenSample> samples;

  /** Every prompt is made of what the model says after another one, so that it has something to copy. */
  @BeforeAll
  static void open() throws IOException {
    engine = Engine.open(Device.CPU, 2);
    model = Model.load(engine, TestModels.write(engine, folder.resolve("model")));
    var random = new Random(8);
    samples = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      int[] start = random.ints(3, 0, 50).toArray();
      int[] said = GreedyDecoder.decode(model, List.of(start), GreedyDecoder.Options.of(20 + i, Set.of())).get(0);
      samples.add(new TokenSample("s" + i, said, null, List.of(new Span("needle", 1, 12),
          new Span("answer", 2 + i % 3, 9)), null, null));
    }
  }

  @AfterAll
  static void close() {
    model.close();
    engine.close();
  }

  private static RetrievalHeads.Options options(double threshold, int sequences) {
    return new RetrievalHeads.Options(new GreedyDecoder.Options(10, Set.of(7), sequences), threshold, null);
  }

  /** The trial from one pass over prompt and answer, without a decoder. */
  private static Trial teacherForced(TokenSample sample) {
    int[] prompt = sample.tokens();
    int[] generated = GreedyDecoder.decode(model, List.of(prompt), options(0, 1).decoding()).get(0);
    int rows = generated.length;
    int[] text = Arrays.copyOf(prompt, prompt.length + rows - 1);
    System.arraycopy(generated, 0, text, prompt.length, rows - 1);
    Span answer = sample.spans().get(1);
    ProbeResult probe = model.forward(Batch.of(text), Pass.of().probe(Probe.range(prompt.length - 1, text.length)
        .spans(List.of(new TokenSpan(answer.start(), answer.end()))))).probe();
    int[][] argmax = new int[rows][LAYERS * HEADS];
    float[][] mass = new float[rows][LAYERS * HEADS];
    for (int row = 0; row < rows; row++) {
      for (int head = 0; head < LAYERS * HEADS; head++) {
        argmax[row][head] = probe.argmax()[head * rows + row];
        mass[row][head] = probe.spanMass()[head * rows + row];
      }
    }
    int[] said = Arrays.copyOfRange(prompt, answer.start(), answer.end());
    return new Trial(LAYERS, HEADS, prompt, List.of(answer), generated, argmax, mass,
        AnswerRows.byTokens(generated, said), null, new int[LAYERS]);
  }

  @Test
  void scoresAreThoseOfAPassOverPromptAndAnswer() {
    var detectors = EnumSet.of(Detector.WU_CODE, Detector.WU_PAPER, Detector.PER_STEP, Detector.MASS);
    var detection = RetrievalHeads.detect(model, samples, detectors, options(-1, 4), Map.of("model", "tiny"), n -> {});
    assertEquals(samples.size(), detection.passed());
    double copied = 0;
    for (Detector detector : detectors) {
      var scores = detection.scores().get(detector);
      assertEquals(detector.id(), scores.meta().get("detector"));
      assertEquals("tiny", scores.meta().get("model"));
      for (int i = 0; i < samples.size(); i++) {
        double[] expected = detector.score(teacherForced(samples.get(i)));
        double[] found = new double[LAYERS * HEADS];
        for (int head = 0; head < found.length; head++) {
          found[head] = scores.scores(new Head(head / HEADS, head % HEADS))[i];
        }
        // counts are equal; masses are fp32 sums
        assertArrayEquals(expected, found, 1e-5, detector + " of sample " + i);
        copied += detector == Detector.WU_CODE ? Arrays.stream(found).sum() : 0;
      }
    }
    assertTrue(copied > 0, "no head copied anything, so the scores say nothing");
  }

  @Test
  void theNumberOfTrialsInLockstepDoesNotMatter() {
    double[] one = RetrievalHeads.detect(model, samples, Detector.WU_CODE, options(-1, 1)).means();
    double[] many = RetrievalHeads.detect(model, samples, Detector.WU_CODE, options(-1, 8)).means();
    assertArrayEquals(one, many);
  }

  private static double recall(TokenSample sample) {
    Trial trial = teacherForced(sample);
    Span answer = sample.spans().get(1);
    return AnswerText.tokenRecall(
        Arrays.copyOfRange(trial.prompt(), answer.start(), answer.end()), trial.generated());
  }

  @Test
  void onlyTrialsWhoseRecallExceedsTheThresholdCount() {
    double[] recalls = samples.stream().mapToDouble(RetrievalHeadsTest::recall).toArray();
    double threshold = Arrays.stream(recalls).sorted().toArray()[recalls.length / 2]; // its own trial does not pass
    var detection = RetrievalHeads.detect(
        model, samples, EnumSet.of(Detector.WU_PAPER), options(threshold, 4), Map.of(), n -> {});
    for (int i = 0; i < samples.size(); i++) {
      TrialOutcome outcome = detection.outcomes().get(i);
      assertEquals(samples.get(i).id(), outcome.id());
      assertEquals(recalls[i], outcome.recall());
      assertEquals(recalls[i] > threshold, outcome.passed());
    }
    long passed = Arrays.stream(recalls).filter(r -> r > threshold).count();
    assertTrue(passed > 0 && passed < samples.size(), "the trials should differ: " + Arrays.toString(recalls));
    assertEquals(passed, detection.scores().get(Detector.WU_PAPER).trials());
    assertEquals(samples.size(), detection.verdicts().values().stream().mapToInt(n -> n).sum());
  }

  @Test
  void aSampleWithoutASpanToLookForIsRefused() {
    var bare = new TokenSample("bare", new int[] {1, 2}, null, List.of(new Span("query", 0, 1)), null, null);
    var e = assertThrows(LodestoneException.class,
        () -> RetrievalHeads.detect(model, List.of(bare), Detector.MASS, options(0, 1)));
    assertTrue(e.getMessage().contains("bare") && e.getMessage().contains("query"), e.getMessage());
  }

  @Test
  void theAnswerSpanGoesBeforeTheNeedle() {
    assertEquals(List.of(samples.get(0).spans().get(1)), Target.ANSWER.of(samples.get(0)));
  }
}
