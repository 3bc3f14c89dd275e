package dev.lodestone.engine;

import static dev.lodestone.engine.EngineTest.refused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Training of adapters and of heads. */
class ModeTest {
  private static final Mode.Lora LORA = new Mode.Lora(4, 6, EnumSet.allOf(Projection.class), 1);
  private static final Mode HEADS = new Mode.Heads(List.of(new Head(1, 2), new Head(0, 0), new Head(1, 2)));

  @TempDir Path folder;

  private static TrainOptions options(Mode mode) {
    return new TrainOptions(mode, 0.9, 0.95, 1e-8, 0.1, 1, false, false, 64);
  }

  private static List<Batch> batches(long seed) {
    var a = TinyModel.tokens(24, seed);
    var b = TinyModel.tokens(17, seed + 100);
    return List.of(Batch.of(a).withLabels(a), Batch.of(b).withLabels(b));
  }

  @ParameterizedTest
  @MethodSource("dev.lodestone.engine.GpuDevices#all")
  void goesOnBitForBitFromASavedState(Device device) {
    try (var engine = GpuDevices.openOrSkip(device)) {
      for (Mode mode : List.of(LORA, HEADS)) {
        try (var model = TinyModel.open(engine); var trainer = Trainer.open(model, options(mode));
            var copy = TinyModel.open(engine)) {
          for (int i = 0; i < 3; i++) {
            trainer.step(batches(i), 1e-2);
          }
          model.parameters().forEach(p -> copy.write(p.name(), model.read(p.name())));
          try (var resumed = Trainer.open(copy, options(mode))) {
            resumed.loadState(Channels.newChannel(new ByteArrayInputStream(save(trainer))));
            for (int i = 3; i < 6; i++) {
              assertEquals(trainer.step(batches(i), 1e-2), resumed.step(batches(i), 1e-2));
            }
            model.parameters().forEach(p -> assertArrayEquals(model.read(p.name()), copy.read(p.name()), p.name()));
            assertArrayEquals(save(trainer), save(resumed));
          }
        }
      }
    }
  }

  private static byte[] save(Trainer trainer) {
    var bytes = new ByteArrayOutputStream();
    trainer.saveState(Channels.newChannel(bytes));
    return bytes.toByteArray();
  }

  /** What is saved is W + alpha/rank · B·A of the adapter that is saved beside it; the open model keeps its weights. */
  @ParameterizedTest
  @MethodSource("dev.lodestone.engine.GpuDevices#all")
  void mergesOnlyWhatItSaves(Device device) {
    try (var engine = GpuDevices.openOrSkip(device); var model = TinyModel.open(engine);
        var trainer = Trainer.open(model, options(LORA))) {
      for (int i = 0; i < 3; i++) {
        trainer.step(batches(i), 1e-2);
      }
      trainer.save(folder, Map.of());
      trainer.saveAdapter(folder);
      try (var cpu = Engine.open(Device.CPU); var saved = Model.load(cpu, folder);
          var adapter = Safetensors.open(folder.resolve("adapter_model.safetensors"))) {
        for (var parameter : model.parameters()) {
          float[] w = model.read(parameter.name());
          var name = "base_model.model." + parameter.name().replaceAll("weight$", "");
          if (!parameter.name().contains("_proj")) {
            assertArrayEquals(w, saved.read(parameter.name()), parameter.name());
            continue;
          }
          float[] a = adapter.readFloats(name + "lora_A.weight");
          float[] b = adapter.readFloats(name + "lora_B.weight");
          int in = (int) parameter.columns();
          for (int i = 0; i < w.length; i++) {
            double expected = w[i];
            for (int k = 0; k < 4; k++) {
              expected += 1.5 * b[i / in * 4 + k] * a[k * in + i % in];
            }
            assertEquals(expected, saved.read(parameter.name())[i], 1e-6, parameter.name());
          }
        }
        var config = Json.readFile(folder.resolve("adapter_config.json"));
        assertEquals(6.0, config.get("lora_alpha").asDouble());
        assertEquals(7, config.get("target_modules").size());
      }
    }
  }

  @Test
  void plansWhatItTrains() {
    try (var engine = Engine.open(Device.CPU)) {
      long total = MemoryPlan.ofTraining(engine, TinyModel.CONFIG, Mode.ALL, 64, List.of(), true).total();
      for (Mode mode : List.of(LORA, HEADS)) {
        var plan = MemoryPlan.ofTraining(engine, TinyModel.CONFIG, mode, 64, List.of(), true);
        assertTrue(plan.trained() > 0 && plan.total() < total, mode.toString());
        try (var model = TinyModel.open(engine); var trainer = Trainer.open(model, options(mode))) {
          assertEquals(plan.trained(), trainer.trained().stream().mapToLong(Model.Parameter::count).sum());
        }
      }
    }
  }

  @Test
  void refusesWhatCannotBe() {
    try (var engine = Engine.open(Device.CPU); var model = TinyModel.open(engine)) {
      refused("rank from 1 to 32", () -> Trainer.open(model, options(new Mode.Lora(33, 1, LORA.targets(), 1))));
      refused("targets", () -> Trainer.open(model, options(new Mode.Lora(4, 1, EnumSet.noneOf(Projection.class), 1))));
      refused("at least one head", () -> Trainer.open(model, options(new Mode.Heads(List.of()))));
      refused("found 2-0", () -> Trainer.open(model, options(new Mode.Heads(List.of(new Head(2, 0))))));
      try (var trainer = Trainer.open(model, options(HEADS))) {
        refused("expected a trainer of adapters", () -> trainer.saveAdapter(folder));
        refused("is not trained", () -> trainer.write("nonsense", new float[1]));
      }
    }
  }
}
