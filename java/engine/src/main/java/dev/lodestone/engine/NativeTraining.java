package dev.lodestone.engine;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsHead;
import dev.lodestone.engine.bind.LsTrainOptions;
import java.util.List;

/** What is trained as the native struct. */
final class NativeTraining {
  private NativeTraining() {}

  /** It lives as long as the open scope. */
  static LsTrainOptions of(TrainOptions options, int layers) {
    return of(options.mode(), options.recompute(), options.deterministic(), layers)
        .beta1(options.beta1()).beta2(options.beta2()).eps(options.eps())
        .weight_decay(options.weightDecay()).clip(options.clip())
        .no_decay_norm(options.noDecayNorm() ? 1 : 0).no_decay_bias(options.noDecayBias() ? 1 : 0)
        .max_tokens(options.maxTokens());
  }

  /** What a plan of memory depends on alone. */
  static LsTrainOptions of(Mode mode, List<Recompute> recompute, boolean deterministic, int layers) {
    var struct = new LsTrainOptions();
    struct.zero();
    struct.recompute(Recompute.pointer(recompute, layers)).atomics(deterministic ? 0 : 1);
    if (mode instanceof Mode.Lora lora) {
      struct.mode(Lodestone.LS_TRAIN_LORA);
      struct.lora().rank(lora.rank()).alpha(lora.alpha()).seed(lora.seed())
          .targets(lora.targets().stream().mapToInt(Projection::bit).sum());
    } else if (mode instanceof Mode.Heads heads) {
      struct.mode(Lodestone.LS_TRAIN_HEADS).head_count(heads.heads().size()).heads(pointer(heads));
    } else if (mode == Mode.ALL) {
      struct.mode(Lodestone.LS_TRAIN_ALL);
    } else if (mode == Mode.ATTENTION) {
      struct.mode(Lodestone.LS_TRAIN_ATTENTION);
    }
    return struct;
  }

  private static LsHead pointer(Mode.Heads mode) {
    if (mode.heads().isEmpty()) {
      return null;
    }
    var structs = new LsHead(mode.heads().size());
    for (int i = 0; i < mode.heads().size(); i++) {
      structs.getPointer(i).layer(mode.heads().get(i).layer()).head(mode.heads().get(i).head());
    }
    return structs;
  }
}
