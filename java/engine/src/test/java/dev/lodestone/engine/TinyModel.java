package dev.lodestone.engine;

import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.Random;

/** A model of 20 thousand random weights, made in a millisecond. */
final class TinyModel {
  static final ModelConfig CONFIG = new ModelConfig("LlamaForCausalLM", "llama", 2, 32, 4, 2, 16, 48, 64, 128, 1e-5,
      false, false, new int[2], RopeConfig.of(10_000));

  private TinyModel() {}

  static Model open(Engine engine) {
    return open(engine, CONFIG, 1);
  }

  static Model open(Engine engine, ModelConfig config, long seed) {
    var model = Model.create(engine, config);
    var random = new Random(seed);
    for (var parameter : model.parameters()) {
      if (parameter.rank() == 2) {
        var values = new float[(int) parameter.count()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (random.nextGaussian() * 0.3);
        }
        model.write(parameter.name(), values);
      }
    }
    return model;
  }

  static int[] tokens(int count, long seed) {
    return new Random(seed).ints(count, 0, CONFIG.vocabulary()).toArray();
  }
}
