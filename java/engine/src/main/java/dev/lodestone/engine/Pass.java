package dev.lodestone.engine;

import dev.lodestone.heads.Head;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/** What a pass does beside running: edits of heads, and what it hands back. {@code Pass.of()} asks for nothing. */
public final class Pass {
  List<Edit> edits = List.of();
  List<Head> captures = List.of();
  Probe probe;
  int[] logitRows = {};
  boolean allLogits;
  boolean loss;

  private Pass() {}

  public static Pass of() {
    return new Pass();
  }

  public Pass edits(List<Edit> edits) {
    this.edits = List.copyOf(edits);
    return this;
  }

  /** Hands back the outputs of these heads before the output projection, after edits. */
  public Pass capture(List<Head> heads) {
    this.captures = List.copyOf(heads);
    return this;
  }

  public Pass probe(Probe probe) {
    this.probe = probe;
    return this;
  }

  /** Hands back the logits of these rows. */
  public Pass logitRows(int... rows) {
    this.logitRows = rows.clone();
    this.allLogits = false;
    return this;
  }

  /** Hands back the logits of all rows. */
  public Pass allLogits() {
    this.allLogits = true;
    return this;
  }

  /** Hands back the mean loss; the batch must have labels. */
  public Pass loss() {
    this.loss = true;
    return this;
  }

  /**
   * What a pass handed back.
   *
   * @param logits direct buffer (rows asked for, vocabulary), or null
   * @param loss weighted mean over the labelled tokens; NaN if not asked for
   * @param captures by head: (tokens, head_dim)
   * @param probe null if there was none
   */
  public record Result(FloatBuffer logits, double loss, Map<Head, float[]> captures, ProbeResult probe) {
    /** The output of a captured head, (tokens, head_dim). */
    public float[] captured(Head head) {
      var values = captures.get(head);
      if (values == null) {
        throw new EngineException(EngineException.INVALID,
            "head " + head + " was not captured by this pass; captured: " + captures.keySet());
      }
      return values;
    }
  }
}
