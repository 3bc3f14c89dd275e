package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.stats.Correlation;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadComparisonTest {
  private static final List<HeadCut> CUTS = List.of(HeadCut.above(0), HeadCut.above(0.1), HeadCut.top(2));

  private static HeadScores scores(double... means) {
    return HeadScores.of(1, means.length, Map.of(), List.of(means));
  }

  @Test
  void comparesSetsAndVectors() {
    var found = HeadComparison.of(scores(0.6, 0.3, 0.05, 0), scores(0.8, 0, 0.2, 0), CUTS).similarities();
    assertEquals(0.49 / Math.sqrt(0.4525 * 0.68), found.get("cosine"), 1e-15);
    assertEquals(2 / 3.0, found.get("recall@0"));
    assertEquals(1, found.get("precision@0"));
    assertEquals(0.5, found.get("recall@0.1"));
    assertEquals(1 / 3.0, found.get("jaccard@0.1"));
    assertEquals(0.5, found.get("f1@0.1"));
    assertEquals(0.5, found.get("recall@top2"));
    assertEquals(Correlation.KENDALL.of(new double[] {0.6, 0.3, 0.05, 0}, new double[] {0.8, 0, 0.2, 0}),
        found.get("kendall"));
  }

  @Test
  void tiesAcrossTheCutAreNoTopHeads() {
    // By index the two highest would be 0 and 1 in both; but only one head of each file stands out.
    var overlap = HeadComparison.of(scores(0.9, 0, 0, 0), scores(0, 0, 0, 0.9), List.of(HeadCut.top(2))).overlaps()
        .get(0);
    assertEquals(new SetOverlap(HeadCut.top(2), 1, 1, 0), overlap);
    assertThrows(LodestoneException.class, () -> HeadCut.top(4).select(new double[4]));
    assertThrows(LodestoneException.class, () -> HeadCut.top(0));
  }

  @Test
  void headsThatCannotBeJudgedAreLeftOut() {
    var found = HeadComparison.of(scores(1, 0.5, Double.NaN, 0), scores(1, 0.5, 1, Double.NaN),
        List.of(HeadCut.above(0.1)));
    assertEquals(2, found.judged());
    assertEquals(1, found.cosine(), 1e-15);
  }

  @Test
  void whatIsUndefinedIsNaNForAFileAndAnErrorForTheReference() {
    var found = HeadComparison.of(scores(1, 0.5, 0), scores(0, 0, 0), CUTS);
    assertTrue(Double.isNaN(found.cosine()) && Double.isNaN(found.correlations().get(Correlation.SPEARMAN)));
    assertEquals(0, found.overlaps().get(0).recall());
    assertTrue(Double.isNaN(found.overlaps().get(0).precision()));
    var e = assertThrows(LodestoneException.class, () -> HeadComparison.of(scores(0, 0), scores(1, 0), CUTS));
    assertTrue(e.getMessage().contains("all 2 are 0.0"), e.getMessage());
  }

  @Test
  void refusesModelsOfAnotherShape() {
    var e = assertThrows(LodestoneException.class,
        () -> HeadComparison.of(scores(1, 0), HeadScores.of(2, 1, Map.of(), List.of(new double[2])), CUTS));
    assertTrue(e.getMessage().startsWith("Expected 1 layers of 2 heads") && e.getMessage().contains("2 of 1"),
        e.getMessage());
  }

  @Test
  void bothReadingsOfWuAgreeOnTheReferenceModel() {
    var code = ScoreFile.read(SharedFiles.get("models/smollm2-135m-instruct/reference/heads.wu-code.json"));
    var paper = ScoreFile.read(SharedFiles.get("models/smollm2-135m-instruct/reference/heads.wu-paper.json"));
    var found = HeadComparison.of(code, paper, List.of(HeadCut.above(0.1), HeadCut.top(10)));
    assertTrue(found.cosine() > 0.98, found.toString());
    assertTrue(found.overlaps().get(1).common() >= 9, found.toString());
  }
}
