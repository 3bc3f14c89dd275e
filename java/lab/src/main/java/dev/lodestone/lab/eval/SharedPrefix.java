package dev.lodestone.lab.eval;

import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Decodes the same prompts greedily several times over, each time with other edits of heads that begin at a prompt's
 * last row ({@link HeadEditor.Source#leavesPrompts}): what stands before that row is read once for all of them. The
 * last row is a decoding step here, so that its numbers are rounded as those of generated rows.
 */
public final class SharedPrefix {
  /** Hears that a prompt, named by its index, was answered with the edits of that index. */
  @FunctionalInterface
  public interface Listener {
    void finished(int variant, int prompt, int[] generated);
  }

  private final List<int[]> prompts;
  private final GreedyDecoder.Options options;
  private final List<HeadEditor.Source> variants;
  private final Listener listener;

  private SharedPrefix(
      List<int[]> prompts, GreedyDecoder.Options options, List<HeadEditor.Source> variants, Listener listener) {
    this.prompts = prompts;
    this.options = options;
    this.variants = variants;
    this.listener = listener;
  }

  /** @param variants all of them leave the rows of prompts alone but the last */
  public static void decode(Model model, List<int[]> prompts, GreedyDecoder.Options options,
      List<HeadEditor.Source> variants, Listener listener) {
    if (!variants.stream().allMatch(HeadEditor.Source::leavesPrompts)) {
      throw new IllegalArgumentException("expected edits that leave prompts alone");
    }
    new SharedPrefix(prompts, options, variants, listener).run(model);
  }

  private void run(Model model) {
    int longest = prompts.stream().mapToInt(p -> p.length).max().orElse(0);
    int capacity = longest + options.maxNewTokens();
    if (GreedyDecoder.frequenciesFollowLength(model.config(), capacity)) {
      for (int prompt = 0; prompt < prompts.size(); prompt++) { // each with the frequencies of its own length
        run(model, prompt, prompt + 1, prompts.get(prompt).length + options.maxNewTokens(), 1);
      }
    } else if (!prompts.isEmpty()) {
      int wanted = Math.min(options.sequences(), prompts.size());
      var largest = variants.stream().max(Comparator.comparingLong(v -> v.bytes(longest, wanted, capacity)));
      run(model, 0, prompts.size(), capacity,
          GreedyDecoder.sequences(model, wanted, longest, capacity, largest.orElse(HeadEditor.NONE)));
    }
  }

  private void run(Model model, int from, int to, int capacity, int sequences) {
    try (var decoder = Decoder.open(model, sequences, capacity)) {
      for (int first = from; first < to; first += sequences) {
        int count = Math.min(sequences, to - first);
        for (int s = 0; s < count; s++) {
          int[] ids = prompts.get(first + s);
          if (ids.length > 1) {
            decoder.prefill(s, Arrays.copyOf(ids, ids.length - 1), Pass.of());
          }
        }
        for (int variant = 0; variant < variants.size(); variant++) {
          try (var editor = variants.get(variant).open(sequences, capacity)) {
            answer(decoder, editor, variant, first, count);
          }
        }
      }
    }
  }

  private void answer(Decoder decoder, HeadEditor editor, int variant, int first, int count) {
    int[] next = new int[count];
    for (int s = 0; s < count; s++) {
      int[] ids = prompts.get(first + s);
      decoder.truncate(s, ids.length - 1);
      editor.prefix(s, ids);
      next[s] = ids[ids.length - 1];
    }
    int[][] generated = new int[count][0];
    int[] active = IntStream.range(0, count).toArray();
    while (active.length > 0) {
      int[] ids = Arrays.stream(active).map(s -> next[s]).toArray();
      var step = decoder.step(active, ids, StepOptions.NONE.withEdits(editor.step(active, ids)));
      for (int i = 0; i < active.length; i++) {
        int s = active[i];
        next[s] = step.next()[i];
        generated[s] = Arrays.copyOf(generated[s], generated[s].length + 1);
        generated[s][generated[s].length - 1] = next[s];
        if (ended(generated[s], next[s])) {
          listener.finished(variant, first + s, generated[s]);
        }
      }
      active = Arrays.stream(active).filter(s -> !ended(generated[s], next[s])).toArray();
    }
  }

  private boolean ended(int[] generated, int last) {
    return generated.length == options.maxNewTokens() || options.endTokens().contains(last);
  }
}
