package dev.lodestone.lab.intervene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.lab.detect.RetrievalHeads;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.probe.Knockout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KnockoutSweepTest {
  private static final int SAMPLES = 20;

  private static Engine engine;
  private static Model model;
  private static List<Head> ranked;

  @BeforeAll
  static void open() {
    engine = Engine.open(Device.CPU, 1);
    model = InductionModel.open(engine);
    var options = new RetrievalHeads.Options(GreedyDecoder.Options.of(InductionModel.ANSWER, Set.of()),
        RetrievalHeads.Options.THRESHOLD, null);
    ranked = RetrievalHeads.detect(model, InductionModel.trials(SAMPLES), Detector.WU_PAPER, options).top(4).stream()
        .map(HeadScores.Ranked::head).toList();
  }

  @AfterAll
  static void close() {
    model.close();
    engine.close();
  }

  private static KnockoutSweep.Plan plan(Knockout.Mode mode, Rows rows, int exclude) {
    return new KnockoutSweep.Plan(mode, rows, ranked, List.of(1, 2), exclude, 6, 5);
  }

  private static KnockoutSweep sweep(KnockoutSweep.Plan plan, int sequences) {
    return KnockoutSweep.run(model, InductionModel.task(SAMPLES, sequences), plan, done -> {});
  }

  @ParameterizedTest
  @EnumSource
  void withoutTheHeadsThatTheDetectorFindsNothingIsRetrieved(Knockout.Mode mode) {
    for (Rows rows : Rows.values()) {
      var sweep = sweep(plan(mode, rows, 0), 8);
      assertEquals(1, sweep.baseline());
      assertEquals(1, sweep.levels().get(0).score(), "one of the two is enough");
      var both = sweep.levels().get(1);
      assertEquals(new HashSet<>(InductionModel.RETRIEVING), new HashSet<>(both.heads()));
      assertTrue(both.score() <= 0.2, mode + " in " + rows + ": " + both.score());
      assertEquals(1, both.controlLow(), mode + " in " + rows);
      assertTrue(both.controls().draws().stream().flatMap(List::stream).allMatch(h -> h.layer() == 1));
    }
  }

  @Test
  void theHeadBelowIsNeededWhereItReadsThePromptAndNotWhereTheAnswerIsWritten() {
    var plan = new KnockoutSweep.Plan(Knockout.Mode.ZERO, Rows.ALL, List.of(InductionModel.PREVIOUS), List.of(1), 0, 3,
        5);
    assertTrue(sweep(plan, 8).levels().get(0).score() < 0.3);
    plan = new KnockoutSweep.Plan(Knockout.Mode.ZERO, Rows.ANSWER, List.of(InductionModel.PREVIOUS), List.of(1), 0, 3,
        5);
    assertEquals(1, sweep(plan, 8).levels().get(0).score());
  }

  @Test
  void theSameSeedGivesTheSameFileHoweverManyGoTogether() {
    var plan = plan(Knockout.Mode.MEAN, Rows.ALL, 0);
    String one = sweep(plan, 1).toJson().toString();
    assertEquals(one, sweep(plan, 8).toJson().toString());
  }

  @Test
  void theHighestHeadsAreNoControls() {
    var level = sweep(plan(Knockout.Mode.ZERO, Rows.ALL, 4), 8).levels().get(0);
    level.controls().draws().forEach(draw -> assertTrue(ranked.stream().noneMatch(draw::contains), draw.toString()));
  }

  @Test
  void filesHoldEveryDraw() {
    var sweep = sweep(plan(Knockout.Mode.ZERO, Rows.ALL, 0), 8);
    var level = sweep.toJson().get("levels").get(1);
    assertEquals(2, level.get("top").asInt());
    assertEquals(6, level.get("controls").size());
    assertEquals(6, level.get("control_heads").size());
    assertEquals(1, level.get("heads").get(0).get(0).asInt());
    assertEquals(List.of("top,score,control_mean,control_low,control_high", "1,1.0,1.0,1.0,1.0",
        "2," + level.get("score") + ",1.0,1.0,1.0"), sweep.toCsv().lines().toList());
  }

  @Test
  void tooManyHeadsAreRefusedBeforeAnyWork() {
    var all = List.copyOf(Head.parseList("0-0,0-1,0-2,0-3,1-0"));
    var plan = new KnockoutSweep.Plan(Knockout.Mode.ZERO, Rows.ALL, all, List.of(5), 0, 3, 5);
    assertThrows(LodestoneException.class, () -> KnockoutSweep.run(model, InductionModel.task(2, 1), plan, done -> {
      throw new AssertionError("an answer was decoded");
    }));
  }
}
