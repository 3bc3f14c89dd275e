package dev.lodestone.lab.intervene;

import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.engine.Edit;
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
  private final Donor donor;
  private final Decoder decoder;
  private final List<Head> heads;
  private final Rows rows;

  private DonorEditor(Donor donor, Decoder decoder, List<Head> heads, Rows rows) {
    this.donor = donor;
    this.decoder = decoder;
    this.heads = heads;
    this.rows = rows;
  }

  static Source of(Donor donor, List<Head> heads, Rows rows) {
    return new Source() {
      @Override
      public HeadEditor open(int sequences, int capacity) {
        return new DonorEditor(donor, donor.open(sequences, capacity), heads, rows);
      }

      @Override
      public boolean leavesPrompts() {
        return rows == Rows.ANSWER;
      }

      @Override
      public long bytes(int longestPrompt, int sequences, int capacity) {
        return donor.bytes(longestPrompt, sequences, capacity);
      }
    };
  }

  @Override
  public List<Edit> prompt(int sequence, int[] ids) {
    int first = rows.first(ids.length);
    return edits(donor.prompt(sequence, ids, Pass.of().capture(heads))).stream().map(edit -> edit.from(first)).toList();
  }

  @Override
  public void prefix(int sequence, int[] ids) {
    donor.prefix(sequence, ids);
  }

  @Override
  public List<Edit> step(int[] sequences, int[] ids) {
    return edits(decoder.step(sequences, ids, StepOptions.NONE.withCaptures(heads)).pass());
  }

  private List<Edit> edits(Pass.Result from) {
    return heads.stream().map(head -> Edit.replace(head, from.captured(head))).toList();
  }
}
