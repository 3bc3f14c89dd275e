package dev.lodestone.lab.train;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Mode;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;

/** The heads of the highest scores, for mode heads and for interventions. */
public final class HeadChoice {
  private HeadChoice() {}

  /** What mode heads trains: {@link #ranked} as a set. */
  public static Mode.Heads top(Path file, int count, ModelConfig model) {
    return new Mode.Heads(ranked(file, count, model));
  }

  /**
   * The {@code count} heads of the highest mean scores in a file, the highest first.
   *
   * @throws LodestoneException the file is no score file, or one of a model of another shape
   */
  public static List<Head> ranked(Path file, int count, ModelConfig model) {
    HeadScores scores = ScoreFile.read(file);
    if (scores.layers() != model.layers() || scores.heads() != model.heads()) {
      throw new LodestoneException("%s: expected scores of %d layers of %d heads, as the model has, but found %d of %d"
          .formatted(file, model.layers(), model.heads(), scores.layers(), scores.heads()));
    }
    var top = scores.top(count).stream().filter(ranked -> !Double.isNaN(ranked.mean())).toList();
    if (top.size() < count) {
      throw new LodestoneException("%s: expected the scores of at least %d heads (--top) but found %d".formatted(file,
          count, top.size()));
    }
    return top.stream().map(HeadScores.Ranked::head).toList();
  }
}
