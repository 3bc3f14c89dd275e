package dev.lodestone.lab.quickstart;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Device;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.TrainOptions;
import dev.lodestone.engine.Trainer;
import dev.lodestone.io.Json;
import dev.lodestone.lab.quickstart.World.Facts;
import dev.lodestone.lab.quickstart.World.Filler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Trains the embedded model, see {@code scripts/train_embedded_model.sh}. Half of each step are snippets that come back,
 * which teach to look up; half are worlds with facts of all kinds, which teach what to look up. Of snippets, what is
 * certain is learned; of worlds, answers and, at half the weight, every word: without that the upper layers do not
 * part their work, and no head is missed when it is knocked out.
 */
final class EmbeddedTraining {
  static final int LENGTH = 64;
  private static final int STEP_TOKENS = 4_096;
  private static final int WARM_UP = 50;
  private static final double RATE = 3e-3;
  private static final float WORD = 0.25f;
  private static final float ANSWER = 4;

  private EmbeddedTraining() {}

  /** @param args a new folder, steps, seed */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    int steps = Integer.parseInt(args[1]);
    long seed = Long.parseLong(args[2]);
    try (Engine engine = Engine.open(Device.CPU, 0); Model model = TinyModel.create(engine, LENGTH, seed)) {
      train(model, steps, seed);
      model.save(folder, Map.of("format", "pt"));
    }
    Path config = folder.resolve("config.json");
    Json.writeFile(config, ((ObjectNode) Json.readFile(config)).put("eos_token_id", Words.of("end")[0]));
    Json.writeFile(folder.resolve("tokenizer.json"), Words.tokenizer());
  }

  private static void train(Model model, int steps, long seed) {
    var options = TrainOptions.of(Mode.ALL, STEP_TOKENS);
    try (Trainer trainer = Trainer.open(model, options)) {
      for (int step = 0; step < steps; step++) {
        double rate = RATE * Math.min((step + 1.0) / WARM_UP, 0.5 + 0.5 * Math.cos(Math.PI * step / steps));
        var result = trainer.step(List.of(batch(seed * 1_000_003 + step)), rate);
        if (step % 50 == 49) {
          System.out.printf("step %d  loss %.3f  norm %.2f  right %s%n", step + 1, result.loss(), result.gradNorm(),
              right(model));
        }
      }
    }
  }

  private static Batch batch(long seed) {
    int half = STEP_TOKENS / LENGTH / 2;
    List<TokenSample> samples = new ArrayList<>(SnippetText.documents(half, LENGTH, seed));
    var random = new Random(seed);
    for (int i = 0; i < half; i++) {
      Facts facts = Facts.values()[i % Facts.values().length];
      Filler filler = i % 8 == 7 ? Filler.REPEATED : Filler.VARIED;
      samples.add(new World(facts, filler, LENGTH, World.facts(LENGTH), 3, random).tokenSample("world"));
    }
    List<int[]> tokens = samples.stream().map(TokenSample::tokens).toList();
    int[] labels = samples.stream().flatMapToInt(s -> Arrays.stream(s.labels())).toArray();
    float[] weights = new float[STEP_TOKENS];
    Batch batch = Batch.pack(tokens);
    for (int i = 0; i < STEP_TOKENS; i++) {
      weights[i] = labels[i] == TokenSample.IGNORED ? 0 : 1;
      if (i >= STEP_TOKENS / 2) {
        weights[i] = labels[i] == TokenSample.IGNORED ? WORD : ANSWER;
        labels[i] = batch.tokens()[i];
      }
    }
    return batch.withLabels(labels).withWeights(weights);
  }

  /** Exact answers to each kind of facts. */
  private static String right(Model model) {
    var text = new StringBuilder();
    for (int length : new int[] {LENGTH, 2 * LENGTH, 8 * LENGTH}) {
      text.append(" at ").append(length).append(':');
      for (Facts facts : Facts.values()) {
        text.append(" %.2f".formatted(Answers.right(model, World.documents(facts, Filler.VARIED, length, 32, 9),
            List.of())));
      }
    }
    return text.toString();
  }
}
