package dev.lodestone.lab.intervene;

import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import java.util.Arrays;

/** A donor that reads a receiver's tokens along; it keeps the prefixes it has read while its heads go one way and another. */
final class Donor implements AutoCloseable {
  private final Model model;
  private Decoder decoder;
  private int sequences;
  private int capacity;
  /** The prompts whose prefixes are in the decoder. */
  private int[][] read;

  Donor(Model model) {
    this.model = model;
  }

  /** With room for so many sequences; what was read stays if there is that room already. */
  Decoder open(int sequences, int capacity) {
    if (decoder == null || this.sequences != sequences || this.capacity != capacity) {
      close();
      decoder = Decoder.open(model, sequences, capacity);
      this.sequences = sequences;
      this.capacity = capacity;
      read = new int[sequences][];
    }
    return decoder;
  }

  long bytes(int longestPrompt, int sequences, int capacity) {
    var plan = model.plan(Mode.INFERENCE, longestPrompt, sequences, capacity);
    return plan.total() - plan.parameters();
  }

  /** Reads a prompt into a sequence. */
  Pass.Result prompt(int sequence, int[] ids, Pass pass) {
    read[sequence] = null;
    return decoder.prefill(sequence, ids, pass).result();
  }

  /** Lets a sequence hold a prompt but for its last token. */
  void prefix(int sequence, int[] ids) {
    if (!Arrays.equals(ids, read[sequence]) && ids.length > 1) {
      decoder.prefill(sequence, Arrays.copyOf(ids, ids.length - 1), Pass.of());
    }
    decoder.truncate(sequence, ids.length - 1);
    read[sequence] = ids;
  }

  @Override
  public void close() {
    if (decoder != null) {
      decoder.close();
      decoder = null;
    }
  }
}
