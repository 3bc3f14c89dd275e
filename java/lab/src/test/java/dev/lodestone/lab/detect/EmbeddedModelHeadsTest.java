package dev.lodestone.lab.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.quickstart.EmbeddedModel;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retrieval scores of a model that really retrieves, against their definitions on full matrices in float64. */
class EmbeddedModelHeadsTest {
  private static final int WORDS = 3; // of an answer: two and the end
  private static final double BOUND = 1e-5;

  @TempDir Path folder;

  @Test
  void scoresAreThoseOfTheMatrices() throws IOException {
    EmbeddedModel.write(folder);
    try (Engine engine = Engine.open(Device.CPU, 1); Model model = Model.load(engine, folder);
        ModelFolder files = ModelFolder.open(folder); Tokenizer tokenizer = Tokenizer.load(files.tokenizerFile())) {
      var encoder = new SampleEncoder(tokenizer, false);
      List<TokenSample> samples = EmbeddedModel.questions(64, 6, 3).stream().map(encoder::encode).toList();
      var decoding = GreedyDecoder.Options.of(WORDS, Set.copyOf(files.endTokens()));
      var found = RetrievalHeads.detect(model, samples, EnumSet.of(Detector.WU_CODE, Detector.WU_PAPER, Detector.MASS),
          new RetrievalHeads.Options(decoding, -1, tokenizer), Map.of(), n -> {});
      assertEquals(6, found.passed());
      double highest = 0;
      for (int t = 0; t < samples.size(); t++) {
        int[] generated = GreedyDecoder.decode(model, List.of(samples.get(t).tokens()), decoding).get(0);
        highest = Math.max(highest, compare(model, samples.get(t), generated, found, t));
      }
      assertEquals(1, highest, "some head copies a whole answer");
    }
  }

  private static double compare(Model model, TokenSample sample, int[] generated, RetrievalHeads.Detection found,
      int trial) {
    int prompt = sample.tokens().length;
    int[] text = Arrays.copyOf(sample.tokens(), prompt + generated.length);
    System.arraycopy(generated, 0, text, prompt, generated.length);
    double[][][] p = new AttentionMatrices(model, text).p;
    Span answer = sample.spans("answer").findFirst().orElseThrow();
    assertTrue(Arrays.equals(text, answer.start(), answer.end(), text, prompt, prompt + answer.length()),
        "the model gives the answer");
    int heads = model.config().heads();
    double highest = 0;
    for (int h = 0; h < p.length; h++) {
      int hits = 0;
      double contrast = 0;
      var copied = new HashSet<Integer>();
      for (int row = prompt - 1; row < prompt - 1 + generated.length; row++) {
        double[] weights = p[h][row];
        int best = IntStream.rangeClosed(0, row).reduce((a, b) -> weights[b] > weights[a] ? b : a).orElseThrow();
        if (answer.start() <= best && best < answer.end() && text[best] == text[row + 1]) {
          hits++;
          copied.add(text[best]);
        }
        if (row - prompt + 1 < answer.length()) { // the rows that write the answer
          double inside = Arrays.stream(weights, answer.start(), answer.end()).sum();
          double odds = answer.length() / (double) (row + 1 - answer.length());
          contrast += (inside - odds * (Arrays.stream(weights, 0, row + 1).sum() - inside)) / answer.length();
        }
      }
      var head = new Head(h / heads, h % heads);
      double distinct = Arrays.stream(text, answer.start(), answer.end()).distinct().count();
      double code = hits / (double) answer.length();
      assertEquals(code, found.scores().get(Detector.WU_CODE).scores(head)[trial], "wu-code of " + head);
      assertEquals(copied.size() / distinct, found.scores().get(Detector.WU_PAPER).scores(head)[trial], head + "");
      assertEquals(contrast, found.scores().get(Detector.MASS).scores(head)[trial], BOUND, "mass of " + head);
      highest = Math.max(highest, code);
    }
    return highest;
  }
}
