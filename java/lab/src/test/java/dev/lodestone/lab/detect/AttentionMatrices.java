package dev.lodestone.lab.detect;

import dev.lodestone.engine.Model;
import dev.lodestone.model.ModelConfig;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The decoder in double precision with its matrices of attention in full, as the definition that detectors are held
 * to. For plain RoPE, without biases.
 */
final class AttentionMatrices {
  private final ModelConfig config;
  private final Map<String, double[]> parameters = new HashMap<>();
  /** (layers * heads, rows, keys); 0 where a row does not see a key. */
  final double[][][] p;
  /** (layers, tokens, kvHeads * headDim). */
  final double[][][] v;

  AttentionMatrices(Model model, int... tokens) {
    config = model.config();
    for (var parameter : model.parameters()) {
      float[] stored = model.read(parameter.name());
      parameters.put(parameter.name(), IntStream.range(0, stored.length).mapToDouble(i -> stored[i]).toArray());
    }
    p = new double[config.layers() * config.heads()][tokens.length][tokens.length];
    v = new double[config.layers()][tokens.length][];
    double[][] x = new double[tokens.length][];
    for (int i = 0; i < tokens.length; i++) {
      x[i] = unembedding("model.embed_tokens.weight", tokens[i]);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      attend(layer, x);
      String at = "model.layers." + layer + ".";
      for (double[] row : x) {
        double[] normed = norm(at + "post_attention_layernorm.weight", row);
        double[] gate = multiply(at + "mlp.gate_proj.weight", normed);
        double[] up = multiply(at + "mlp.up_proj.weight", normed);
        for (int i = 0; i < gate.length; i++) {
          up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
        }
        add(row, multiply(at + "mlp.down_proj.weight", up));
      }
    }
  }

  private void attend(int layer, double[][] x) {
    String at = "model.layers." + layer + ".";
    int d = config.headDim();
    int window = config.windows()[layer];
    double[][] q = new double[x.length][];
    double[][] k = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      double[] normed = norm(at + "input_layernorm.weight", x[i]);
      q[i] = rotate(multiply(at + "self_attn.q_proj.weight", normed), i);
      k[i] = rotate(multiply(at + "self_attn.k_proj.weight", normed), i);
      v[layer][i] = multiply(at + "self_attn.v_proj.weight", normed);
    }
    for (int i = 0; i < x.length; i++) {
      double[] out = new double[config.heads() * d];
      for (int h = 0; h < config.heads(); h++) {
        double[] row = p[layer * config.heads() + h][i];
        double sum = 0;
        for (int j = window == 0 ? 0 : Math.max(0, i - window + 1); j <= i; j++) {
          double score = 0;
          for (int c = 0; c < d; c++) {
            score += q[i][h * d + c] * k[j][kv(h) * d + c];
          }
          row[j] = Math.exp(score / Math.sqrt(d));
          sum += row[j];
        }
        for (int j = 0; j <= i; j++) {
          row[j] /= sum;
          for (int c = 0; c < d; c++) {
            out[h * d + c] += row[j] * v[layer][j][kv(h) * d + c];
          }
        }
      }
      add(x[i], multiply(at + "self_attn.o_proj.weight", out));
    }
  }

  private int kv(int head) {
    return head / (config.heads() / config.kvHeads());
  }

  /** p · u·(W_O v): what a head adds from a key to the logit of a token, written out. */
  double added(int head, int row, int key, int token) {
    int layer = head / config.heads();
    int h = head % config.heads();
    int d = config.headDim();
    double[] w = parameters.get("model.layers." + layer + ".self_attn.o_proj.weight");
    double[] u = unembedding(config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight", token);
    double sum = 0;
    for (int r = 0; r < config.hidden(); r++) {
      for (int c = 0; c < d; c++) {
        sum += u[r] * w[r * config.heads() * d + h * d + c] * v[layer][key][kv(h) * d + c];
      }
    }
    return p[head][row][key] * sum;
  }

  private double[] unembedding(String name, int token) {
    double[] row = new double[config.hidden()];
    System.arraycopy(parameters.get(name), token * config.hidden(), row, 0, row.length);
    return row;
  }

  private double[] rotate(double[] heads, int position) {
    int d = config.headDim();
    double[] rotated = new double[heads.length];
    for (int h = 0; h < heads.length; h += d) {
      for (int c = 0; c < d / 2; c++) {
        double angle = position * Math.pow(config.rope().theta(), -2.0 * c / d);
        rotated[h + c] = heads[h + c] * Math.cos(angle) - heads[h + c + d / 2] * Math.sin(angle);
        rotated[h + c + d / 2] = heads[h + c + d / 2] * Math.cos(angle) + heads[h + c] * Math.sin(angle);
      }
    }
    return rotated;
  }

  private double[] norm(String name, double[] x) {
    double square = 0;
    for (double value : x) {
      square += value * value;
    }
    double scale = 1 / Math.sqrt(square / x.length + config.normEps());
    double[] weight = parameters.get(name);
    return IntStream.range(0, x.length).mapToDouble(c -> x[c] * scale * weight[c]).toArray();
  }

  private double[] multiply(String name, double[] x) {
    double[] w = parameters.get(name);
    double[] y = new double[w.length / x.length];
    for (int i = 0; i < w.length; i++) {
      y[i / x.length] += w[i] * x[i % x.length];
    }
    return y;
  }

  private static void add(double[] to, double[] x) {
    for (int c = 0; c < to.length; c++) {
      to[c] += x[c];
    }
  }
}
