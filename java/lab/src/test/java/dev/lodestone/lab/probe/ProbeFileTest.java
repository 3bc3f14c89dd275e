package dev.lodestone.lab.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.heads.Head;
import dev.lodestone.io.DType;
import dev.lodestone.io.Safetensors;
import dev.lodestone.lab.train.TestModels;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeFileTest {
  private static final Head HEAD = new Head(1, 2);

  @TempDir static Path folder;
  private static Engine engine;
  private static Model model;
  private Path out;

  @BeforeAll
  static void open() throws IOException {
    engine = Engine.open(Device.CPU, 2);
    model = Model.load(engine, TestModels.write(engine, folder.resolve("model")));
  }

  @AfterAll
  static void close() {
    model.close();
    engine.close();
  }

  @BeforeEach
  void newFile() throws IOException {
    out = Files.createTempDirectory(folder, "out").resolve("p.safetensors");
  }

  private static TokenSample sample(int... tokens) {
    return new TokenSample("a", tokens, tokens, List.of(new Span("needle", 1, 3), new Span("answer", 2, 3)), null,
        null);
  }

  private static ProbeRequest knockout(String words) {
    return new ProbeRequest(RowRange.ALL, Set.of(), Knockout.parse(words), List.of(), List.of(), 0, false);
  }

  private Map<String, float[]> write(ProbeRequest request, TokenSample... samples) {
    ProbeFile.write(model, request, List.of(samples), out, done -> {});
    Map<String, float[]> tensors = new HashMap<>();
    try (var file = Safetensors.open(out)) {
      file.tensors().forEach((name, entry) -> {
        if (entry.dtype() == DType.F32) {
          tensors.put(name, file.readFloats(name));
        }
      });
    }
    return tensors;
  }

  private static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.duplicate().get(values);
    return values;
  }

  private static float[] logits(Batch batch, Edit... edits) {
    return array(model.forward(batch, Pass.of().edits(List.of(edits)).allLogits()).logits());
  }

  @Test
  void namesAndShapesAreThoseOfTheContract() {
    var request = new ProbeRequest(RowRange.parse("-3:"), EnumSet.allOf(Stat.class), Knockout.NONE,
        List.of(), List.of(),
        4, true);
    write(request, sample(5, 6, 7, 8, 5, 6), new TokenSample("b", new int[] {1, 2, 3}, new int[] {1, 2, 3}, List.of(),
        null, null));
    Map<String, String> shapes = new HashMap<>();
    try (var file = Safetensors.open(out)) {
      file.tensors().forEach((name, e) -> shapes.put(name, e.dtype() + Arrays.toString(e.shape())));
    }
    assertEquals("F32[6, 50]", shapes.get("0/logits"));
    assertEquals("I32[2, 4, 3]", shapes.get("0/row_argmax"));
    for (String name : List.of("row_max_prob", "row_second_prob", "lse")) {
      assertEquals("F32[2, 4, 3]", shapes.get("0/" + name));
    }
    assertEquals("F32[2, 4, 3, 2]", shapes.get("0/span_mass"));
    assertEquals("F32[2, 4, 6]", shapes.get("0/column_sum"));
    assertEquals("F32[2, 4, 3, 3]", shapes.get("0/pattern"));
    assertEquals("I32[4]", shapes.get("0/generated"));
    assertEquals("F32[1]", shapes.get("0/loss"));
    assertEquals("F32[16]", shapes.get("0/grad.model.norm.weight"));
    assertEquals("F32[50, 16]", shapes.get("0/grad.lm_head.weight"));
    assertEquals("F32[3, 50]", shapes.get("1/logits"));
    assertEquals("F32[2, 4, 3, 0]", shapes.get("1/span_mass"));
  }

  @Test
  void withoutStatisticsThereAreLogitsAlone() {
    var tensors = write(ProbeRequest.logits(), sample(5, 6, 7, 8));
    assertEquals(Set.of("0/logits"), tensors.keySet());
    assertArrayEquals(logits(Batch.of(5, 6, 7, 8)), tensors.get("0/logits"));
  }

  @Test
  void aColumnSumIsTheSumOverTheRowsAskedFor() {
    var request = new ProbeRequest(RowRange.parse("1:4"), EnumSet.of(Stat.COLUMNS), Knockout.NONE, List.of(), List.of(),
        0, false);
    float[] sums = write(request, sample(5, 6, 7, 8, 9)).get("0/column_sum");
    for (int head = 0; head < 8; head++) {
      float total = 0;
      for (int key = 0; key < 5; key++) {
        total += sums[head * 5 + key];
      }
      assertEquals(3, total, 1e-5); // three rows of probabilities
      assertEquals(0, sums[head * 5 + 4]); // the last key is after all of them
    }
  }

  @Test
  void knockoutIsTheEditOfThePass() {
    Batch batch = Batch.of(5, 6, 7, 8, 9);
    float[] whole = logits(batch);
    for (String mode : List.of("zero", "mean", "uniform")) {
      Edit edit = Knockout.parse(mode + ":" + HEAD).edits().get(0);
      float[] found = write(knockout(mode + ":" + HEAD), sample(5, 6, 7, 8, 9)).get("0/logits");
      assertArrayEquals(logits(batch, edit), found, mode);
      assertFalse(Arrays.equals(whole, found), mode + " changed nothing");
    }
  }

  @Test
  void patchingFromItselfChangesNothingAndFromAnotherDoes() {
    var self = sample(5, 6, 7, 8);
    var patched = List.of(HEAD, new Head(0, 0));
    float[] plain = logits(Batch.of(5, 6, 7, 8));
    var fromItself = new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, patched, List.of(self), 0, false);
    float[] same = write(fromItself, self)
        .get("0/logits");
    assertArrayEquals(plain, same);
    var donor = sample(1, 2, 3, 4);
    float[] other = write(new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, patched, List.of(donor), 0, false),
        self).get("0/logits");
    assertFalse(Arrays.equals(plain, other));
  }

  @Test
  void packedDocumentsDoNotSeeEachOther() {
    var packed = new TokenSample("p", new int[] {5, 6, 7, 8, 9}, null, List.of(), new int[] {2, 3}, null);
    float[] found = write(ProbeRequest.logits(), packed).get("0/logits");
    assertArrayEquals(logits(Batch.pack(List.of(new int[] {5, 6}, new int[] {7, 8, 9}))), found);
  }

  @Test
  void whatCannotBeDoneIsSaidBeforeAnythingIsWritten() {
    var none = List.<Head>of();
    var sample = sample(5, 6, 7, 8);
    List<ProbeRequest> wrong = new ArrayList<>();
    wrong.add(new ProbeRequest(RowRange.parse("2:9"), Set.of(), Knockout.NONE, none, List.of(), 0, false));
    wrong.add(knockout("zero:2-0"));
    wrong.add(knockout("zero:0-4"));
    wrong.add(new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, List.of(HEAD), List.of(), 0, false));
    wrong.add(new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, none, List.of(), -1, false));
    wrong.add(new ProbeRequest(RowRange.ALL, Set.of(), Knockout.parse("zero:0-0"), none, List.of(), 0, true));
    wrong.add(new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, List.of(HEAD), List.of(sample), 3, false));
    for (ProbeRequest request : wrong) {
      assertThrows(LodestoneException.class, () -> write(request, sample), request.toString());
      assertFalse(Files.exists(out));
    }
    var unlabelled = new TokenSample("u", new int[] {1, 2}, null, List.of(), null, null);
    assertThrows(LodestoneException.class, () -> write(
        new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, none, List.of(), 0, true), unlabelled));
    var packed = new TokenSample("p", new int[] {1, 2, 3}, null, List.of(), new int[] {1, 2}, null);
    assertThrows(LodestoneException.class, () -> write(
        new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, none, List.of(), 2, false), packed));
  }

  @Test
  void aDonorOfAnotherLengthIsRefusedWithBothLengths() {
    var request = new ProbeRequest(RowRange.ALL, Set.of(), Knockout.NONE, List.of(HEAD), List.of(sample(1, 2, 3)), 0,
        false);
    var e = assertThrows(LodestoneException.class, () -> write(request, sample(5, 6, 7, 8)));
    assertTrue(e.getMessage().contains("4") && e.getMessage().contains("3"), e.getMessage());
  }
}
