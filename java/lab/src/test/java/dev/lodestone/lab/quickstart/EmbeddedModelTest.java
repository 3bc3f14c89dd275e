package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.lab.quickstart.World.Facts;
import dev.lodestone.lab.quickstart.World.Filler;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {
  @TempDir Path folder;

  @Test
  void answersAsItsCardSays() throws IOException {
    EmbeddedModel.write(folder);
    double[][] card = {{0.98, 0.98, 0.96}, {0.72, 0.66, 0.73}, {0.01, 0.03, 0.04}};
    int[] lengths = {64, 128, 512};
    try (Engine engine = Engine.open(Device.CPU); Model model = Model.load(engine, folder)) {
      for (int i = 0; i < lengths.length; i++) {
        for (Facts facts : Facts.values()) {
          double right = Answers.right(model, World.documents(facts, Filler.VARIED, lengths[i], 32, 9), List.of());
          // As rounded there; another processor may turn one question of 96.
          assertEquals(card[i][facts.ordinal()], right, 0.016, facts + " at " + lengths[i]);
        }
      }
    }
  }

  @Test
  void isAModelFolderWithATokenizerOfWords() throws IOException {
    EmbeddedModel.write(folder);
    assertTrue(Files.size(folder.resolve("model.safetensors")) < 6_000_000);
    String text = World.trials(Facts.REALISTIC, Filler.VARIED, 64, 1, 3).get(0).prompt();
    try (ModelFolder model = ModelFolder.open(folder); Tokenizer tokenizer = Tokenizer.load(model.tokenizerFile())) {
      model.check();
      tokenizer.requireFits(model.config().vocabulary());
      int[] ids = tokenizer.encode(text, false).ids();
      assertArrayEquals(Words.ids(text), ids);
      assertEquals(text, tokenizer.decode(ids));
      assertEquals(Set.of(Words.of("end")[0]), Set.copyOf(model.endTokens()));
    }
  }

  @Test
  void itsTrainingIsTheSameForTheSameSeed() throws IOException {
    for (String out : List.of("a", "b")) {
      EmbeddedTraining.main(new String[] {folder.resolve(out).toString(), "2", "1"});
    }
    assertEquals(-1, Files.mismatch(folder.resolve("a/model.safetensors"), folder.resolve("b/model.safetensors")));
    assertEquals(-1, Files.mismatch(folder.resolve("a/tokenizer.json"), folder.resolve("b/tokenizer.json")));
  }
}
