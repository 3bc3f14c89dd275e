package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptBuilder;
import dev.lodestone.data.Sample;
import dev.lodestone.io.Json;
import java.util.List;

/**
 * A needle in a haystack (Kamradt 2023; the grid of depths as in Wu et al. 2024): a sentence hidden among others,
 * between two sentences at a given depth, and a question that only it answers. Spans: {@code needle}, {@code answer},
 * {@code query}.
 *
 * <p>Samples run through the depths first, then the needles, then the context lengths. A sample's haystack is a run of
 * sentences from a place chosen by chance, as many as fit.
 */
public final class NeedleTask implements Generator {
  /**
   * What the samples are made of.
   *
   * @param lengths of the whole prompt; never exceeded
   * @param depths number of depths, from 0 to 100 % in equal steps
   * @param needle {@code WRITTEN} or {@code TEMPLATED}
   * @param haystack {@code REAL} or {@code REPEATED}
   */
  public record Options(List<Budget> lengths, int depths, Needle needle, Haystack haystack, ChatTemplate chat,
      long seed) {
    public Options {
      lengths = List.copyOf(lengths);
    }
  }

  private static final String INSTRUCTION = "Read the text and answer the question with words from the text.\n\n";

  private final Options options;
  private final List<NeedleText> needles;
  private final HaystackText haystack;
  private final List<SentenceSizes> sizes; // by length

  /**
   * @param needles for {@code WRITTEN}; not used for {@code TEMPLATED}
   * @param haystack its sentences
   */
  public NeedleTask(Options options, List<NeedleText> needles, HaystackText haystack) {
    Axes.require("niah", "a needle", options.needle(), List.of(Needle.WRITTEN, Needle.TEMPLATED));
    Axes.require("niah", "a haystack", options.haystack(), List.of(Haystack.REAL, Haystack.REPEATED));
    requireGrid(options.lengths(), options.depths());
    this.options = options;
    this.needles = List.copyOf(needles);
    this.haystack = haystack;
    sizes = options.lengths().stream().map(budget -> new SentenceSizes(haystack, budget)).toList();
  }

  /** With the needles and the text that come with Lodestone. */
  public static NeedleTask builtin(Options options) {
    var text = options.haystack() == Haystack.REPEATED ? HaystackText.filler() : HaystackText.builtin();
    return new NeedleTask(options, NeedleText.builtin(), text);
  }

  static void requireGrid(List<Budget> lengths, int depths) {
    if (lengths.isEmpty() || depths < 1 || !lengths.stream().allMatch(Budget::isLimited)) {
      throw new LodestoneException("Expected at least one context length and one depth but found "
          + lengths.stream().filter(Budget::isLimited).count() + " and " + depths + ".");
    }
  }

  @Override
  public String task() {
    return "niah";
  }

  @Override
  public Sample sample(long index) {
    var random = new SplitMix(options.seed(), index);
    int depth = Axes.depth(index, options.depths());
    long round = index / options.depths();
    int kinds = options.needle() == Needle.TEMPLATED ? 1 : needles.size();
    var needle = options.needle() == Needle.TEMPLATED ? NeedleText.templated(random)
        : needles.get((int) (round % kinds));
    int length = (int) (round / kinds % options.lengths().size());
    var budget = options.lengths().get(length);
    int start = haystack.endless() ? 0 : random.nextInt(haystack.sentences().size());
    int most = haystack.endless() ? Integer.MAX_VALUE / 2 : haystack.sentences().size();
    var fit = Fit.largest(most, budget.limit(), i -> sizes.get(length).size(" ", start + (long) i),
        n -> render(index, needle, depth, start, n), sample -> budget.measure(sample.prompt()));
    fit.requireRoom(budget, "the question and the needle alone");
    if (fit.count() == most) {
      throw haystack.tooShort(budget, fit.size());
    }
    var sample = fit.value();
    sample.meta().put("seed", options.seed()).put("index", index).put("needle", Axes.id(options.needle()))
        .put("haystack", Axes.id(options.haystack())).put("needle_id", needle.id())
        .put("context_length", budget.limit()).put("depth", depth).put(budget.unit(), fit.size())
        .put("sentences", fit.count());
    return sample;
  }

  private Sample render(long index, NeedleText needle, int depth, int start, int sentences) {
    var hidden = Hidden.of(needle.needle(), "needle", "answer", needle.answerStart(), needle.answerLength(), depth);
    var prompt = new PromptBuilder().add(INSTRUCTION);
    Hidden.add(prompt, sentences, i -> Hidden.plain(haystack.sentence(start + (long) i)), List.of(hidden), " ");
    prompt.add("\n\nQuestion: ").add("query", needle.question()).add("\nAnswer:");
    return options.chat().wrap(
        prompt.build("niah-" + index, "niah", List.of(needle.answer()), Json.mapper().createObjectNode()));
  }
}
