package dev.lodestone.lab.intervene;

import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.heads.Head;
import dev.lodestone.lab.eval.HeadEditor;
import java.util.List;

/**
 * Puts head outputs of a donor, before the output projection, into a receiver (cross-model activation patching, Prakash
 * et al. 2024, arXiv 2402.14811). The donor reads the receiver's tokens along, the generated ones too, and is itself
 * not changed. Which rows are patched is our choice: no source says it for answers of several tokens.
 */
final class DonorEditor implements HeadEditor {
  private final Decoder donor;
  private final List<Head> heads;
  private final Rows rows;

  private DonorEditor(Decoder donor, List<Head> heads, Rows rows) {
    this.donor = donor;
    this.heads = heads;
    this.rows = rows;
  }

  static Source of(Model donor, List<Head> heads, Rows rows) {
    return new Source() {
      @Override
      public HeadEditor open(int sequences, int capacity) {
        return new DonorEditor(Decoder.open(donor, sequences, capacity), heads, rows);
      }

      @Override
      public long bytes(int longestPrompt, int sequences, int capacity) {
        var plan = donor.plan(Mode.INFERENCE, longestPrompt, sequences, capacity);
        return plan.total() - plan.parameters();
      }
    };
  }

  @Override
  public List<Edit> prompt(int sequence, int[] ids) {
    var read = donor.prefill(sequence, ids, Pass.of().capture(heads));
    int first = rows.first(ids.length);
    return edits(read.result()).stream().map(edit -> edit.from(first)).toList();
  }

  @Override
  public List<Edit> step(int[] sequences, int[] ids) {
    return edits(donor.step(sequences, ids, StepOptions.NONE.withCaptures(heads)).pass());
  }

  private List<Edit> edits(Pass.Result from) {
    return heads.stream().map(head -> Edit.replace(head, from.captured(head))).toList();
  }

  @Override
  public void close() {
    donor.close();
  }
}
