package dev.lodestone.lab.intervene;

import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.eval.HeadEditor;
import dev.lodestone.lab.probe.Knockout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes heads while prompts are decoded. What {@code mean} puts in the place of a head's output is one vector a
 * prompt: the mean of that output over all rows of the prompt, in a pass of its own where the heads below it are
 * removed already. Generated rows get the same vector.
 */
final class KnockoutEditor implements HeadEditor {
  private final Model model;
  private final Knockout knockout;
  private final Rows rows;
  /** For {@code mean}: the vectors of each sequence's prompt. */
  private final List<Map<Head, float[]>> means;

  private KnockoutEditor(Model model, Knockout knockout, Rows rows, int sequences) {
    this.model = model;
    this.knockout = knockout;
    this.rows = rows;
    means = new ArrayList<>(Collections.nCopies(sequences, null));
  }

  static Source of(Model model, Knockout knockout, Rows rows) {
    return new Source() {
      @Override
      public HeadEditor open(int sequences, int capacity) {
        return new KnockoutEditor(model, knockout, rows, sequences);
      }

      @Override
      public boolean leavesPrompts() {
        return rows == Rows.ANSWER;
      }

      @Override
      public long bytes(int longestPrompt, int sequences, int capacity) {
        if (knockout.mode() != Knockout.Mode.MEAN) {
          return 0;
        }
        var pass = model.plan(Mode.INFERENCE, longestPrompt, 0, 0);
        return pass.total() - pass.parameters();
      }
    };
  }

  @Override
  public List<Edit> prompt(int sequence, int[] ids) {
    int first = rows.first(ids.length);
    List<Edit> edits = knockout.edits().stream().map(edit -> edit.from(first)).toList();
    if (knockout.mode() != Knockout.Mode.MEAN) {
      return edits;
    }
    var pass = model.forward(Batch.of(ids), Pass.of().edits(edits).capture(knockout.heads()));
    Map<Head, float[]> found = new LinkedHashMap<>();
    int d = model.config().headDim();
    for (Head head : knockout.heads()) { // the last row holds the mean already
      found.put(head, Arrays.copyOfRange(pass.captured(head), (ids.length - 1) * d, ids.length * d));
    }
    means.set(sequence, found);
    return knockout.heads().stream().map(head -> Edit.mean(head, found.get(head)).from(first)).toList();
  }

  @Override
  public void prefix(int sequence, int[] ids) {
    if (knockout.mode() == Knockout.Mode.MEAN) {
      prompt(sequence, ids);
    }
  }

  @Override
  public List<Edit> step(int[] sequences, int[] ids) {
    if (knockout.mode() != Knockout.Mode.MEAN) {
      return knockout.edits();
    }
    int d = model.config().headDim();
    return knockout.heads().stream().map(head -> {
      float[] values = new float[sequences.length * d];
      for (int i = 0; i < sequences.length; i++) {
        System.arraycopy(means.get(sequences[i]).get(head), 0, values, i * d, d);
      }
      return Edit.replace(head, values);
    }).toList();
  }
}
