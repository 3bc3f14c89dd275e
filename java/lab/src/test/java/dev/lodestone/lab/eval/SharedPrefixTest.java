package dev.lodestone.lab.eval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.quickstart.EmbeddedModel;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedPrefixTest {
  @TempDir Path folder;

  /** Removes heads in the rows that write the answer. */
  private static HeadEditor.Source without(Head... heads) {
    List<Edit> edits = Arrays.stream(heads).map(Edit::zero).toList();
    return new HeadEditor.Source() {
      @Override
      public HeadEditor open(int sequences, int capacity) {
        return new HeadEditor() {
          @Override
          public List<Edit> prompt(int sequence, int[] ids) {
            return edits.stream().map(edit -> edit.from(ids.length - 1)).toList();
          }

          @Override
          public List<Edit> step(int[] sequences, int[] ids) {
            return edits;
          }
        };
      }

      @Override
      public boolean leavesPrompts() {
        return true;
      }
    };
  }

  @Test
  void everyVariantIsAnsweredAsAlone() throws IOException {
    EmbeddedModel.write(folder);
    try (Engine engine = Engine.open(Device.CPU, 1); Model model = Model.load(engine, folder);
        ModelFolder files = ModelFolder.open(folder); Tokenizer tokenizer = Tokenizer.load(files.tokenizerFile())) {
      var encoder = new SampleEncoder(tokenizer, false);
      // Different lengths, more prompts than sequences, one of a single token.
      List<int[]> prompts = new ArrayList<>();
      for (int length : new int[] {64, 70, 80}) {
        EmbeddedModel.questions(length, 3, 5).stream().map(encoder::encode).map(TokenSample::tokens)
            .forEach(prompts::add);
      }
      prompts.add(new int[] {9});
      var options = new GreedyDecoder.Options(4, Set.copyOf(files.endTokens()), 4);
      var variants = List.of(HeadEditor.NONE, without(new Head(5, 0), new Head(5, 1), new Head(5, 2), new Head(5, 3)),
          without(new Head(1, 3)), HeadEditor.NONE);
      int[][][] shared = new int[variants.size()][prompts.size()][];
      SharedPrefix.decode(model, prompts, options, variants, (variant, prompt, generated) -> {
        assertEquals(null, shared[variant][prompt], "heard once");
        shared[variant][prompt] = generated;
      });
      for (int v = 0; v < variants.size(); v++) {
        int[][] alone = shared[v];
        GreedyDecoder.decode(model, prompts, options, variants.get(v),
            (prompt, generated) -> assertArrayEquals(generated, alone[prompt]));
      }
      assertTrue(Arrays.deepEquals(shared[0], shared[3]), "what one variant leaves behind is no other's");
      assertTrue(!Arrays.deepEquals(shared[0], shared[1]), "the heads are needed");
    }
  }

  @Test
  void editsOfPromptsAreRefused() {
    HeadEditor.Source all = (sequences, capacity) -> new HeadEditor() {};
    assertThrows(IllegalArgumentException.class, () -> SharedPrefix.decode(null, List.of(),
        GreedyDecoder.Options.of(1, Set.of()), List.of(HeadEditor.NONE, all), (v, p, g) -> {}));
  }
}
