package dev.lodestone.lab.quickstart;

import dev.lodestone.data.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The model that comes with Lodestone: a Llama of 1,050,240 parameters that answers questions about small worlds of 64
 * words and fails at 512. How it was made and how well it does stands in its card, {@code model/README.md}.
 */
public final class EmbeddedModel {
  private static final List<String> FILES = List.of("config.json", "model.safetensors", "tokenizer.json", "README.md");

  private EmbeddedModel() {}

  /** Writes it as a model folder, as {@code Model.load} and every command read it. */
  public static Path write(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name : FILES) {
      try (InputStream in = EmbeddedModel.class.getResourceAsStream("model/" + name)) {
        Files.copy(in, folder.resolve(name));
      }
    }
    return folder;
  }

  /** Questions for it, with the spans {@code needle} and {@code answer}: realistic facts among varied sentences. */
  public static List<Sample> questions(int length, int count, long seed) {
    return World.trials(World.Facts.REALISTIC, World.Filler.VARIED, length, count, seed);
  }
}
