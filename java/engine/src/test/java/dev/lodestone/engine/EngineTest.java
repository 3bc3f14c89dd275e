package dev.lodestone.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class EngineTest {
  @Test
  void describesItself() throws Exception {
    try (var engine = Engine.open(Device.CPU, 1)) {
      var described = Json.mapper().readTree(engine.describe());
      assertEquals("cpu", described.get("device").asText());
      assertEquals(1, described.get("threads").asInt());
      assertTrue(described.get("available_bytes").asLong() > 0);
      assertFalse(Engine.version().isEmpty());
    }
  }

  @Test
  void closedIsAnException() {
    var engine = Engine.open(Device.CPU);
    var model = TinyModel.open(engine);
    var decoder = Decoder.open(model, 1, 8);
    var trainer = Trainer.open(model, TrainOptions.of(Mode.ALL, 8));
    for (var handle : new AutoCloseable[] {engine, model, decoder, trainer}) {
      closeTwice(handle);
    }
    refused("the engine is closed", engine::describe);
    refused("the engine is closed", () -> Model.create(engine, TinyModel.CONFIG));
    refused("the model is closed", () -> model.forward(Batch.of(1), Pass.of()));
    refused("the model is closed", () -> model.read("model.norm.weight"));
    refused("the model is closed", () -> Decoder.open(model, 1, 8));
    refused("the decoder is closed", () -> decoder.prefill(0, new int[] {1}, Pass.of()));
    refused("the trainer is closed", () -> trainer.step(List.of(Batch.of(1)), 0.1));
  }

  private static void closeTwice(AutoCloseable handle) {
    try {
      handle.close();
      handle.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anyOrderOfClosingIsSafe() {
    var engine = Engine.open(Device.CPU);
    var model = TinyModel.open(engine);
    var decoder = Decoder.open(model, 1, 8);
    engine.close();
    model.close();
    // The decoder keeps alive what it needs.
    assertTrue(decoder.prefill(0, new int[] {1, 2, 3}, Pass.of()).next() >= 0);
    decoder.close();
  }

  @Test
  void unknownDevices() {
    assertEquals(Device.CUDA, Device.parse("cuda"));
    var error = assertThrows(LodestoneException.class, () -> Device.parse("gpu"));
    assertTrue(error.getMessage().contains("\"gpu\""), error.getMessage());
  }

  @Test
  void aDeviceIsThereOrSaysWhyNot() {
    for (Device device : List.of(Device.CUDA, Device.SIMT)) {
      try (var engine = Engine.open(device)) {
        assertEquals(device, engine.running());
      } catch (EngineException missing) {
        assertEquals(EngineException.UNSUPPORTED, missing.status(), missing.getMessage());
        assertFalse(missing.getMessage().isBlank());
      }
    }
  }

  @Test
  void nativeMemoryIsNotHeldAgainstTheJavaHeap() {
    Engine.open(Device.CPU).close();
    assertEquals(0, Pointer.maxBytes());
    assertEquals(0, Pointer.maxPhysicalBytes());
  }

  static EngineException refused(String sentence, Runnable work) {
    var error = assertThrows(EngineException.class, work::run);
    assertTrue(error.getMessage().contains(sentence), error.getMessage());
    return error;
  }
}
