package dev.lodestone.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.GpuMonitor;
import dev.lodestone.engine.Model;
import dev.lodestone.io.Json;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service as commands find it: without a driver, and with NVML of a few lines behind the presets' own code. */
class NvmlSourceTest {
  @TempDir Path folder;

  private static boolean opens(String library) {
    try {
      Loader.load(Loader.class);
      Loader.loadGlobal(library);
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  @Test
  void withoutADriverDoctorSaysWhyAndTrainingWorks() throws Exception {
    assumeFalse(opens("libcuda.so.1"), "this machine has a driver");
    Child doctor = Child.lodestone(folder, null, List.of("doctor", "--json"));
    assertEquals(0, doctor.code(), doctor.err());
    String reason = Json.parse(doctor.out(), "doctor").get("gpu monitor").asText();
    assertTrue(reason.startsWith("none: no NVIDIA driver: libcuda.so.1: cannot open shared object file"), reason);

    Path run = folder.resolve("run");
    Child train = Child.lodestone(folder, null, List.of("train", "--model", model().toString(), "--data",
        data().toString(), "--out", run.toString(), "--steps", "2", "--batch-tokens", "16"));
    assertEquals(0, train.code(), train.err());
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertEquals(2, metrics.size());
    assertFalse(metrics.get(0).contains("sensors"), metrics.get(0));
  }

  private Path model() throws Exception {
    Path model = Files.createDirectories(folder.resolve("model"));
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 32, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 1, 16, 2, 1, 8, 16, 20, 32, 1e-5, false, false,
        new int[1], rope);
    try (var engine = Engine.open(Device.CPU, 1); var created = Model.create(engine, config)) {
      created.save(model, Map.of());
    }
    return model;
  }

  private Path data() throws Exception {
    return Files.writeString(folder.resolve("data.jsonl"), "{\"id\": \"a\", \"tokens\": [1, 2, 3, 4, 5, 6, 7, 8]}\n");
  }

  // A driver and a CUDA runtime that are empty are enough to load the presets' code for NVML.
  @Test
  void throughThePresetsNvmlIsRead() throws Exception {
    assumeFalse(opens("libcuda.so.1"), "this machine has a driver");
    Path libraries = Files.createDirectories(folder.resolve("libraries"));
    Path empty = Files.writeString(folder.resolve("empty.c"), "");
    compile(empty, libraries.resolve("libcuda.so.1"));
    compile(empty, libraries.resolve("libcudart.so.13"));
    compile(Path.of("src/test/native/fake_nvml.c"), libraries.resolve("libnvidia-ml.so.1"));
    Child doctor = Child.lodestone(folder, libraries, List.of("doctor", "--json"));
    assertEquals(0, doctor.code(), doctor.err());
    JsonNode report = Json.parse(doctor.out(), "doctor");
    assertEquals("Fake 100", report.path("gpu name").asText(), doctor.out());
    assertEquals("580.95.05", report.path("gpu driver").asText());
    assertEquals("700 W", report.path("gpu power limit").asText());
    assertFalse(report.has("gpu highest clock")); // not supported
    assertEquals("2.0 of 141.0 GiB used", report.path("gpu memory").asText());
    assertEquals("612 W, 1001 MHz, 61 C, throttled: power cap + hardware thermal", report.path("gpu now").asText());
  }

  private void compile(Path source, Path library) throws Exception {
    Child compiler = Child.run(folder, null, List.of("cc", "-shared", "-fPIC", "-Wl,-soname," + library.getFileName(),
        "-o", library.toString(), source.toString()));
    assertEquals(0, compiler.code(), compiler.err());
  }

  @Test
  void theServiceIsFound() {
    String facts = GpuMonitor.of("").facts().toString();
    assertFalse(facts.contains("not on the class path"), facts);
  }
}
