package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadChoiceTest {
  private static final ModelConfig MODEL = new ModelConfig("LlamaForCausalLM", "llama", 2, 16, 2, 1, 8, 16, 20, 32,
      1e-5, false, false, new int[2], RopeConfig.of(10_000));

  @TempDir Path folder;

  private Path scores(int layers, int heads, double... trial) {
    Path file = folder.resolve("heads.json");
    ScoreFile.write(HeadScores.of(layers, heads, Map.of(), List.of(trial)), file, ScoreFile.Style.LODESTONE);
    return file;
  }

  @Test
  void theHighestScoresWin() {
    Path file = scores(2, 2, 0.1, 0.9, Double.NaN, 0.5);
    assertEquals(List.of(new Head(0, 1)), HeadChoice.top(file, 1, MODEL).heads());
    assertEquals(List.of(new Head(0, 1), new Head(1, 1)), HeadChoice.top(file, 2, MODEL).heads());
    refused("at least 4 heads (--top) but found 3", file, 4); // one cannot be judged
  }

  @Test
  void rankedHeadsStandInTheOrderOfTheirScores() {
    Path file = scores(2, 2, 0.1, 0.3, 0.9, 0.5);
    assertEquals(Head.parseList("1-0,1-1,0-1"), HeadChoice.ranked(file, 3, MODEL));
  }

  @Test
  void scoresOfAnotherModelAreRefused() {
    refused("expected scores of 2 layers of 2 heads, as the model has, but found 1 of 3", scores(1, 3, 1, 2, 3), 1);
  }

  private static void refused(String sentence, Path file, int count) {
    var e = assertThrows(LodestoneException.class, () -> HeadChoice.top(file, count, MODEL));
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
  }
}
