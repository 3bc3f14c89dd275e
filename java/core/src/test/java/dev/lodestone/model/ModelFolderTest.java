package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.DType;
import dev.lodestone.io.Json;
import dev.lodestone.io.SafetensorsWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir Path folder;

  @Test
  void readsOneFile() throws Exception {
    writeConfig(Configs.v5("default"));
    write("model.safetensors", shapes());
    try (var model = ModelFolder.open(folder)) {
      model.check();
      assertEquals(Configs.parsed("default"), model.config());
      var tensor = model.tensor("lm_head.weight");
      assertArrayEquals(new long[] {320, 64}, tensor.entry().shape());
      assertEquals("model.safetensors", tensor.file().file().getFileName().toString());
      assertMessage("expected a tensor nothing but none of [model.safetensors] has it", () -> model.tensor("nothing"));
    }
  }

  @Test
  void readsShardsWithIndex() throws Exception {
    writeConfig(Configs.v5("default"));
    List<ParameterShape> shapes = shapes();
    write("model-00001-of-00002.safetensors", shapes.subList(0, 9));
    write("model-00002-of-00002.safetensors", shapes.subList(9, shapes.size()));
    writeIndex(shapes, name -> shapes.indexOf(find(shapes, name)) < 9 ? "model-00001-of-00002.safetensors"
        : "model-00002-of-00002.safetensors");
    write("other.safetensors", shapes); // not in the index: not looked at
    try (var model = ModelFolder.open(folder)) {
      model.check();
      assertEquals("model-00002-of-00002.safetensors",
          model.tensor("lm_head.weight").file().file().getFileName().toString());
    }
  }

  @Test
  void readsShardsWithoutIndex() throws Exception {
    writeConfig(Configs.v5("default"));
    write("b.safetensors", shapes().subList(0, 9));
    write("a.safetensors", shapes().subList(9, shapes().size()));
    try (var model = ModelFolder.open(folder)) {
      model.check();
    }
    write("c.safetensors", shapes().subList(3, 4));
    try (var model = ModelFolder.open(folder)) {
      assertMessage("self_attn.v_proj.weight is in b.safetensors and in c.safetensors", model::check);
    }
  }

  @Test
  void refusesAnIndexThatLeadsElsewhere() throws Exception {
    writeConfig(Configs.v5("default"));
    Path inner = Files.createDirectory(folder.resolve("inner"));
    write("model-1.safetensors", shapes());
    for (String name : List.of("../model-1.safetensors", folder + "/model-1.safetensors", "model-1.bin", "..", "")) {
      Files.copy(folder.resolve("config.json"), inner.resolve("config.json"),
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      ObjectNode index = Json.mapper().createObjectNode();
      index.putObject("weight_map").put("lm_head.weight", name);
      Json.writeFile(inner.resolve("model.safetensors.index.json"), index);
      try (var model = ModelFolder.open(inner)) {
        assertMessage("expected the name of a file of the folder", model::check);
      }
    }
    writeIndex(shapes(), name -> "model-2.safetensors");
    try (var model = ModelFolder.open(folder)) {
      assertMessage("model-2.safetensors: there is no such file", model::check);
    }
    Json.writeFile(folder.resolve("model.safetensors.index.json"), Json.parse("{}", "x"));
    try (var model = ModelFolder.open(folder)) {
      assertMessage("expected an object weight_map", model::check);
    }
    writeIndex(shapes(), name -> "model-1.safetensors");
    write("model-1.safetensors", shapes().subList(0, 5));
    try (var model = ModelFolder.open(folder)) {
      assertMessage("model-1.safetensors: expected a tensor model.layers.0.mlp.gate_proj.weight", model::check);
    }
  }

  @Test
  void refusesWeightsThatDoNotFit() throws Exception {
    writeConfig(Configs.v5("default"));
    checkFails("expected model.safetensors or model.safetensors.index.json");
    write("model.safetensors", shapes().subList(1, shapes().size()));
    checkFails("expected a tensor model.embed_tokens.weight");
    write("model.safetensors", shapes().stream()
        .map(s -> s.name().equals("model.norm.weight") ? ParameterShape.vector(s.name(), 63) : s).toList());
    checkFails("model.norm.weight: expected shape [64], as config.json says, but found [63]");
    write("model.safetensors", shapes().stream() // as many elements, another rank
        .map(s -> s.name().equals("model.norm.weight") ? ParameterShape.matrix(s.name(), 1, 64) : s).toList());
    checkFails("expected shape [64], as config.json says, but found [1, 64]");
    write("model.safetensors", shapes(), DType.I32);
    checkFails("model.embed_tokens.weight: expected F32, F16 or BF16 but found I32");
    write("model.safetensors", shapes(), DType.F16);
    try (var model = ModelFolder.open(folder)) {
      model.check();
    }
  }

  @Test
  void needsNoHeadWhereItIsTied() throws Exception {
    writeConfig(Configs.v5("tied"));
    write("model.safetensors", shapes().subList(0, shapes().size() - 1));
    try (var model = ModelFolder.open(folder)) {
      model.check();
    }
    writeConfig(Configs.v5("default"));
    checkFails("expected a tensor lm_head.weight");
  }

  @Test
  void knowsTheEndOfAText() throws Exception {
    ObjectNode config = Configs.v5("default");
    writeConfig(config);
    assertEquals(Set.of(2), ends());
    config.putArray("eos_token_id").add(5).add(3);
    writeConfig(config);
    Json.writeFile(folder.resolve("generation_config.json"), Json.parse("{\"eos_token_id\": 7}", "x"));
    assertEquals(Set.of(3, 5, 7), ends());
    try (var model = ModelFolder.open(folder)) {
      assertEquals(OptionalInt.of(1), model.bosToken());
    }
    writeConfig(config.putNull("bos_token_id"));
    try (var model = ModelFolder.open(folder)) {
      assertEquals(OptionalInt.empty(), model.bosToken());
    }
    writeConfig(config.put("eos_token_id", 320));
    assertMessage("below the vocabulary of 320", this::ends);
  }

  @Test
  void readsAnotherConfiguration() throws Exception {
    writeConfig(Configs.v5("default"));
    Json.writeFile(folder.resolve("config.long.json"), Configs.v5("linear"));
    try (var model = ModelFolder.open(folder, "config.long.json")) {
      assertEquals(Configs.parsed("linear"), model.config());
      assertEquals(4.0, model.rawConfig().path("rope_parameters").path("factor").doubleValue());
    }
    assertMessage("no such file", () -> ModelFolder.open(folder, "config.none.json"));
    assertMessage("does not exist", () -> ModelFolder.open(folder.resolve("none")));
    assertMessage("is a file", () -> ModelFolder.open(folder.resolve("config.json")));
  }

  @Test
  void copiesTheTokenizer() throws Exception {
    Files.writeString(folder.resolve("tokenizer.json"), "{}");
    Files.writeString(folder.resolve("generation_config.json"), "{\"a\": 1}");
    Files.writeString(folder.resolve("model.safetensors"), "no");
    Path to = folder.resolve("to");
    ModelFolder.copyTokenizer(folder, to);
    assertEquals("{\"a\": 1}", Files.readString(to.resolve("generation_config.json")));
    assertTrue(Files.exists(to.resolve("tokenizer.json")));
    assertFalse(Files.exists(to.resolve("model.safetensors")));
  }

  private Set<Integer> ends() {
    try (var model = ModelFolder.open(folder)) {
      return model.endTokens();
    }
  }

  private void checkFails(String sentence) {
    try (var model = ModelFolder.open(folder)) {
      assertMessage(sentence, model::check);
    }
  }

  private static void assertMessage(String part, org.junit.jupiter.api.function.Executable action) {
    String message = assertThrows(LodestoneException.class, action).getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }

  private static List<ParameterShape> shapes() {
    return Configs.parsed("default").parameters();
  }

  private static ParameterShape find(List<ParameterShape> shapes, String name) {
    return shapes.stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
  }

  private void writeConfig(ObjectNode config) {
    Json.writeFile(folder.resolve("config.json"), config);
  }

  private void writeIndex(List<ParameterShape> shapes, UnaryOperator<String> file) {
    ObjectNode index = Json.mapper().createObjectNode();
    ObjectNode map = index.putObject("weight_map");
    shapes.forEach(s -> map.put(s.name(), file.apply(s.name())));
    Json.writeFile(folder.resolve("model.safetensors.index.json"), index);
  }

  private void write(String name, List<ParameterShape> shapes) {
    write(name, shapes, DType.F32);
  }

  private void write(String name, List<ParameterShape> shapes, DType dtype) {
    try (var out = SafetensorsWriter.create(folder.resolve(name))) {
      shapes.forEach(s -> out.declare(s.name(), dtype, s.shape()));
      shapes.forEach(s -> out.write(s.name(), ByteBuffer.allocate((int) s.count() * dtype.bytes())));
      out.commit();
    }
  }
}
