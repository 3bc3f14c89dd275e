package dev.lodestone.engine;

import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainerTest {
  private static final Engine ENGINE = Engine.open(Device.CPU);
  private static final TrainOptions OPTIONS = new TrainOptions(Mode.ALL, 0.9, 0.95, 1e-8, 0.1, 1, false, false, 64);

  @AfterAll
  static void close() {
    ENGINE.close();
  }

  private static Batch batch(long seed) {
    var tokens = TinyModel.tokens(24, seed);
    return Batch.of(tokens).withLabels(tokens);
  }

  @ParameterizedTest
  @MethodSource("dev.lodestone.engine.GpuDevices#all")
  void goesOnBitForBitFromASavedState(Device device) {
    try (var engine = GpuDevices.openOrSkip(device);
        var model = TinyModel.open(engine); var trainer = Trainer.open(model, OPTIONS);
        var copy = TinyModel.open(engine); var resumed = Trainer.open(copy, OPTIONS)) {
      for (int i = 0; i < 3; i++) {
        trainer.step(List.of(batch(i)), 1e-2);
      }
      model.parameters().forEach(p -> copy.write(p.name(), model.read(p.name())));
      load(resumed, save(trainer));
      assertEquals(3, resumed.steps());
      for (int i = 3; i < 6; i++) {
        assertEquals(trainer.step(List.of(batch(i)), 1e-2), resumed.step(List.of(batch(i)), 1e-2));
      }
      model.parameters().forEach(p -> assertArrayEquals(model.read(p.name()), copy.read(p.name()), p.name()));
      assertArrayEquals(save(trainer), save(resumed));
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lodestone.engine.GpuDevices#all")
  void recomputingChangesNoBit(Device device) {
    try (var engine = GpuDevices.openOrSkip(device)) {
      byte[] kept = trained(engine, List.of(), true);
      assertArrayEquals(kept, trained(engine, List.of(Recompute.MLP, Recompute.SELECTIVE), true));
      var error = refused("expected one level for each of 2 layers but found 1",
          () -> trained(engine, List.of(Recompute.MLP), true));
      assertEquals(EngineException.INVALID, error.status());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.lodestone.engine.GpuDevices#all")
  void onlyAGpuHasAnotherWayToAddUp(Device device) {
    try (var engine = GpuDevices.openOrSkip(device)) {
      byte[] any = trained(engine, List.of(), false);
      if (device == Device.CPU) {
        assertArrayEquals(trained(engine, List.of(), true), any);
      }
      // Whose sums are in memory of their own.
      long more = MemoryPlan.ofTraining(engine, TinyModel.CONFIG, Mode.ALL, 64, List.of(), false).total()
          - MemoryPlan.ofTraining(engine, TinyModel.CONFIG, Mode.ALL, 64, List.of(), true).total();
      assertEquals(device != Device.CPU, more > 0);
    }
  }

  /** The state after three steps of a fresh model. */
  private static byte[] trained(Engine engine, List<Recompute> recompute, boolean deterministic) {
    var options = new TrainOptions(Mode.ALL, 0.9, 0.95, 1e-8, 0.1, 1, false, false, 64,
        recompute, deterministic);
    try (var model = TinyModel.open(engine); var trainer = Trainer.open(model, options)) {
      for (int i = 0; i < 3; i++) {
        trainer.step(List.of(batch(i)), 1e-2);
      }
      return save(trainer);
    }
  }

  @Test
  void refusesAStateThatIsNotItsOwn() {
    try (var model = TinyModel.open(ENGINE)) {
      byte[] state;
      try (var trainer = Trainer.open(model, OPTIONS)) {
        trainer.step(List.of(batch(1)), 1e-2);
        state = save(trainer);
      }
      damaged(model, Arrays.copyOf(state, 0), "cut short");
      damaged(model, Arrays.copyOf(state, state.length - 1), "cut short");
      damaged(model, Arrays.copyOf(state, state.length / 2), "cut short");
      damaged(model, flipped(state, 0), "something else");
      damaged(model, flipped(state, 10), "checksum"); // the steps
      damaged(model, flipped(state, 16), "trained parameters");
      damaged(model, flipped(state, 23), "bytes"); // length of a name: negative
      damaged(model, flipped(state, 25), "another trainer"); // a name
      damaged(model, flipped(state, state.length / 2), "checksum"); // a moment
      damaged(model, flipped(state, state.length - 1), "checksum");
      var attention = new TrainOptions(Mode.ATTENTION, 0.9, 0.95, 1e-8, 0.1, 1, false, false, 64);
      try (var other = Trainer.open(model, attention)) {
        var error = assertThrows(LodestoneException.class, () -> load(other, state));
        assertTrue(error.getMessage().contains("expected 8 trained parameters"), error.getMessage());
      }
    }
  }

  private static void damaged(Model model, byte[] state, String sentence) {
    try (var trainer = Trainer.open(model, OPTIONS)) {
      var error = assertThrows(LodestoneException.class, () -> load(trainer, state));
      assertTrue(error.getMessage().contains(sentence), error.getMessage());
    }
  }

  private static byte[] flipped(byte[] state, int at) {
    var copy = state.clone();
    copy[at] ^= (byte) 0x80;
    return copy;
  }

  /** Labels of several batches count as one step: the gradient of their mean. */
  @Test
  void accumulates() {
    try (var model = TinyModel.open(ENGINE); var trainer = Trainer.open(model, OPTIONS)) {
      var name = "model.layers.0.self_attn.q_proj.weight";
      var a = batch(1);
      var b = batch(2);
      var both = trainer.gradients(List.of(a, b));
      var separate = trainer.gradient(name);
      var packed = trainer.gradients(List.of(Batch.pack(List.of(a.tokens(), b.tokens()),
          List.of(a.labels(), b.labels()))));
      assertEquals(46, both.labelled()); // each document's first token is predicted by nothing
      assertEquals(packed.labelled(), both.labelled());
      // The same sums in another order.
      assertEquals(packed.loss(), both.loss(), 1e-6 * packed.loss());
      assertTrue(Golden.relative(separate, trainer.gradient(name)) < 1e-5);
      assertEquals(0, trainer.steps());
    }
  }

  @Test
  void weightsScaleLosses() {
    try (var model = TinyModel.open(ENGINE); var trainer = Trainer.open(model, OPTIONS)) {
      var tokens = TinyModel.tokens(10, 3);
      var onlyLast = new int[10];
      Arrays.fill(onlyLast, Batch.IGNORED);
      onlyLast[9] = tokens[9];
      var weights = new float[10];
      weights[9] = 0.5f;
      var labelled = trainer.gradients(List.of(Batch.of(tokens).withLabels(onlyLast))).loss();
      var weighted = trainer.gradients(List.of(Batch.of(tokens).withLabels(tokens).withWeights(weights))).loss();
      assertEquals(labelled, weighted, 1e-6 * labelled);
    }
  }

  @Test
  void refusesWrongSteps() {
    try (var model = TinyModel.open(ENGINE); var trainer = Trainer.open(model, OPTIONS)) {
      refused("", () -> trainer.step(List.of(), 1e-2));
      refused("", () -> trainer.step(List.of(Batch.of(1, 2, 3)), 1e-2)); // no labels
      refused("64", () -> trainer.step(List.of(Batch.of(new int[65]).withLabels(new int[65])), 1e-2));
      refused("not trained", () -> trainer.gradient("nonsense"));
      refused("", () -> Trainer.open(model, TrainOptions.of(Mode.INFERENCE, 8)));
      var error = refused("are available", () -> Trainer.open(model, TrainOptions.of(Mode.ALL, 1 << 30)));
      assertEquals(EngineException.OUT_OF_MEMORY, error.status());
    }
  }

  private static byte[] save(Trainer trainer) {
    var bytes = new ByteArrayOutputStream();
    trainer.saveState(Channels.newChannel(bytes));
    return bytes.toByteArray();
  }

  private static void load(Trainer trainer, byte[] state) {
    trainer.loadState(Channels.newChannel(new ByteArrayInputStream(state)));
  }
}
