package dev.lodestone.synth;

import dev.lodestone.data.Span;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The sentences of one sample of {@link RulerTask}: no key and no value stands in two of them by chance. */
final class RulerNeedles {
  private final RulerTask.Options options;
  private final SplitMix random;
  private final Set<String> used = new HashSet<>();
  private final List<Hidden> others = new ArrayList<>(); // grows as far as it is asked for

  /** Keys in question. */
  final List<String> asked = new ArrayList<>();
  /** Values of the keys in question. */
  final List<String> answers = new ArrayList<>();
  /** Those in question first. */
  final List<Hidden> hidden = new ArrayList<>();

  /** @param depth of the first needle */
  RulerNeedles(RulerTask.Options options, SplitMix random, int depth) {
    this.options = options;
    this.random = random;
    int needles = options.variant() == RulerTask.Variant.SINGLE ? 1 : options.needles();
    var depths = depths(needles, depth);
    for (int i = 0; i < needles; i++) {
      boolean newKey = i == 0 || options.variant() != RulerTask.Variant.MULTI_VALUE;
      boolean isAsked = i == 0 || options.variant() != RulerTask.Variant.MULTI_KEY;
      var key = newKey ? fresh(options.keys()) : asked.get(0);
      var value = fresh(options.values());
      hidden.add(isAsked ? sentence(key, value, depths.get(i)) : other(key, value, depths.get(i)));
      if (isAsked) {
        answers.add(value);
      }
      if (isAsked && newKey) {
        asked.add(key);
      }
    }
  }

  /** Sentence i of a haystack of needles with other keys. */
  Hidden other(int i) {
    while (others.size() <= i) {
      others.add(other(fresh(options.keys()), fresh(options.values()), 0));
    }
    return others.get(i);
  }

  /** The first is given; the others are drawn from the rest of the grid, from all of it when none is left. */
  private List<Integer> depths(int count, int first) {
    List<Integer> rest = new ArrayList<>();
    List<Integer> depths = new ArrayList<>(List.of(first));
    while (depths.size() < count) {
      if (rest.isEmpty()) {
        for (int i = 0; i < options.depths(); i++) {
          rest.add(Axes.depth(i, options.depths()));
        }
        rest.removeIf(d -> depths.size() == 1 && d == first && options.depths() > 1);
      }
      depths.add(rest.remove(random.nextInt(rest.size())));
    }
    return depths;
  }

  private Hidden sentence(String key, String value, int depth) {
    var text = text(key, value);
    return Hidden.of(text, "needle", "answer", text.length() - 1 - value.length(), value.length(), depth);
  }

  private Hidden other(String key, String value, int depth) {
    var text = text(key, value);
    return new Hidden(text, List.of(new Span("distractor", 0, text.length())), depth);
  }

  private String text(String key, String value) {
    return "One of the special magic " + Axes.id(options.values()) + " for " + key + " is: " + value + ".";
  }

  private String fresh(RulerWords kind) {
    String drawn = kind.draw(random);
    while (!used.add(drawn)) {
      drawn = kind.draw(random);
    }
    return drawn;
  }
}
