package dev.lodestone.lab.intervene;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A model that retrieves by construction (Elhage et al. 2021, Olsson et al. 2022): a head of layer 0 writes down the
 * token before each one, and two heads of layer 1 look for where the row's token stood before and copy what followed.
 * Each of the two suffices. The residual stream holds, one-hot, the token, the one before, and what is to come; all
 * other weights are small noise.
 */
final class InductionModel {
  static final Head PREVIOUS = new Head(0, 2);
  static final List<Head> RETRIEVING = List.of(new Head(1, 1), new Head(1, 3));
  static final int ANSWER = 5;

  private static final int VOCABULARY = 24;
  private static final int HIDDEN = 80;
  private static final int BEFORE = VOCABULARY;
  private static final int NEXT = 2 * VOCABULARY;
  /** A component of the residual stream that is always 1. */
  private static final int ONE = 3 * VOCABULARY;
  private static final int HEADS = 4;
  private static final int HEAD_DIM = 64;
  private static final int PAIRS = HEAD_DIM / 2;
  private static final double THETA = 1e6;
  /** The rotary pairs from this one on turn so slowly that a short prompt does not see it. */
  private static final int SLOW = PAIRS - VOCABULARY / 2;

  private InductionModel() {}

  static Model open(Engine engine) {
    var rope = new RopeConfig(RopeConfig.Type.DEFAULT, THETA, 1, 64, 0, 0, 0, 0, 0, 0, 0, true);
    var model = Model.create(engine, new ModelConfig("LlamaForCausalLM", "llama", 2, HIDDEN, HEADS, HEADS, HEAD_DIM, 8,
        VOCABULARY, 64, 1e-5, false, false, new int[2], rope));
    var random = new Random(2);
    for (var parameter : model.parameters()) {
      if (parameter.rank() == 2) {
        float[] w = new float[(int) parameter.count()];
        for (int i = 0; i < w.length; i++) {
          w[i] = (float) (random.nextGaussian() * 0.01);
        }
        build(parameter.name(), w);
        model.write(parameter.name(), w);
      }
    }
    return model;
  }

  /** The same model with retrieving heads that look nowhere. */
  static Model openBlind(Engine engine) {
    Model model = open(engine);
    String name = "model.layers.1.self_attn.q_proj.weight";
    float[] w = model.read(name);
    for (Head head : RETRIEVING) {
      Arrays.fill(w, head.head() * HEAD_DIM * HIDDEN, (head.head() + 1) * HEAD_DIM * HIDDEN, 0);
    }
    model.write(name, w);
    return model;
  }

  private static void build(String name, float[] w) {
    switch (name.replace("model.layers.", "").replace(".self_attn", "").replace(".weight", "")) {
      case "model.embed_tokens" -> {
        for (int token = 0; token < VOCABULARY; token++) {
          w[token * HIDDEN + token] = 1;
          w[token * HIDDEN + ONE] = 1;
        }
      }
      case "lm_head" -> put(w, HIDDEN, 0, NEXT, 10);
      case "0.q_proj" -> { // turned back by one position, so that it meets the key before
        for (int pair = 0; pair < PAIRS; pair++) {
          double frequency = Math.pow(THETA, -(double) pair / PAIRS);
          w[row(PREVIOUS, pair) * HIDDEN + ONE] = (float) (6 * Math.cos(frequency));
          w[row(PREVIOUS, pair + PAIRS) * HIDDEN + ONE] = (float) (-6 * Math.sin(frequency));
        }
      }
      case "0.k_proj" -> {
        for (int pair = 0; pair < PAIRS; pair++) {
          w[row(PREVIOUS, pair) * HIDDEN + ONE] = 1;
        }
      }
      case "0.v_proj" -> put(w, HIDDEN, row(PREVIOUS, 0), 0, 1);
      case "0.o_proj" -> put(w, HEADS * HEAD_DIM, BEFORE, row(PREVIOUS, 0), 1 / 6.3);
      case "1.q_proj" -> RETRIEVING.forEach(head -> putSlow(w, head, 0));
      case "1.k_proj" -> RETRIEVING.forEach(head -> putSlow(w, head, BEFORE));
      case "1.v_proj" -> RETRIEVING.forEach(head -> put(w, HIDDEN, row(head, 0), 0, 1));
      case "1.o_proj" -> RETRIEVING.forEach(head -> put(w, HEADS * HEAD_DIM, NEXT, row(head, 0), 0.5));
      default -> { }
    }
  }

  private static int row(Head head, int i) {
    return head.head() * HEAD_DIM + i;
  }

  /** {@code gain} for every token from row {@code toRow}, column {@code toColumn} down the diagonal. */
  private static void put(float[] w, int columns, int toRow, int toColumn, double gain) {
    for (int token = 0; token < VOCABULARY; token++) {
      w[(toRow + token) * columns + toColumn + token] = (float) gain;
    }
  }

  /** The tokens' one-hot block at {@code from} into a head's slow components. */
  private static void putSlow(float[] w, Head head, int from) {
    for (int token = 0; token < VOCABULARY; token++) {
      int component = SLOW + token / 2 + token % 2 * PAIRS;
      w[row(head, component) * HIDDEN + from + token] = 2.5f;
    }
  }

  /** Prompts where every token stands once, and then one of them again; the answer is the five that followed it. */
  static List<TokenSample> trials(int count) {
    var random = new Random(7);
    var trials = new ArrayList<TokenSample>();
    for (int i = 0; i < count; i++) {
      var tokens = new ArrayList<>(IntStream.range(1, VOCABULARY).boxed().toList());
      Collections.shuffle(tokens, random);
      int cue = 1 + random.nextInt(tokens.size() - ANSWER);
      tokens.add(0, 0); // nothing stands before the first token, so nobody asks for it
      tokens.add(tokens.get(cue));
      trials.add(new TokenSample("t" + i, tokens.stream().mapToInt(t -> t).toArray(), null,
          List.of(new Span("answer", cue + 1, cue + 1 + ANSWER)), null, null));
    }
    return trials;
  }

  /** The share of right tokens in the answers. */
  static Task task(int count, int sequences) {
    var trials = trials(count);
    return new Task(trials.stream().map(TokenSample::tokens).toList(),
        new GreedyDecoder.Options(ANSWER, Set.of(), sequences), (prompt, generated) -> {
          int from = trials.get(prompt).spans().get(0).start();
          return IntStream.range(0, ANSWER).filter(i -> generated[i] == trials.get(prompt).tokens()[from + i]).count()
              / (double) ANSWER;
        });
  }
}
