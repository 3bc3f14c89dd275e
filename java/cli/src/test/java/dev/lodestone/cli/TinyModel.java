package dev.lodestone.cli;

import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** A model folder with a tokenizer of whole words, made on the spot. */
final class TinyModel {
  /** The tokenizer's words; the id is the index. */
  static final String[] WORDS = {"<end>", "the", "cat", "sat", "on", "a", "mat", "dog", "ran", "far", "away", "where",
      "is", "it", "red", "blue", "one", "two", "three", "four"};

  private TinyModel() {}

  /** One layer of two heads over 20 words, random weights; text is split at blanks. */
  static Path write(Path folder) throws IOException {
    return write(folder, 2);
  }

  /** The same of so many heads. */
  static Path write(Path folder, int heads) throws IOException {
    Files.createDirectories(folder);
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 64, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 1, 16, heads, 1, 8, 16, WORDS.length, 64, 1e-5, false,
        false, new int[1], rope);
    var random = new Random(4);
    try (Engine engine = Engine.open(Device.CPU, 1); Model model = Model.create(engine, config)) {
      for (Model.Parameter parameter : model.parameters()) {
        if (parameter.rank() == 2) {
          float[] values = new float[(int) parameter.count()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * 0.4f;
          }
          model.write(parameter.name(), values);
        }
      }
      model.save(folder, Map.of());
    }
    Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
    return folder;
  }

  private static String tokenizer() {
    var vocabulary = new StringBuilder();
    for (int i = 0; i < WORDS.length; i++) {
      vocabulary.append(i == 0 ? "" : ", ").append('"').append(WORDS[i]).append("\": ").append(i);
    }
    return """
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
         "added_tokens": [{"id": 0, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false,
                           "normalized": false, "special": true}],
         "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "<end>", "vocab": {%s}}}
        """.formatted(vocabulary);
  }
}
