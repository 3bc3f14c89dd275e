package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsModelConfig;
import dev.lodestone.engine.bind.LsRope;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.Arrays;
import org.bytedeco.javacpp.LongPointer;

/** A model's configuration as the native struct. */
final class NativeConfig {
  private NativeConfig() {}

  /** It lives as long as the open scope. */
  static LsModelConfig of(ModelConfig config) {
    var struct = new LsModelConfig();
    struct.zero();
    struct.layers(config.layers()).hidden(config.hidden()).heads(config.heads()).kv_heads(config.kvHeads())
        .head_dim(config.headDim()).intermediate(config.intermediate()).vocabulary(config.vocabulary())
        .max_positions(config.maxPositions()).norm_eps(config.normEps())
        .tied_embeddings(config.tiedEmbeddings() ? 1 : 0).qkv_bias(config.qkvBias() ? 1 : 0);
    var windows = config.windows();
    if (windows != null && windows.length > 0) {
      if (windows.length != config.layers()) {
        throw new EngineException(EngineException.INVALID,
            "model: expected " + config.layers() + " windows, one for each layer, but found " + windows.length);
      }
      struct.windows(new LongPointer(Arrays.stream(windows).asLongStream().toArray()));
    }
    fill(struct.rope(), config.rope());
    return struct;
  }

  static void fill(LsRope struct, RopeConfig rope) {
    struct.type(rope.type().ordinal()).theta(rope.theta()).factor(rope.factor())
        .original_positions(rope.originalPositions())
        .low_freq_factor(rope.lowFreqFactor()).high_freq_factor(rope.highFreqFactor())
        .beta_fast(rope.betaFast()).beta_slow(rope.betaSlow()).attention_factor(rope.attentionFactor())
        .mscale(rope.mscale()).mscale_all_dim(rope.mscaleAllDim()).truncate(rope.truncate() ? 1 : 0);
  }
}
