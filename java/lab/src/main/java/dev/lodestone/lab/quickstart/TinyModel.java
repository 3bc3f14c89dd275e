package dev.lodestone.lab.quickstart;

import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** A Llama of 6 layers of 4 heads with random weights, made so that heads that retrieve appear within minutes of training. */
final class TinyModel {
  /** Low for a short context: the slowest rotation turns once in about 4,000 positions. */
  static final double THETA = 1_000;

  private TinyModel() {}

  static ModelConfig config(int contextLength) {
    int layers = 6;
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, THETA, 1, contextLength, 0, 0, 0, 0, 0, 0, 0, true);
    return new ModelConfig("LlamaForCausalLM", "llama", layers, 128, 4, 4, 32, 256, Words.COUNT, contextLength, 1e-5,
        false, false, new int[layers], rope);
  }

  /** A model with weights that follow from the seed. */
  static Model create(Engine engine, int contextLength, long seed) {
    ModelConfig config = config(contextLength);
    var random = new Random(seed);
    Model model = Model.create(engine, config);
    for (Model.Parameter parameter : model.parameters()) {
        if (parameter.rank() == 2) { // norm weights are one already
          float[] values = new float[(int) parameter.count()];
          double deviation = deviation(parameter, config.layers());
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * deviation);
          }
          model.write(parameter.name(), values);
        }
      }
    return model;
  }

  /**
   * Unit variance for embeddings, so that tokens stand out in the residual stream from the first step on; 1/√fan_in for
   * the rest; what is added to the stream smaller by √(2 · layers), so that the sum of all layers stays of the size of
   * one (as in GPT-2). The head is untied: tied to embeddings of unit variance its logits would start far too large.
   */
  private static double deviation(Model.Parameter parameter, int layers) {
    if (parameter.name().equals("model.embed_tokens.weight")) {
      return 1;
    }
    boolean residual = parameter.name().endsWith("o_proj.weight") || parameter.name().endsWith("down_proj.weight");
    return 1 / Math.sqrt(parameter.columns() * (residual ? 2.0 * layers : 1));
  }
}
