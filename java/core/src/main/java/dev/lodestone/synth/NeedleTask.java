package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.PromptBuilder;
import dev.lodestone.data.Sample;
import dev.lodestone.io.Json;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.ToIntFunction;

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
   * @param contextLengths tokens of the whole prompt; never exceeded
   * @param depths number of depths, from 0 to 100 % in equal steps
   * @param needle {@code WRITTEN} or {@code TEMPLATED}
   * @param haystack {@code REAL} or {@code REPEATED}
   */
  public record Options(List<Integer> contextLengths, int depths, Needle needle, Haystack haystack, ChatTemplate chat,
      long seed) {
    public Options {
      contextLengths = List.copyOf(contextLengths);
    }
  }

  private static final String INSTRUCTION = "Read the text and answer the question with words from the text.\n\n";

  private final Options options;
  private final List<NeedleText> needles;
  private final HaystackText haystack;
  private final ToIntFunction<String> tokens;

  /**
   * @param needles for {@code WRITTEN}; not used for {@code TEMPLATED}
   * @param haystack its sentences
   * @param tokens counts the tokens of a prompt
   */
  public NeedleTask(Options options, List<NeedleText> needles, HaystackText haystack, ToIntFunction<String> tokens) {
    Axes.require("niah", "a needle", options.needle(), List.of(Needle.WRITTEN, Needle.TEMPLATED));
    Axes.require("niah", "a haystack", options.haystack(), List.of(Haystack.REAL, Haystack.REPEATED));
    if (options.contextLengths().isEmpty() || options.depths() < 1) {
      throw new LodestoneException("Expected at least one context length and one depth but found "
          + options.contextLengths().size() + " and " + options.depths() + ".");
    }
    this.options = options;
    this.needles = List.copyOf(needles);
    this.haystack = haystack;
    this.tokens = tokens;
  }

  /** With the needles and the text that come with Lodestone. */
  public static NeedleTask builtin(Options options, ToIntFunction<String> tokens) {
    var text = options.haystack() == Haystack.REPEATED ? HaystackText.filler() : HaystackText.builtin();
    return new NeedleTask(options, NeedleText.builtin(), text, tokens);
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
    var lengths = options.contextLengths();
    int contextLength = lengths.get((int) (round / kinds % lengths.size()));
    int start = haystack.endless() ? 0 : random.nextInt(haystack.sentences().size());
    int most = haystack.endless() ? Integer.MAX_VALUE / 2 : haystack.sentences().size();
    int sentences = Fit.largest(most, contextLength, n -> count(render(index, needle, depth, start, n)));
    if (sentences < 0) {
      throw new LodestoneException("Expected a context length of at least "
          + count(render(index, needle, depth, start, 0)) + " tokens, for the question and the needle alone, but found "
          + contextLength + ".");
    }
    var sample = render(index, needle, depth, start, sentences);
    int found = count(sample);
    if (sentences == most) {
      throw new LodestoneException("Expected a haystack that fills " + contextLength
          + " tokens but the whole text gives "
          + found + "; add more text with --source or use --haystack repeated.");
    }
    sample.meta().put("seed", options.seed()).put("index", index).put("needle", Axes.id(options.needle()))
        .put("haystack", Axes.id(options.haystack())).put("needle_id", needle.id()).put("context_length", contextLength)
        .put("depth", depth).put("tokens", found).put("sentences", sentences);
    return sample;
  }

  private int count(Sample sample) {
    return tokens.applyAsInt(sample.prompt());
  }

  private Sample render(long index, NeedleText needle, int depth, int start, int sentences) {
    int before = (int) Math.round(sentences * (depth / 100.0));
    var prompt = new PromptBuilder().add(INSTRUCTION);
    prompt.add(sentences(start, 0, before)).add(before > 0 ? " " : "");
    int at = prompt.position();
    var text = needle.needle();
    int answer = text.codePointCount(0, needle.answerStart());
    int end = text.codePointCount(0, needle.answerStart() + needle.answerLength());
    prompt.add("needle", text).mark("answer", at + answer, at + end).add(sentences > before ? " " : "");
    prompt.add(sentences(start, before, sentences));
    prompt.add("\n\nQuestion: ").add("query", needle.question()).add("\nAnswer:");
    return options.chat().wrap(
        prompt.build("niah-" + index, "niah", List.of(needle.answer()), Json.mapper().createObjectNode()));
  }

  /** Sentences from, from + 1, ... to - 1 of the run that begins at start. */
  private String sentences(int start, int from, int to) {
    var all = haystack.sentences();
    var piece = new StringJoiner(" ");
    for (int i = from; i < to; i++) {
      piece.add(all.get((int) ((start + (long) i) % all.size())));
    }
    return piece.toString();
  }
}
