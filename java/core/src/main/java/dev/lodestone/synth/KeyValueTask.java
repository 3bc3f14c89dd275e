package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.KeyValuePrompt;
import dev.lodestone.data.KeyValuePrompt.Pair;
import dev.lodestone.data.Sample;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * Key-value retrieval (Liu et al. 2023, Lost in the Middle): a JSON object of random UUIDs, the value of one key is
 * asked for. Prompt and spans: {@link KeyValuePrompt}. Samples run through the depths of the pair.
 */
public final class KeyValueTask implements Generator {
  /**
   * What the samples are made of.
   *
   * @param pairs of the object; 0 for as many as fit into the length
   * @param length of the whole prompt, never exceeded; {@link Budget#none} for any, if pairs are given
   * @param depths number of places of the pair, from the first to the last in equal steps
   * @param queryAware whether the key is named before the data too
   */
  public record Options(int pairs, Budget length, int depths, boolean queryAware, ChatTemplate chat, long seed) {}

  private static final int MOST_PAIRS = 1 << 24;

  private final Options options;

  public KeyValueTask(Options options) {
    if (options.pairs() < 0 || options.pairs() > MOST_PAIRS || options.depths() < 1) {
      throw new LodestoneException("Expected 0 to " + MOST_PAIRS + " pairs and at least one depth but found "
          + options.pairs() + " and " + options.depths() + ".");
    }
    if (!options.length().isLimited() && options.pairs() == 0) {
      throw new LodestoneException("Expected a context length or a number of pairs for the task kv but found neither.");
    }
    this.options = options;
  }

  @Override
  public String task() {
    return "kv";
  }

  @Override
  public Sample sample(long index) {
    var random = new SplitMix(options.seed(), index);
    int depth = Axes.depth(index, options.depths());
    var gold = pair(random);
    List<Pair> others = new ArrayList<>(); // grows as far as it is asked for
    var budget = options.length();
    if (options.pairs() > 0) {
      return checked(render(index, gold, others, options.pairs() - 1, depth, random));
    }
    var fit = Fit.largest(MOST_PAIRS - 1, budget.limit(), i -> size(other(others, i, random)),
        n -> render(index, gold, others, n, depth, random), sample -> budget.measure(sample.prompt()));
    fit.requireRoom(budget, "1 pair");
    fit.value().meta().put("context_length", budget.limit()).put(budget.unit(), fit.size());
    return fit.value();
  }

  /** A given number of pairs must fit as it is. */
  private Sample checked(Sample sample) {
    var budget = options.length();
    if (budget.isLimited()) {
      int found = budget.measure(sample.prompt());
      if (found > budget.limit()) {
        throw new LodestoneException("Expected a context length of at least " + found + " " + budget.unit() + " for "
            + options.pairs() + " pairs but found " + budget.limit() + ".");
      }
      sample.meta().put("context_length", budget.limit()).put(budget.unit(), found);
    }
    return sample;
  }

  /** What a pair adds to a prompt, about. */
  private int size(Pair pair) {
    return options.length().estimate("\n \"" + pair.key() + "\": \"" + pair.value() + "\",");
  }

  private static Pair other(List<Pair> others, int i, SplitMix random) {
    while (others.size() <= i) {
      others.add(pair(random));
    }
    return others.get(i);
  }

  private Sample render(long index, Pair gold, List<Pair> others, int count, int depth, SplitMix random) {
    if (count > 0) {
      other(others, count - 1, random);
    }
    int place = (int) Math.round(count * (depth / 100.0));
    List<Pair> pairs = new ArrayList<>(others.subList(0, count));
    pairs.add(place, gold);
    var meta = Json.mapper().createObjectNode().put("seed", options.seed()).put("index", index)
        .put("needle", Axes.id(Needle.SYMBOLIC)).put("haystack", Axes.id(Haystack.VARIED)).put("pairs", count + 1)
        .put("gold", place).put("depth", depth);
    return options.chat().wrap(KeyValuePrompt.render("kv-" + index, pairs, place, options.queryAware(), meta));
  }

  /** Two UUIDs of version 4. That two of 122 random bits are alike is not to be expected. */
  private static Pair pair(SplitMix random) {
    return new Pair(RulerWords.uuid(random), RulerWords.uuid(random));
  }
}
