package dev.lodestone.lab.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.data.Samples;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.lab.train.TestModels;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSamplesTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() throws IOException {
    try (Engine engine = Engine.open(Device.CPU, 1)) {
      model = TestModels.write(engine, folder.resolve("model"));
    }
    Files.writeString(model.resolve("generation_config.json"), "{\"eos_token_id\": 7}");
  }

  @Test
  void anAnswerEndsWithTheModelsEndTokenOrTheEndOfText() throws IOException {
    Files.writeString(model.resolve("tokenizer.json"), """
        {"version": "1.0", "pre_tokenizer": {"type": "Whitespace"},
         "added_tokens": [
           {"id": 5, "content": "<|endoftext|>", "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false},
           {"id": 6, "content": "<|im_start|>", "special": true, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false}],
         "model": {"type": "WordLevel", "unk_token": "u",
                   "vocab": {"u": 0, "the": 1, "city": 2, "is": 3, "</s>": 4, "<|endoftext|>": 5, "<|im_start|>": 6}}}""");
    assertEquals(Set.of(5, 7), stopTokens(), "</s> is a word here, not a special token");
  }

  @Test
  void withoutTokenizerTheConfigurationAlone() throws IOException {
    assertEquals(Set.of(7), stopTokens());
  }

  private Set<Integer> stopTokens() throws IOException {
    Path data = Files.writeString(folder.resolve("data.jsonl"), "{\"id\": \"a\", \"tokens\": [1, 2, 3]}");
    try (ModelFolder opened = ModelFolder.open(model);
        var input = ModelSamples.read(opened, data, Samples.Format.AUTO, false)) {
      return input.stopTokens(opened);
    }
  }
}
