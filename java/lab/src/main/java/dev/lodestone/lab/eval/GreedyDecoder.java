package dev.lodestone.lab.eval;

import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Decoder.StepOptions;
import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.RopeConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Decodes many prompts greedily. Each is read in a pass of its own; then several are continued in lockstep, so that the
 * weights are read once for all of them: decoding is bound by memory. A prompt that ends makes room for the next one.
 * The tokens do not depend on which prompts go together.
 */
public final class GreedyDecoder {
  /**
   * When to stop, and how many at a time.
   *
   * @param maxNewTokens at most so many tokens a prompt
   * @param endTokens a token of these ends the answer; it is part of what was generated
   * @param sequences prompts in lockstep; fewer where memory does not hold them
   */
  public record Options(int maxNewTokens, Set<Integer> endTokens, int sequences) {
    /** Prompts in lockstep unless something else is said. */
    public static final int SEQUENCES = 8;

    public Options {
      if (maxNewTokens < 1 || sequences < 1) {
        throw new IllegalArgumentException("expected at least one token and sequence: " + maxNewTokens + ", "
            + sequences);
      }
      endTokens = Set.copyOf(endTokens);
    }

    public static Options of(int maxNewTokens, Set<Integer> endTokens) {
      return new Options(maxNewTokens, endTokens, SEQUENCES);
    }
  }

  /** Hears what happens; prompts are named by their index. */
  public interface Listener {
    /**
     * What to measure of the row that writes the next token; null for nothing. {@code row} is its index in the pass.
     */
    default Probe probe(int prompt, int row) {
      return null;
    }

    /** The statistics of the row that wrote the prompt's n-th token; null if none were asked for. */
    default void row(int prompt, int n, ProbeResult statistics) {}

    /** A prompt is done; {@code generated} holds its tokens, the end token included. */
    void finished(int prompt, int[] generated);
  }

  private final Model model;
  private final List<int[]> prompts;
  private final Options options;
  private final Listener listener;
  private final HeadEditor.Source edits;
  private final int[][] generated;
  private final int[] counts;

  private GreedyDecoder(
      Model model, List<int[]> prompts, Options options, HeadEditor.Source edits, Listener listener) {
    this.model = model;
    this.prompts = prompts;
    this.options = options;
    this.edits = edits;
    this.listener = listener;
    generated = new int[prompts.size()][options.maxNewTokens()];
    counts = new int[prompts.size()];
  }

  /** Decodes all prompts; they finish in any order, so the listener is told which. */
  public static void decode(Model model, List<int[]> prompts, Options options, Listener listener) {
    decode(model, prompts, options, HeadEditor.NONE, listener);
  }

  /** The same with edits of heads in every pass. */
  public static void decode(
      Model model, List<int[]> prompts, Options options, HeadEditor.Source edits, Listener listener) {
    if (!prompts.isEmpty()) {
      new GreedyDecoder(model, prompts, options, edits, listener).run();
    }
  }

  /** The tokens of every prompt, in the order of the prompts. */
  public static List<int[]> decode(Model model, List<int[]> prompts, Options options) {
    int[][] all = new int[prompts.size()][];
    decode(model, prompts, options, (prompt, tokens) -> all[prompt] = tokens);
    return List.of(all);
  }

  private void run() {
    int longest = prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
    int[] all = IntStream.range(0, prompts.size()).toArray();
    if (frequenciesFollowLength(model.config(), longest + options.maxNewTokens())) {
      for (int prompt : all) { // each with the frequencies of its own length
        run(new int[] {prompt}, prompts.get(prompt).length + options.maxNewTokens(), 1);
      }
    } else {
      int capacity = longest + options.maxNewTokens();
      run(all, capacity, sequences(model, Math.min(options.sequences(), prompts.size()), longest, capacity, edits));
    }
  }

  /** Dynamic RoPE takes its frequencies from the decoder's capacity once that exceeds the trained length. */
  static boolean frequenciesFollowLength(ModelConfig config, int capacity) {
    return config.rope().type() == RopeConfig.Type.DYNAMIC && capacity > config.rope().originalPositions();
  }

  /**
   * As many of the wanted sequences as memory holds, at least one (which the engine refuses if even that is too much).
   */
  static int sequences(Model model, int wanted, int longest, int capacity, HeadEditor.Source edits) {
    int count = wanted;
    for (; count > 1; count--) {
      MemoryPlan plan = model.plan(Mode.INFERENCE, longest, count, capacity);
      long needed = plan.total() - plan.parameters() + edits.bytes(longest, count, capacity);
      if (needed <= plan.available()) { // the parameters are in memory already
        break;
      }
    }
    return count;
  }

  private void run(int[] queue, int capacity, int sequences) {
    try (var decoder = Decoder.open(model, sequences, capacity); var editor = edits.open(sequences, capacity)) {
      int[] promptOf = new int[sequences];
      Arrays.fill(promptOf, -1);
      int next = 0;
      while (true) {
        for (int s = 0; s < sequences; s++) {
          while (promptOf[s] < 0 && next < queue.length) {
            promptOf[s] = prefill(decoder, editor, s, queue[next++]);
          }
        }
        int[] active = IntStream.range(0, sequences).filter(s -> promptOf[s] >= 0).toArray();
        if (active.length == 0) {
          return;
        }
        step(decoder, editor, active, promptOf);
      }
    }
  }

  /** Reads a prompt into a sequence; −1 if its first token ends it. */
  private int prefill(Decoder decoder, HeadEditor editor, int sequence, int prompt) {
    int[] ids = prompts.get(prompt);
    Probe probe = listener.probe(prompt, ids.length - 1);
    Pass pass = Pass.of().edits(editor.prompt(sequence, ids));
    var read = decoder.prefill(sequence, ids, probe == null ? pass : pass.probe(probe));
    return accept(prompt, read.next(), read.result().probe()) ? prompt : -1;
  }

  private void step(Decoder decoder, HeadEditor editor, int[] active, int[] promptOf) {
    int[] ids = new int[active.length];
    List<Probe> probes = new ArrayList<>();
    for (int i = 0; i < active.length; i++) {
      int prompt = promptOf[active[i]];
      ids[i] = generated[prompt][counts[prompt] - 1];
      probes.add(listener.probe(prompt, 0));
    }
    boolean probed = probes.stream().anyMatch(p -> p != null);
    var step = StepOptions.NONE.withEdits(editor.step(active, ids));
    var result = decoder.step(active, ids, probed ? step.withProbes(probes) : step);
    for (int i = 0; i < active.length; i++) {
      int prompt = promptOf[active[i]];
      if (!accept(prompt, result.next()[i], probed ? result.probe(i) : null)) {
        promptOf[active[i]] = -1;
      }
    }
  }

  /** Takes a prompt's next token; false if that was its last. */
  private boolean accept(int prompt, int token, ProbeResult statistics) {
    listener.row(prompt, counts[prompt], statistics);
    generated[prompt][counts[prompt]++] = token;
    if (counts[prompt] < options.maxNewTokens() && !options.endTokens().contains(token)) {
      return true;
    }
    listener.finished(prompt, Arrays.copyOf(generated[prompt], counts[prompt]));
    generated[prompt] = null;
    return false;
  }
}
