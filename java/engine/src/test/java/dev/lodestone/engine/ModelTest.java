package dev.lodestone.engine;

import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Head;
import dev.lodestone.io.DType;
import dev.lodestone.io.Half;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import dev.lodestone.io.SafetensorsWriter;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import dev.lodestone.model.RopeConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ModelTest {
  private static final Engine ENGINE = Engine.open(Device.CPU);

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  @Test
  void parametersAreThoseOfTheConfiguration() {
    try (var model = Model.create(ENGINE, TinyModel.CONFIG)) {
      var expected = TinyModel.CONFIG.parameters();
      assertEquals(expected.size(), model.parameters().size());
      for (var shape : expected) {
        var parameter = model.parameter(shape.name());
        assertEquals(shape.rows(), parameter.rows(), shape.name());
        assertEquals(shape.columns(), parameter.columns(), shape.name());
        assertEquals(shape.rank(), parameter.rank(), shape.name());
      }
      assertEquals(1, model.read("model.norm.weight")[5]);
      assertEquals(0, model.read("lm_head.weight")[5]);
    }
  }

  @Test
  void writesAndReadsParameters() {
    try (var model = TinyModel.open(ENGINE)) {
      var name = "model.layers.1.mlp.up_proj.weight";
      var values = model.read(name);
      values[7] = 42;
      model.write(name, values);
      assertArrayEquals(values, model.read(name));
      refused("expected 1536 values but found 3", () -> model.write(name, new float[3]));
      refused("no parameter nonsense", () -> model.read("nonsense"));
      refused("direct buffer", () -> model.read(0, 0, FloatBuffer.allocate(4)));
      var direct = Native.floatChunk(4);
      refused("", () -> model.read(0, model.parameters().get(0).count() - 3, direct));
      refused("", () -> model.read(0, -1, direct));
      refused("", () -> model.read(99, 0, direct));
    }
  }

  @Test
  void savesAndLoads(@TempDir Path folder) throws IOException {
    try (var model = TinyModel.open(ENGINE); var files = Files.list(folder)) {
      model.save(folder, Map.of("format", "pt"));
      assertEquals(List.of("config.json", "model.safetensors"),
          files.map(file -> file.getFileName().toString()).sorted().toList());
      try (var again = Model.load(ENGINE, folder); var file = Safetensors.open(folder.resolve("model.safetensors"))) {
        assertEquals(model.config(), again.config());
        assertEquals("pt", file.metadata().get("format"));
        assertSameWeights(model, again);
      }
    }
  }

  @Test
  void keepsWhatItDoesNotKnowOfAConfiguration(@TempDir Path folder) {
    try (var model = Model.load(ENGINE, Golden.open("llama-gqa").folder())) {
      model.save(folder, Map.of());
    }
    assertEquals(2, Json.readFile(folder.resolve("config.json")).get("eos_token_id").asInt());
  }

  @Test
  void loadsUnderOtherRotaryPositions(@TempDir Path folder) {
    try (var source = ModelFolder.open(Golden.open("llama-gqa").folder())) {
      ModelConfig longer = source.config().withRope(RopeConfig.linear(10_000, 4), 2048);
      var batch = Golden.open("llama-gqa").batch();
      try (var plain = Model.load(ENGINE, source); var stretched = Model.load(ENGINE, source, longer)) {
        assertSameWeights(plain, stretched);
        assertTrue(plain.forward(batch, Pass.of().loss()).loss() != stretched.forward(batch, Pass.of().loss()).loss());
        stretched.save(folder, Map.of());
        assertEquals(longer, ModelFolder.open(folder).config());
      }
    }
  }

  /** Every 16-bit number is exact in fp32, subnormal ones and zeros included. */
  @ParameterizedTest
  @EnumSource(value = DType.class, names = {"F16", "BF16"})
  void widensHalfPrecision(DType dtype, @TempDir Path folder) {
    try (var model = Model.create(ENGINE, TinyModel.CONFIG)) {
      model.save(folder, Map.of());
    }
    var random = new Random(5);
    var expected = new HashMap<String, float[]>();
    try (var file = SafetensorsWriter.create(folder.resolve("model.safetensors"))) {
      TinyModel.CONFIG.parameters().forEach(p -> file.declare(p.name(), dtype, p.shape()));
      for (var parameter : TinyModel.CONFIG.parameters()) {
        var values = new float[(int) (parameter.rows() * parameter.columns())];
        var bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.length; i++) {
          short bits = (short) (random.nextInt() & 0xbbff); // the largest exponents, infinity and NaN left out
          values[i] = dtype == DType.F16 ? Half.fromF16(bits) : Half.fromBf16(bits);
          bytes.putShort(bits);
        }
        expected.put(parameter.name(), values);
        file.write(parameter.name(), bytes.flip());
      }
      file.commit();
    }
    try (var model = Model.load(ENGINE, folder)) {
      expected.forEach((name, values) -> assertArrayEquals(values, model.read(name), name));
    }
  }

  @Test
  void refusesWeightsThatDoNotFit(@TempDir Path folder) throws IOException {
    try (var model = TinyModel.open(ENGINE)) {
      model.save(folder, Map.of());
    }
    var weights = folder.resolve("model.safetensors");
    var whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length - 100));
    assertThrows(LodestoneException.class, () -> Model.load(ENGINE, folder));
    Files.delete(weights);
    assertThrows(LodestoneException.class, () -> Model.load(ENGINE, folder));
    Files.write(weights, whole);
    Model.load(ENGINE, folder).close();
  }

  @Test
  void refusesWhatIsNotABatchOfThisModel() {
    try (var model = TinyModel.open(ENGINE)) {
      refused("64", () -> model.forward(Batch.of(1, 64), Pass.of().allLogits()));
      refused("-1", () -> model.forward(Batch.of(1, -1), Pass.of().allLogits()));
      refused("", () -> model.forward(Batch.of(), Pass.of()));
      refused("", () -> model.forward(Batch.of(1, 2), Pass.of().loss()));
      refused("", () -> model.forward(Batch.of(1, 2), Pass.of().logitRows(2)));
      refused("", () -> model.forward(Batch.of(1, 2), Pass.of().edits(List.of(Edit.zero(new Head(2, 0))))));
      refused("", () -> model.forward(Batch.of(1, 2), Pass.of().capture(List.of(new Head(0, 4)))));
      refused("", () -> model.forward(Batch.of(1, 2), Pass.of().probe(Probe.rows(2))));
      refused("", () -> model.forward(Batch.of(1, 2),
          Pass.of().probe(Probe.rows(1).spans(List.of(new TokenSpan(1, 3))))));
      refused("expected 32 values but found 16", () -> model.forward(Batch.of(1, 2),
          Pass.of().edits(List.of(Edit.replace(new Head(0, 0), new float[16])))));
      refused("expected 16 values but found 9", () -> model.forward(Batch.of(1, 2),
          Pass.of().edits(List.of(Edit.mean(new Head(0, 0), new float[9])))));
    }
  }

  @Test
  void handsBackOnlyWhatWasAskedFor() {
    try (var model = TinyModel.open(ENGINE)) {
      var result = model.forward(Batch.of(TinyModel.tokens(10, 1)), Pass.of());
      assertNull(result.logits());
      assertNull(result.probe());
      assertTrue(Double.isNaN(result.loss()));
      refused("was not captured", () -> result.captured(new Head(0, 0)));
    }
  }

  /** A mean over captured outputs, given as values, is the mean that the engine takes; and from() spares rows. */
  @Test
  void meanAndReplaceAgree() {
    var batch = Batch.of(TinyModel.tokens(20, 3));
    var head = new Head(1, 2);
    int width = TinyModel.CONFIG.headDim();
    try (var model = TinyModel.open(ENGINE)) {
      var plain = model.forward(batch, Pass.of().allLogits().capture(List.of(head)));
      var mean = new float[width];
      for (int i = 0; i < plain.captured(head).length; i++) {
        mean[i % width] += plain.captured(head)[i] / batch.length();
      }
      var rows = new float[batch.length() * width];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = mean[i % width];
      }
      var own = logits(model, batch, Edit.mean(head, null));
      // 20 rows summed in another order: 20 · 2⁻²⁴ of the largest term, then one layer.
      assertTrue(Golden.relative(logits(model, batch, Edit.mean(head, mean)), own) < 1e-5);
      assertTrue(Golden.relative(logits(model, batch, Edit.replace(head, rows)), own) < 1e-5);
      assertTrue(Golden.relative(Golden.array(plain.logits()), own) > 1e-4);

      int vocabulary = model.config().vocabulary();
      var late = logits(model, batch, Edit.zero(head).from(15));
      var before = Golden.array(plain.logits());
      assertArrayEquals(Arrays.copyOf(before, 15 * vocabulary), Arrays.copyOf(late, 15 * vocabulary));
      assertTrue(!Arrays.equals(before, late));
    }
  }

  private static float[] logits(Model model, Batch batch, Edit edit) {
    return Golden.array(model.forward(batch, Pass.of().allLogits().edits(List.of(edit))).logits());
  }

  @Test
  void threadsDoNotMatter() {
    var batch = Batch.of(TinyModel.tokens(100, 4));
    try (var one = Engine.open(Device.CPU, 1); var two = Engine.open(Device.CPU, 2);
        var a = TinyModel.open(one); var b = TinyModel.open(two)) {
      assertEquals(a.forward(batch, Pass.of().allLogits()).logits(), b.forward(batch, Pass.of().allLogits()).logits());
    }
  }

  @Test
  void plansMemoryBeforeTakingIt() {
    var small = MemoryPlan.of(ENGINE, TinyModel.CONFIG, Mode.INFERENCE, 16, 0, 0);
    var training = MemoryPlan.of(ENGINE, TinyModel.CONFIG, Mode.ALL, 16, 0, 0);
    var attention = MemoryPlan.of(ENGINE, TinyModel.CONFIG, Mode.ATTENTION, 16, 0, 0);
    assertTrue(small.fits());
    assertEquals(0, small.gradients() + small.optimizer());
    assertTrue(attention.gradients() > 0 && attention.gradients() < training.gradients());
    assertEquals(2 * training.gradients(), training.optimizer());
    try (var model = TinyModel.open(ENGINE)) {
      assertTrue(model.plan(Mode.INFERENCE, 16, 4, 64).cache() > 0);
      var error = refused("are available", () -> Decoder.open(model, 1_000, 5_000_000));
      assertEquals(EngineException.OUT_OF_MEMORY, error.status());
    }
  }

  private static void assertSameWeights(Model expected, Model found) {
    for (var parameter : expected.parameters()) {
      assertArrayEquals(expected.read(parameter.name()), found.read(parameter.name()), parameter.name());
    }
  }
}
