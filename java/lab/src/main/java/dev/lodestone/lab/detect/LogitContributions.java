package dev.lodestone.lab.detect;

import dev.lodestone.data.Span;
import dev.lodestone.engine.Attention;
import dev.lodestone.engine.AttentionOps;
import dev.lodestone.engine.DeviceBuffer;
import dev.lodestone.engine.DeviceBuffer.Element;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Ops;
import dev.lodestone.engine.RowScores;
import dev.lodestone.engine.TokenSpan;
import dev.lodestone.heads.Trial;
import dev.lodestone.heads.Trial.Contributions;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What heads add to the logits of answers, in one pass over prompt and answer. With u the row of the output matrix of
 * the token written and o = Σ p·v over some keys, a head adds (W_Oᵀ u)·o by them: only outputs restricted to spans are
 * needed, no position by itself. Dynamic RoPE takes its frequencies from prompt and answer.
 */
final class LogitContributions {
  /** Tokens that go together; a longer trial goes alone. */
  private static final int PACK = 4_096;

  private final Model model;
  private final ModelConfig config;
  private final List<Trial> pack;
  private final int[] starts;
  private final Contributions[] found;

  private LogitContributions(Model model, List<Trial> pack) {
    this.model = model;
    this.config = model.config();
    this.pack = pack;
    this.starts = new int[pack.size() + 1];
    for (int i = 0; i < pack.size(); i++) {
      starts[i + 1] = starts[i] + text(pack.get(i)).length;
    }
    this.found = pack.stream().map(t -> new Contributions(grid(t), grid(t))).toArray(Contributions[]::new);
  }

  private double[][] grid(Trial trial) {
    return new double[trial.answerRows().length][config.layers() * config.heads()];
  }

  /** The trials with their contributions, in their order. */
  static List<Trial> of(Model model, List<Trial> trials) {
    boolean alone = model.config().rope().type() == RopeConfig.Type.DYNAMIC;
    List<Trial> done = new ArrayList<>();
    for (int from = 0; from < trials.size(); ) {
      int to = from;
      for (int tokens = 0; to < trials.size(); to++) {
        tokens += text(trials.get(to)).length;
        if (to > from && (alone || tokens > PACK)) {
          break;
        }
      }
      var pack = new LogitContributions(model, trials.subList(from, to));
      new LayerWalk(model, pack.pack.stream().map(LogitContributions::text).toList()).run(pack::layer);
      for (int i = from; i < to; i++) {
        done.add(trials.get(i).with(pack.found[i - from]));
      }
      from = to;
    }
    return done;
  }

  /** Prompt and answer up to the last row that writes the answer. */
  private static int[] text(Trial trial) {
    int more = Arrays.stream(trial.answerRows()).max().orElse(0);
    int[] text = Arrays.copyOf(trial.prompt(), trial.prompt().length + more);
    System.arraycopy(trial.generated(), 0, text, trial.prompt().length, more);
    return text;
  }

  private void layer(int layer, Attention attention, DeviceBuffer output) {
    for (int i = 0; i < pack.size(); i++) {
      if (pack.get(i).answerRows().length > 0) {
        trial(i, layer, attention, output);
      }
    }
  }

  private void trial(int index, int layer, Attention attention, DeviceBuffer output) {
    Trial trial = pack.get(index);
    int start = starts[index];
    int rows = trial.answerRows().length;
    int width = config.heads() * config.headDim();
    List<TokenSpan> spans = new ArrayList<>();
    for (Span span : trial.target()) {
      spans.add(new TokenSpan(start + span.start(), start + span.end()));
    }
    spans.add(new TokenSpan(start, starts[index + 1])); // all keys
    int[] at = Arrays.stream(trial.answerRows()).map(r -> start + trial.prompt().length - 1 + r).toArray();
    int[] written = Arrays.stream(trial.answerRows()).map(r -> trial.generated()[r]).toArray();
    try (var outputs = DeviceBuffer.zeros(model.engine(), Element.FLOAT, (long) rows * spans.size() * width);
        var u = LayerWalk.unembedding(model, written);
        var projected = DeviceBuffer.zeros(model.engine(), Element.REAL, (long) rows * width)) {
      AttentionOps.scoreRows(model.engine(), attention, RowScores.of(at).spans(spans).spanOutput(outputs));
      Ops.linearBackward(model.engine(), new Ops.LinearShape(rows, width, config.hidden()), null, output, u,
          new Ops.LinearGradients(projected, null, null));
      add(found[index], layer, outputs.floats(), projected.floats(), spans.size());
    }
  }

  /** @param outputs (heads, rows, spans, headDim), the last span being all keys; u (rows, heads, headDim) */
  private void add(Contributions to, int layer, float[] outputs, float[] u, int spans) {
    int rows = to.all().length;
    int d = config.headDim();
    for (int head = 0; head < config.heads(); head++) {
      int cell = layer * config.heads() + head;
      for (int row = 0; row < rows; row++) {
        double[] bySpan = new double[spans];
        for (int s = 0; s < spans; s++) {
          for (int c = 0; c < d; c++) {
            bySpan[s] += (double) u[(row * config.heads() + head) * d + c]
                * outputs[((head * rows + row) * spans + s) * d + c];
          }
        }
        to.all()[row][cell] = bySpan[spans - 1];
        to.target()[row][cell] = VisibleSum.of(Arrays.copyOf(bySpan, spans - 1));
      }
    }
  }
}
