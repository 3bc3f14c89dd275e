package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptBuilder;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Span;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * RULER's needles in a haystack (Hsieh et al. 2024, arXiv 2404.06654; needle, prompt, numbers of needles and grid of
 * depths are those of its published code, Apache-2.0). Sentences say which magic value belongs to a key; all values of
 * the keys in question are asked for. The first needle runs through the depths, the others stand where chance puts them
 * on the same grid; then come the context lengths.
 *
 * <p>Spans: {@code needle} for each sentence that is asked for, {@code answer} for its value, {@code distractor:i} for
 * sentences with other keys, i from 1 in the order of the text, {@code query} for each key in the question.
 */
public final class RulerTask implements Generator {
  /** The published variants. */
  public enum Variant {
    /** One key, one value. */
    SINGLE,
    /** Several keys, one is asked for. */
    MULTI_KEY,
    /** One key with several values. */
    MULTI_VALUE,
    /** Several keys, all are asked for. */
    MULTI_QUERY;

    /** Reads {@code single}, {@code multi_key}, {@code multi_value} or {@code multi_query}. */
    public static Variant parse(String name) {
      return Axes.parse(values(), "a variant", name);
    }
  }

  /**
   * What the samples are made of.
   *
   * @param needles sentences of a sample, 4 as published; not used for {@code SINGLE}
   * @param lengths of the whole prompt; never exceeded
   * @param depths number of depths, from 0 to 100 % in equal steps; 40 as published
   * @param haystack {@code REAL}: a text; {@code REPEATED}: the same line over and over; {@code VARIED}: needles with
   *     other keys
   */
  public record Options(Variant variant, int needles, RulerWords keys, RulerWords values, List<Budget> lengths,
      int depths, Haystack haystack, ChatTemplate chat, long seed) {
    public Options {
      lengths = List.copyOf(lengths);
    }
  }

  private static final int MOST_NEEDLES = 1000;

  private final Options options;
  private final HaystackText haystack;
  private final String separator;
  private final List<SentenceSizes> sizes; // by length

  /** @param haystack not used for {@code VARIED} */
  public RulerTask(Options options, HaystackText haystack) {
    NeedleTask.requireGrid(options.lengths(), options.depths());
    if (options.needles() < 1 || options.needles() > MOST_NEEDLES) {
      throw new LodestoneException("Expected 1 to " + MOST_NEEDLES + " needles but found " + options.needles() + ".");
    }
    this.options = options;
    this.haystack = haystack;
    separator = options.haystack() == Haystack.REAL ? " " : "\n";
    sizes = options.lengths().stream().map(budget -> new SentenceSizes(haystack, budget)).toList();
  }

  /** With the text that comes with Lodestone. */
  public static RulerTask builtin(Options options) {
    return new RulerTask(options, options.haystack() == Haystack.REAL ? HaystackText.builtin()
        : new HaystackText(List.of(String.join(" ", HaystackText.filler().sentences())), true));
  }

  @Override
  public String task() {
    return "niah";
  }

  @Override
  public Sample sample(long index) {
    var random = new SplitMix(options.seed(), index);
    int length = (int) (index / options.depths() % options.lengths().size());
    var budget = options.lengths().get(length);
    var needles = new RulerNeedles(options, random, Axes.depth(index, options.depths()));
    boolean endless = isVaried() || haystack.endless();
    int start = endless ? 0 : random.nextInt(haystack.sentences().size());
    int most = endless ? Integer.MAX_VALUE / 2 : haystack.sentences().size();
    var fit = Fit.largest(most, budget.limit(),
        i -> isVaried() ? budget.estimate(separator + needles.other(i).text())
            : sizes.get(length).size(separator, start + (long) i),
        n -> render(index, needles, start, n), sample -> budget.measure(sample.prompt()));
    fit.requireRoom(budget, "the question and the needles alone");
    if (fit.count() == most) {
      throw haystack.tooShort(budget, fit.size());
    }
    var meta = fit.value().meta().put("seed", options.seed()).put("index", index)
        .put("needle", Axes.id(Needle.TEMPLATED)).put("haystack", Axes.id(options.haystack()))
        .put("variant", Axes.id(options.variant())).put("keys", Axes.id(options.keys()))
        .put("values", Axes.id(options.values())).put("context_length", budget.limit())
        .put("depth", needles.hidden.get(0).depth()).put(budget.unit(), fit.size()).put("sentences", fit.count());
    var depths = meta.putArray("depths");
    needles.hidden.forEach(h -> depths.add(h.depth()));
    return fit.value();
  }

  private boolean isVaried() {
    return options.haystack() == Haystack.VARIED;
  }

  private Sample render(long index, RulerNeedles needles, int start, int sentences) {
    boolean one = needles.answers.size() == 1;
    var kinds = Axes.id(options.values());
    var kind = one ? kinds.substring(0, kinds.length() - 1) : kinds;
    var prompt = new PromptBuilder();
    prompt.add(one ? "A special magic " + kind + " is" : "Some special magic " + kind + " are")
        .add(" hidden within the following text. Make sure to memorize it. I will quiz you about the " + kind
            + " afterwards.\n");
    IntFunction<Hidden> sentence =
        i -> isVaried() ? needles.other(i) : Hidden.plain(haystack.sentence(start + (long) i));
    Hidden.add(prompt, sentences, sentence, needles.hidden, separator);
    prompt.add(one ? "\nWhat is" : "\nWhat are all").add(" the special magic " + kind + " for ");
    addKeys(prompt, needles.asked);
    prompt.add(" mentioned in the provided text?");
    var made = prompt.build("niah-" + index, task(), needles.answers, Json.mapper().createObjectNode());
    // The original begins the model's answer: behind the turn's start if there is one.
    var answer = "The special magic " + kind + " for " + list(needles.asked) + " mentioned in the provided text "
        + (one ? "is" : "are");
    var chat = options.chat();
    return new ChatTemplate(chat.prefix(), chat.suffix() + (chat.suffix().isEmpty() ? " " : "") + answer)
        .wrap(numbered(made));
  }

  private static void addKeys(PromptBuilder prompt, List<String> keys) {
    for (int i = 0; i < keys.size(); i++) {
      prompt.add(i == 0 ? "" : i == keys.size() - 1 ? ", and " : ", ").add("query", keys.get(i));
    }
  }

  private static String list(List<String> keys) {
    int last = keys.size() - 1;
    return last == 0 ? keys.get(0) : String.join(", ", keys.subList(0, last)) + ", and " + keys.get(last);
  }

  /** Distractors by their place in the text. */
  private static Sample numbered(Sample sample) {
    List<Span> spans = new ArrayList<>(sample.spans());
    int distractors = 0;
    for (int i = 0; i < spans.size(); i++) {
      var span = spans.get(i);
      if (span.name().equals("distractor")) {
        spans.set(i, new Span("distractor:" + ++distractors, span.start(), span.end()));
      }
    }
    return new Sample(sample.id(), sample.task(), sample.prompt(), sample.answers(), spans, sample.meta());
  }
}
