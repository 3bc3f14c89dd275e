package dev.lodestone.lab.selftest;

import dev.lodestone.model.ModelConfig;
import java.util.Map;

/**
 * The decoder written down plainly in double precision: RMSNorm, rotary positions (halves rotated against each other, as
 * in Hugging Face), grouped-query causal attention, SwiGLU, untied head. For models with plain RoPE, without biases or
 * windows; slow, and meant to be compared with.
 */
final class ReferenceDecoder {
  private final ModelConfig config;
  private final Map<String, double[]> parameters;

  /** Parameters by their Hugging Face names, row-major. */
  ReferenceDecoder(ModelConfig config, Map<String, double[]> parameters) {
    this.config = config;
    this.parameters = parameters;
  }

  /** Mean cross-entropy in nats of predicting each token after the first from those before it. */
  double loss(int... tokens) {
    double[][] x = states(tokens);
    double sum = 0;
    for (int i = 0; i + 1 < tokens.length; i++) {
      double[] logits = multiply("lm_head.weight", x[i]);
      double normaliser = 0;
      for (double logit : logits) {
        normaliser += Math.exp(logit);
      }
      sum += Math.log(normaliser) - logits[tokens[i + 1]];
    }
    return sum / (tokens.length - 1);
  }

  /** (tokens, hidden) after the last norm. */
  private double[][] states(int[] tokens) {
    double[][] x = new double[tokens.length][config.hidden()];
    double[] embedding = parameters.get("model.embed_tokens.weight");
    for (int i = 0; i < tokens.length; i++) {
      System.arraycopy(embedding, tokens[i] * config.hidden(), x[i], 0, config.hidden());
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String at = "model.layers." + layer + ".";
      double[][] mixed = attention(at + "self_attn.", norm(at + "input_layernorm.weight", x));
      add(x, mixed);
      double[][] fed = norm(at + "post_attention_layernorm.weight", x);
      for (int i = 0; i < x.length; i++) {
        fed[i] = feedForward(at + "mlp.", fed[i]);
      }
      add(x, fed);
    }
    return norm("model.norm.weight", x);
  }

  private double[][] attention(String at, double[][] x) {
    int d = config.headDim();
    int group = config.heads() / config.kvHeads();
    double[][] q = new double[x.length][];
    double[][] k = new double[x.length][];
    double[][] v = new double[x.length][];
    double[][] out = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      q[i] = rotate(multiply(at + "q_proj.weight", x[i]), i);
      k[i] = rotate(multiply(at + "k_proj.weight", x[i]), i);
      v[i] = multiply(at + "v_proj.weight", x[i]);
      double[] heads = new double[config.heads() * d];
      for (int h = 0; h < config.heads(); h++) {
        attend(q[i], k, v, i, h * d, h / group * d, heads);
      }
      out[i] = multiply(at + "o_proj.weight", heads);
    }
    return out;
  }

  /** One head of one row: softmax over the keys 0..row, then the mean of their values. */
  private void attend(double[] q, double[][] k, double[][] v, int row, int queryAt, int keyAt, double[] out) {
    int d = config.headDim();
    double normaliser = 0;
    for (int j = 0; j <= row; j++) {
      double score = 0;
      for (int c = 0; c < d; c++) {
        score += q[queryAt + c] * k[j][keyAt + c];
      }
      double weight = Math.exp(score / Math.sqrt(d));
      normaliser += weight;
      for (int c = 0; c < d; c++) {
        out[queryAt + c] += weight * v[j][keyAt + c];
      }
    }
    for (int c = 0; c < d; c++) {
      out[queryAt + c] /= normaliser;
    }
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

  private double[] feedForward(String at, double[] x) {
    double[] gate = multiply(at + "gate_proj.weight", x);
    double[] up = multiply(at + "up_proj.weight", x);
    for (int i = 0; i < gate.length; i++) {
      up[i] *= gate[i] / (1 + Math.exp(-gate[i]));
    }
    return multiply(at + "down_proj.weight", up);
  }

  private double[][] norm(String name, double[][] x) {
    double[] weight = parameters.get(name);
    double[][] normed = new double[x.length][weight.length];
    for (int i = 0; i < x.length; i++) {
      double square = 0;
      for (double value : x[i]) {
        square += value * value;
      }
      double scale = 1 / Math.sqrt(square / weight.length + config.normEps());
      for (int c = 0; c < weight.length; c++) {
        normed[i][c] = x[i][c] * scale * weight[c];
      }
    }
    return normed;
  }

  /** W x with W (rows, x.length). */
  private double[] multiply(String name, double[] x) {
    double[] w = parameters.get(name);
    double[] y = new double[w.length / x.length];
    for (int r = 0; r < y.length; r++) {
      for (int c = 0; c < x.length; c++) {
        y[r] += w[r * x.length + c] * x[c];
      }
    }
    return y;
  }

  private static void add(double[][] to, double[][] x) {
    for (int i = 0; i < to.length; i++) {
      for (int c = 0; c < to[i].length; c++) {
        to[i][c] += x[i][c];
      }
    }
  }
}
