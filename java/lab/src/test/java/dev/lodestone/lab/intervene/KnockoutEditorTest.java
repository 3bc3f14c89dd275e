package dev.lodestone.lab.intervene;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.probe.Knockout;
import dev.lodestone.lab.train.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KnockoutEditorTest {
  private static final int NEW_TOKENS = 8;
  private static final List<Head> HEADS = Head.parseList("0-1,1-2,1-3");

  @TempDir static Path folder;
  private static Engine engine;
  private static Model model;

  @BeforeAll
  static void open() throws IOException {
    engine = Engine.open(Device.CPU, 1);
    model = Model.load(engine, TestModels.write(engine, folder.resolve("model")));
  }

  @AfterAll
  static void close() {
    model.close();
    engine.close();
  }

  /** Without a cache: a pass over the whole text for every token. */
  private static int[] plain(int[] prompt, Knockout knockout, int first) {
    List<Edit> edits = knockout.edits().stream().map(edit -> edit.from(first)).toList();
    if (knockout.mode() == Knockout.Mode.MEAN) {
      edits = means(prompt, knockout.heads(), first);
    }
    int[] text = prompt;
    while (text.length < prompt.length + NEW_TOKENS) {
      var logits = model.forward(Batch.of(text), Pass.of().edits(edits).logitRows(text.length - 1)).logits();
      int best = IntStream.range(0, logits.capacity()).reduce(0, (a, b) -> logits.get(b) > logits.get(a) ? b : a);
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = best;
    }
    return Arrays.copyOfRange(text, prompt.length, text.length);
  }

  /** Head by head from the lowest layer: the mean over the prompt, those before replaced already. */
  private static List<Edit> means(int[] prompt, List<Head> heads, int first) {
    int d = model.config().headDim();
    List<Edit> edits = new ArrayList<>();
    for (Head head : heads) {
      float[] output = model.forward(Batch.of(prompt), Pass.of().edits(edits).capture(List.of(head))).captured(head);
      float[] mean = new float[d];
      for (int i = 0; i < d; i++) {
        int at = i;
        mean[i] = (float) IntStream.range(0, prompt.length).mapToDouble(row -> output[row * d + at]).average()
            .orElseThrow();
      }
      edits.add(Edit.mean(head, mean).from(first));
    }
    return edits;
  }

  @ParameterizedTest
  @EnumSource
  void decodingIsThatOfPassesWithoutACache(Knockout.Mode mode) {
    var random = new Random(9);
    List<int[]> prompts = IntStream.range(0, 7).mapToObj(i -> random.ints(5 + 4 * i, 0, 50).toArray()).toList();
    var knockout = new Knockout(mode, HEADS);
    int changed = 0;
    for (Rows rows : Rows.values()) {
      int[][] found = new int[prompts.size()][];
      GreedyDecoder.decode(model, prompts, new GreedyDecoder.Options(NEW_TOKENS, Set.of(), 3),
          KnockoutEditor.of(model, knockout, rows), (prompt, generated) -> found[prompt] = generated);
      for (int i = 0; i < prompts.size(); i++) {
        int[] prompt = prompts.get(i);
        assertArrayEquals(plain(prompt, knockout, rows.first(prompt.length)), found[i], mode + " " + rows + " " + i);
        changed += Arrays.equals(found[i], plain(prompt, Knockout.NONE, 0)) ? 0 : 1;
      }
    }
    assertTrue(changed > 0, "the knockout should change some answer");
  }

  @Test
  void answerRowsBeginWithTheLastOfThePrompt() {
    try (var editor = KnockoutEditor.of(model, new Knockout(Knockout.Mode.MEAN, HEADS), Rows.ANSWER).open(1, 64)) {
      assertTrue(editor.prompt(0, new int[] {4, 5, 6}).stream().allMatch(edit -> edit.firstRow() == 2));
      assertEquals(HEADS, editor.step(new int[] {0}, new int[] {1}).stream().map(Edit::head).toList());
    }
  }
}
