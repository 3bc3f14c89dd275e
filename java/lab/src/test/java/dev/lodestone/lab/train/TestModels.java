package dev.lodestone.lab.train;

import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A model folder small enough to be trained in milliseconds. */
public final class TestModels {
  static final int VOCABULARY = 50;

  private TestModels() {}

  /** Two layers of 16, four heads over two, random weights. */
  public static Path write(Engine engine, Path folder) throws IOException {
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, 10_000, 1, 64, 0, 0, 0, 0, 0, 0, 0, true);
    var config = new ModelConfig("LlamaForCausalLM", "llama", 2, 16, 4, 2, 8, 24, VOCABULARY, 64, 1e-5, false, false,
        new int[2], rope);
    var random = new Random(5);
    try (Model model = Model.create(engine, config)) {
      for (Model.Parameter parameter : model.parameters()) {
        if (parameter.rank() == 2) {
          float[] values = new float[(int) parameter.count()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.3);
          }
          model.write(parameter.name(), values);
        }
      }
      model.save(Files.createDirectories(folder), Map.of());
    }
    return folder;
  }

  /** Gives a folder a tokenizer of the words w0 to w49, of which w7 ends a text. */
  public static void writeTokenizer(Path folder) throws IOException {
    String words = IntStream.range(0, VOCABULARY).mapToObj(i -> "\"w%d\": %d".formatted(i, i))
        .collect(Collectors.joining(", "));
    Files.writeString(folder.resolve("tokenizer.json"), """
        {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
         "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}""".formatted(words));
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": 7}");
  }

  /** Token samples of 4 to 20 tokens, one JSON object a line. */
  public static Path writeData(Path file, int count, long seed) throws IOException {
    var random = new Random(seed);
    var lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      var tokens = random.ints(4 + random.nextInt(17), 0, VOCABULARY).boxed().toList();
      lines.append("{\"id\": \"s%d\", \"tokens\": %s}\n".formatted(i, tokens));
    }
    return Files.writeString(file, lines);
  }
}
