package dev.lodestone.lab.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.AnswerRows;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every detector against its definition on full matrices in double precision; the second layer has a window. */
class BruteForceTest {
  private static final int HEADS = 4;
  private static final int CELLS = 3 * HEADS;
  private static final int WINDOW = 12;
  private static final int LENGTH = 30;
  private static final int REPEAT = 9;
  private static final double BOUND = 1e-5;

  private static Engine engine;
  private static Model model;
  private static Tokenizer tokenizer;
  private static TokenSample sample;
  private static int[] generated;
  private static AttentionMatrices matrices;
  private static int[] text;
  private static RetrievalHeads.Detection detection;

  @BeforeAll
  static void open() {
    engine = Engine.open(Device.CPU, 1); // thousands of tiny passes: threads would only wait for each other
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 64, 0, 0, 0, 0, 0, 0, 0, true);
    model = Model.create(engine, new ModelConfig("MistralForCausalLM", "mistral", 3, 16, HEADS, 2, 8, 24, 40, 64, 1e-5,
        false, false, new int[] {0, WINDOW, 0}, rope));
    var random = new Random(3);
    for (var parameter : model.parameters()) {
      float[] values = new float[(int) parameter.count()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * 0.4 + (parameter.rank() == 1 ? 1 : 0));
      }
      model.write(parameter.name(), values);
    }
    tokenizer = Tokenizer.parse("""
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
         "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {"w0": 0, "N/A": 1, "w2": 2}}}""", "test");
    int[] tokens = prompt(random);
    sample = new TokenSample("s", tokens, null, List.of(new Span("needle", 2, 9), new Span("document:1", 2, 9),
        new Span("citation", 2, 4), new Span("answer", 4, 7), new Span("hop:2", 2, 9), new Span("needle", 11, 16),
        new Span("hop:1", 11, 16), new Span("bridge", 12, 14), new Span("query", 20, 26)), null, null);
    var options = new RetrievalHeads.Options(new GreedyDecoder.Options(8, Set.of(), 2), -1, tokenizer,
        new Repeats(REPEAT, 2, 0, 5));
    detection = RetrievalHeads.detect(model, List.of(sample), EnumSet.allOf(Detector.class), options, Map.of(),
        n -> {});
  }

  @AfterAll
  static void close() {
    tokenizer.close();
    model.close();
    engine.close();
  }

  /** A prompt whose answer, tokens 4 to 6, the model says after it while some head copies from it. */
  private static int[] prompt(Random random) {
    for (int attempt = 0; attempt < 5_000; attempt++) {
      int[] tokens = random.ints(LENGTH, 3, 40).toArray();
      tokens[23] = tokens[5];
      System.arraycopy(decode(tokens), random.nextInt(5), tokens, 4, 3);
      generated = decode(tokens);
      text = Arrays.copyOf(tokens, LENGTH + generated.length);
      System.arraycopy(generated, 0, text, LENGTH, generated.length);
      if (AnswerRows.byTokens(generated, Arrays.copyOfRange(tokens, 4, 7)).length > 0) {
        matrices = new AttentionMatrices(model, text);
        if (IntStream.range(0, CELLS).anyMatch(h -> copies(h, 4, 7) > 0)) {
          return tokens;
        }
      }
    }
    throw new AssertionError("no prompt of which the model says and a head copies the answer");
  }

  private static int[] decode(int[] tokens) {
    return GreedyDecoder.decode(model, List.of(tokens), GreedyDecoder.Options.of(8, Set.of())).get(0);
  }

  private static boolean in(int key, int... bounds) {
    return IntStream.range(0, bounds.length / 2).anyMatch(i -> bounds[2 * i] <= key && key < bounds[2 * i + 1]);
  }

  private static int window(int head) {
    return head / HEADS == 1 ? WINDOW : Integer.MAX_VALUE;
  }

  private static int best(int head, int row) {
    double[] p = matrices.p[head][row];
    return IntStream.rangeClosed(0, row).reduce((a, b) -> p[b] > p[a] ? b : a).orElseThrow();
  }

  /** As {@link #compare}, and some score is not 0. */
  private static void check(Detector detector, int trial, IntToDoubleFunction expected) {
    assertTrue(compare(detector, trial, expected) > 0, detector + " is 0 everywhere, so it says nothing");
  }

  /** The sum of the sizes of the scores, all of which are as expected. */
  private static double compare(Detector detector, int trial, IntToDoubleFunction expected) {
    HeadScores scores = detection.scores().get(detector);
    double total = 0;
    for (int head = 0; head < CELLS; head++) {
      double wanted = expected.applyAsDouble(head);
      double found = scores.scores(new Head(head / HEADS, head % HEADS))[trial];
      double size = Double.isNaN(wanted) ? 0 : Math.abs(wanted);
      assertEquals(wanted, found, BOUND * Math.max(1, size), detector + " of head " + head);
      total += size;
    }
    return total;
  }

  private static double copies(int head, int... target) {
    return IntStream.range(0, generated.length).filter(r -> {
      int key = best(head, LENGTH - 1 + r);
      return in(key, target) && text[key] == generated[r];
    }).count();
  }

  /** Rows of the answer, found word for word: tokens 4 to 7 of the prompt in what was generated. */
  private static List<Integer> answerRows() {
    for (int start = 0; start + 3 <= generated.length; start++) {
      if (Arrays.equals(generated, start, start + 3, text, 4, 7)) {
        return List.of(start, start + 1, start + 2);
      }
    }
    throw new AssertionError("the model does not say its answer: " + Arrays.toString(generated));
  }

  private static boolean blind(int head, int row, int end) {
    return end <= row - window(head) + 1L;
  }

  private static double looking(int head, int... target) {
    int end = target[target.length - 1];
    var seen = answerRows().stream().filter(r -> !blind(head, LENGTH - 1 + r, end)).toList();
    return seen.isEmpty() ? Double.NaN
        : seen.stream().filter(r -> in(best(head, LENGTH - 1 + r), target)).count() / (double) seen.size();
  }

  /** The mean over rows of inside − n / (K − n) · outside, for a weight of every key. */
  private static double contrast(int head, int start, int end, boolean logit) {
    var values = new ArrayList<Double>();
    for (int r : answerRows()) {
      int row = LENGTH - 1 + r;
      double inside = 0;
      double outside = 0;
      int n = 0;
      int keys = 0;
      for (int key = 0; key <= row; key++) {
        if (key > row - (long) window(head)) {
          double weight = logit ? matrices.added(head, row, key, generated[r]) : matrices.p[head][row][key];
          boolean target = in(key, start, end);
          inside += target ? weight : 0;
          outside += target ? 0 : weight;
          n += target ? 1 : 0;
          keys++;
        }
      }
      if (n > 0) {
        values.add(inside - n / (double) (keys - n) * outside);
      }
    }
    return values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
  }

  @Test
  void copying() {
    IntToDoubleFunction onAnswer = h -> blind(h, LENGTH - 1, 7) ? Double.NaN : copies(h, 4, 7);
    check(Detector.WU_CODE, 0, h -> onAnswer.applyAsDouble(h) / 3);
    check(Detector.ANSWER, 0, h -> onAnswer.applyAsDouble(h) / 3);
    check(Detector.PER_STEP, 0, h -> onAnswer.applyAsDouble(h) / generated.length);
    long distinct = Arrays.stream(text, 4, 7).distinct().count();
    check(Detector.WU_PAPER, 0, h -> blind(h, LENGTH - 1, 7) ? Double.NaN
        : IntStream.range(0, generated.length).filter(r -> in(best(h, LENGTH - 1 + r), 4, 7)
            && text[best(h, LENGTH - 1 + r)] == generated[r]).map(r -> generated[r]).distinct().count()
            / (double) distinct);
  }

  @Test
  void documentsAndCitations() {
    compare(Detector.INTERMEDIATE, 0, h -> looking(h, 11, 16));
    compare(Detector.BRIDGE, 0, h -> looking(h, 12, 14));
    compare(Detector.INSIGHT, 0, h -> looking(h, 4, 9, 11, 16));
    compare(Detector.CITATION, 0, h -> blind(h, LENGTH - 1, 4) ? Double.NaN : copies(h, 2, 4) / 2);
  }

  @Test
  void massAndLogits() {
    check(Detector.MASS, 0, h -> contrast(h, 4, 7, false));
    check(Detector.INTERMEDIATE_MASS, 0, h -> contrast(h, 11, 16, false));
    check(Detector.LOCOS, 0, h -> contrast(h, 4, 7, true));
  }

  @Test
  void queryAgainstNullQuery() {
    int[] empty = IntStream.concat(IntStream.concat(Arrays.stream(text, 0, 20), IntStream.of(1)),
        Arrays.stream(text, 26, LENGTH)).toArray();
    var without = new AttentionMatrices(model, empty);
    check(Detector.QR, 0, h -> {
      if (blind(h, 20, 16)) {
        return Double.NaN;
      }
      double score = 0;
      for (int[] document : new int[][] {{2, 9}, {11, 16}}) {
        double[] e = IntStream.range(document[0], document[1])
            .mapToDouble(key -> IntStream.range(20, LENGTH).mapToDouble(t -> matrices.p[h][t][key]).average()
                .orElseThrow() - IntStream.range(20, empty.length).mapToDouble(t -> without.p[h][t][key]).average()
                    .orElseThrow()).toArray();
        double mean = Arrays.stream(e).average().orElseThrow();
        double deviation = Math.sqrt(Arrays.stream(e).map(x -> (x - mean) * (x - mean)).sum() / (e.length - 1));
        score += Arrays.stream(e).filter(x -> x > mean - 2 * deviation).sum();
      }
      return score;
    });
  }

  /** Σ P∘D over the rows that see a key of D or have none, and how many those are. */
  private static double[] pattern(double[][] p, int[] tokens, int window, boolean previous, int shift) {
    double sum = 0;
    int rows = 0;
    for (int i = 0; i < tokens.length; i++) {
      boolean exists = false;
      boolean seen = false;
      for (int j = 0; j <= i; j++) {
        boolean d = previous ? j == i - 1 : j - shift >= 0 && j - shift < i && tokens[j - shift] == tokens[i];
        exists |= d;
        seen |= d && j > i - (long) window;
        sum += d ? p[i][j] : 0;
      }
      rows += seen || !exists ? 1 : 0;
    }
    return new double[] {sum, rows};
  }

  @Test
  void patterns() {
    int[] prompt = sample.tokens();
    for (var detector : List.of(Detector.INDUCTION, Detector.DUPLICATE, Detector.PREVIOUS)) {
      check(detector, 0, h -> {
        double[] found = pattern(Arrays.copyOf(matrices.p[h], LENGTH), prompt, window(h),
            detector == Detector.PREVIOUS, detector == Detector.INDUCTION ? 1 : 0);
        return found[0] / found[1];
      });
    }
    for (int trial = 0; trial < 2; trial++) {
      int[] tokens = PatternHeads.repeated(new Repeats(REPEAT, 2, 0, 5), 40, trial);
      assertEquals(1 + 4 * REPEAT, tokens.length);
      assertEquals(REPEAT + 1, Arrays.stream(tokens).distinct().count());
      var razor = new AttentionMatrices(model, tokens);
      for (var detector : List.of(Detector.RAZOR, Detector.RAZOR_ECHO)) {
        check(detector, trial, h -> {
          double sum = 0;
          for (int i = REPEAT + 1; i < tokens.length; i++) { // keys a whole number of periods back, and those after
            for (int j = i - REPEAT; j >= 1; j -= REPEAT) {
              sum += razor.p[h][i][detector == Detector.RAZOR ? j + 1 : j];
            }
          }
          return sum / (tokens.length * tokens.length);
        });
      }
    }
  }
}
