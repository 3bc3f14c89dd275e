package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsAttentionShape;
import java.util.Arrays;
import org.bytedeco.javacpp.LongPointer;

/**
 * Sizes of causal attention with grouped heads: query head h reads key/value head h / (heads / kvHeads).
 *
 * @param headDim a multiple of 8, at most 256; on a GPU 16, 32, 64 or 128
 * @param starts first token of each document, then {@code tokens}; empty for one document. Attention stays inside them
 * @param window keys that a row may see, itself included; 0 for all
 * @param scale of the scores q·k; 0 for 1/√headDim
 */
public record AttentionShape(long tokens, long heads, long kvHeads, long headDim, long[] starts, long window,
    double scale) {
  /** One document, all keys, the usual scale. */
  public static AttentionShape of(long tokens, long heads, long kvHeads, long headDim) {
    return new AttentionShape(tokens, heads, kvHeads, headDim, new long[0], 0, 0);
  }

  /** Documents of these lengths, one after another. */
  public AttentionShape withDocuments(long... lengths) {
    var bounds = new long[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      bounds[i + 1] = bounds[i] + lengths[i];
    }
    return new AttentionShape(tokens, heads, kvHeads, headDim, bounds, window, scale);
  }

  public AttentionShape withWindow(long keys) {
    return new AttentionShape(tokens, heads, kvHeads, headDim, starts, keys, scale);
  }

  public AttentionShape withScale(double scale) {
    return new AttentionShape(tokens, heads, kvHeads, headDim, starts, window, scale);
  }

  void fill(LsAttentionShape struct) {
    struct.tokens(tokens).heads(heads).kv_heads(kvHeads).head_dim(headDim).window(window).scale(scale);
    if (starts.length > 0) {
      struct.documents(starts.length - 1).starts(new LongPointer(starts));
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AttentionShape that && tokens == that.tokens && heads == that.heads
        && kvHeads == that.kvHeads && headDim == that.headDim && window == that.window
        && Double.compare(scale, that.scale) == 0 && Arrays.equals(starts, that.starts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(new long[] {tokens, heads, kvHeads, headDim, window, Arrays.hashCode(starts)});
  }
}
