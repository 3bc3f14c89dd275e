package dev.lodestone.lab.intervene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.intervene.PatchedSets.HeadSet;
import dev.lodestone.lab.train.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PatchedSetsTest {
  private static final int SAMPLES = 12;
  private static final List<Head> DONOR_TOP = Head.parseList("1-1,1-3,0-2");

  private static Engine engine;
  private static Model whole;
  private static Model blind;

  @BeforeAll
  static void open() {
    engine = Engine.open(Device.CPU, 1);
    whole = InductionModel.open(engine);
    blind = InductionModel.openBlind(engine);
  }

  @AfterAll
  static void close() {
    blind.close();
    whole.close();
    engine.close();
  }

  private static PatchedSets patch(Model receiver, Model donor, String receiverTop, Rows rows) {
    var plan = new PatchedSets.Plan(List.of(HeadSet.values()), rows, Head.parseList(receiverTop), DONOR_TOP, 4, 3);
    return PatchedSets.run(receiver, donor, InductionModel.task(SAMPLES, 8), plan, done -> {});
  }

  @Test
  void headsOfAModelThatRetrievesMakeABlindOneRetrieve() {
    for (Rows rows : Rows.values()) {
      var patched = patch(blind, whole, "1-1,1-3,0-0", rows);
      assertTrue(patched.receiver() < 0.3, "the blind model: " + patched.receiver());
      assertEquals(1, patched.donor());
      assertEquals(1, patched.sets().get(0).score(), rows + ", intersection " + patched.sets().get(0).heads());
      assertEquals(List.of(List.of(InductionModel.PREVIOUS)), patched.sets().get(1).heads());
      assertEquals(patched.receiver(), patched.sets().get(1).score(), "it knew that itself");
      var random = patched.sets().get(2);
      assertEquals(4, random.scores().size());
      assertTrue(random.scores().stream().allMatch(s -> s < 0.3), random.scores().toString());
    }
  }

  @Test
  void aSetWithoutHeadsChangesNothingAndCostsNothing() {
    var patched = patch(blind, whole, "0-0,0-1,1-0", Rows.ALL);
    assertEquals(0, patched.sets().get(0).size());
    assertEquals(patched.receiver(), patched.sets().get(0).score());
    assertEquals(3, patched.sets().get(1).size());
    assertEquals(2 * SAMPLES + 2 * SAMPLES, patched.forwards());
  }

  @Test
  void ofTheSameWeightsEveryLogitKeepsItsBits() {
    int[] prompt = InductionModel.trials(1).get(0).tokens();
    try (var twin = InductionModel.open(engine); var donor = new Donor(twin); var plain = Decoder.open(whole, 2, 64);
        var patched = Decoder.open(whole, 2, 64)) {
      var source = DonorEditor.of(donor, DONOR_TOP, Rows.ALL);
      try (var editor = source.open(2, 64)) {
        var edits = editor.prompt(0, prompt);
        assertEquals(whole.forward(Batch.of(prompt), Pass.of().allLogits()).logits(),
            whole.forward(Batch.of(prompt), Pass.of().edits(edits).allLogits()).logits());
        int[] both = {0, 1};
        for (int sequence : both) {
          plain.prefill(sequence, prompt, Pass.of());
          patched.prefill(sequence, prompt, Pass.of().edits(editor.prompt(sequence, prompt)));
        }
        for (int step = 0; step < 5; step++) {
          int[] ids = {3 + step, 9 - step};
          assertEquals(plain.step(both, ids, StepOptions.NONE.withLogits()).logits(),
              patched.step(both, ids, StepOptions.NONE.withEdits(editor.step(both, ids)).withLogits()).logits());
        }
      }
    }
  }

  @Test
  void theFileNamesHeadsAndForwards() {
    var json = patch(blind, whole, "1-1,1-3,0-0", Rows.ALL).toJson();
    assertEquals("[[1,1],[1,3]]", json.get("sets").get(0).get("heads").toString());
    assertEquals("complement", json.get("sets").get(1).get("set").asText());
    assertEquals(4, json.get("sets").get(2).get("draws").size());
    assertEquals(SAMPLES * (2 + 2 * 6), json.get("forwards").asInt());
    assertEquals(0, json.get("forwards_saved").asInt());
  }

  @Test
  void prefixesAreReadOnceWhereOnlyAnswersArePatched() {
    var shared = patch(blind, whole, "1-1,1-3,0-0", Rows.ANSWER);
    assertEquals(3 * SAMPLES, shared.forwards());
    assertEquals(SAMPLES * (2 + 2 * 6), shared.forwards() + shared.forwardsSaved());
  }

  @Test
  void aDonorOfAnotherShapeIsOneSentence(@TempDir Path folder) throws IOException {
    try (var other = Model.load(engine, TestModels.write(engine, folder.resolve("model")))) {
      var e = assertThrows(LodestoneException.class, () -> patch(blind, other, "1-1", Rows.ALL));
      assertEquals("expected a donor of the receiver's shape, 2 layers of 4 heads of 64 over 24 tokens, but found "
          + "2 layers of 4 heads of 8 over 50 tokens", e.getMessage());
    }
  }
}
