package dev.lodestone.lab.detect;

import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Detector.Evidence;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.Target;
import dev.lodestone.lab.detect.TrialOutcome.Verdict;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Finds retrieval heads (Wu et al. 2024, arXiv 2404.15574, and others: {@link Detector}). For most detectors every
 * sample is a trial: the model answers it greedily, and of the last prompt row and of each generated row every head's
 * best key is kept, and its mass on the target where a detector wants that. Such a trial counts when the answer was
 * given. Several detectors share the decoding. The others read the samples in one pass or two, and all count.
 */
public final class RetrievalHeads {
  /**
   * How trials are run.
   *
   * @param decoding when to stop, and how many trials go in lockstep
   * @param threshold a trial counts when the recall of its answer exceeds it
   * @param tokenizer turns what was generated into text; null for samples without text
   * @param repeats the sequences of RazorAttention's detectors
   */
  public record Options(GreedyDecoder.Options decoding, double threshold, Tokenizer tokenizer, Repeats repeats) {
    public static final int MAX_NEW_TOKENS = 50;
    public static final double THRESHOLD = 0.5;

    /** With the sequences of {@link Repeats#LENGTH} tokens. */
    public Options(GreedyDecoder.Options decoding, double threshold, Tokenizer tokenizer) {
      this(decoding, threshold, tokenizer, new Repeats(Repeats.LENGTH, 1, null, 0));
    }

    public static Options of(Set<Integer> endTokens, Tokenizer tokenizer) {
      return new Options(GreedyDecoder.Options.of(MAX_NEW_TOKENS, endTokens), THRESHOLD, tokenizer);
    }
  }

  /**
   * The scores of each detector over the trials that counted, and how every decoded trial went, both in the order of
   * the data.
   *
   * @param outcomes empty if no detector decodes
   */
  public record Detection(Map<Detector, HeadScores> scores, List<TrialOutcome> outcomes) {
    public int passed() {
      return (int) outcomes.stream().filter(TrialOutcome::passed).count();
    }

    /** How many trials came to each verdict that there is. */
    public Map<Verdict, Integer> verdicts() {
      Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
      outcomes.forEach(o -> counts.merge(o.verdict(), 1, Integer::sum));
      return counts;
    }
  }

  private final Model model;
  private final ModelConfig config;
  private final List<TokenSample> samples;
  private final Set<Detector> detectors;
  private final Options options;
  private final IntConsumer done;
  private final Map<Detector, HeadScores> scores = new EnumMap<>(Detector.class);
  private int finished;

  private RetrievalHeads(Model model, List<TokenSample> samples, Set<Detector> detectors, Options options,
      IntConsumer done) {
    this.model = model;
    this.config = model.config();
    this.samples = prepare(samples, detectors, options.tokenizer());
    this.detectors = detectors;
    this.options = options;
    this.done = done;
  }

  /** The scores of one detector. */
  public static HeadScores detect(Model model, List<TokenSample> samples, Detector detector, Options options) {
    return detect(model, samples, EnumSet.of(detector), options, Map.of(), done -> {}).scores().get(detector);
  }

  /**
   * Runs all trials.
   *
   * @param meta goes into the meta of the scores (model, data hash, ...) beside what is known here
   * @param done hears how many of {@link #work} trials are through
   */
  public static Detection detect(Model model, List<TokenSample> samples, Set<Detector> detectors, Options options,
      Map<String, ?> meta, IntConsumer done) {
    if (detectors.isEmpty()) {
      throw new IllegalArgumentException("expected at least one detector");
    }
    return new RetrievalHeads(model, samples, detectors, options, done).run(meta);
  }

  /** Trials that these detectors run: the samples once for each kind of evidence, and the repeated tokens. */
  public static int work(int samples, Set<Detector> detectors, Options options) {
    int passes = (detectors.stream().anyMatch(Detector::decodes) ? 1 : 0)
        + (has(detectors, Evidence.QUERY_COLUMNS) ? 1 : 0) + (has(detectors, Evidence.PATTERN) ? 1 : 0);
    return passes * samples + (has(detectors, Evidence.REPEATS) ? options.repeats().trials() : 0);
  }

  /**
   * The samples as the detectors need them; a LodestoneException names the first that lacks a span which one of them
   * looks for.
   */
  public static List<TokenSample> prepare(List<TokenSample> samples, Set<Detector> detectors, Tokenizer tokenizer) {
    List<TokenSample> marked = samples;
    if (detectors.stream().anyMatch(d -> d.target() == Target.CITATION || d.target() == Target.BODY)) {
      marked = samples.stream().map(s -> CitationSpans.mark(s, tokenizer)).toList();
    }
    for (TokenSample sample : marked) {
      detectors.stream().filter(d -> d.target() != null).forEach(d -> d.target().of(sample));
      if (detectors.contains(Detector.QR)) {
        QueryHeads.query(sample);
      }
    }
    return marked;
  }

  private static boolean has(Set<Detector> detectors, Evidence evidence) {
    return detectors.stream().anyMatch(d -> d.evidence() == evidence);
  }

  private Detection run(Map<String, ?> given) {
    List<TrialOutcome> outcomes = List.of();
    if (detectors.stream().anyMatch(Detector::decodes)) {
      outcomes = decode(given);
    }
    if (detectors.contains(Detector.QR)) {
      put(Detector.QR, meta(given, Detector.QR, samples.size(), samples.size()),
          each(samples, s -> QueryHeads.score(model, s, options.tokenizer())));
    }
    patterns(given, Evidence.PATTERN, samples.stream().map(TokenSample::tokens).toList());
    patterns(given, Evidence.REPEATS, IntStream.range(0, has(detectors, Evidence.REPEATS) ? options.repeats().trials()
        : 0).mapToObj(t -> PatternHeads.repeated(options.repeats(), config.vocabulary(), t)).toList());
    return new Detection(scores, outcomes);
  }

  private List<TrialOutcome> decode(Map<String, ?> given) {
    Set<Detector> decoding = EnumSet.copyOf(detectors.stream().filter(Detector::decodes).toList());
    var trials = DecodedTrials.run(model, samples, decoding, options, this::oneMore);
    int passed = (int) trials.outcomes().stream().filter(TrialOutcome::passed).count();
    for (Detector detector : decoding) {
      var meta = meta(given, detector, samples.size(), passed);
      meta.put("threshold", options.threshold());
      meta.put("max_new_tokens", options.decoding().maxNewTokens());
      meta.put("end_tokens", options.decoding().endTokens().stream().sorted().toList());
      if (detector == Detector.PER_STEP) {
        meta.put("steps", trials.steps());
      }
      put(detector, meta, trials.scores(detector));
    }
    return trials.outcomes();
  }

  private void patterns(Map<String, ?> given, Evidence evidence, List<int[]> sequences) {
    Set<Detector> wanted = new LinkedHashSet<>(detectors.stream().filter(d -> d.evidence() == evidence).toList());
    if (wanted.isEmpty()) {
      return;
    }
    Map<Detector, List<double[]>> byDetector = new EnumMap<>(Detector.class);
    wanted.forEach(d -> byDetector.put(d, new ArrayList<>()));
    for (int[] tokens : sequences) {
      var probe = PatternHeads.probe(model, tokens);
      byDetector.forEach((d, list) -> list.add(PatternHeads.score(d, tokens, probe, config.windows())));
      oneMore();
    }
    byDetector.forEach((detector, list) -> {
      var meta = meta(given, detector, sequences.size(), sequences.size());
      if (evidence == Evidence.REPEATS) {
        meta.put("repeat_length", options.repeats().length());
        meta.put("repeat_times", Repeats.TIMES);
      }
      put(detector, meta, list);
    });
  }

  private List<double[]> each(List<TokenSample> samples, Function<TokenSample, double[]> score) {
    return samples.stream().map(sample -> {
      double[] found = score.apply(sample);
      oneMore();
      return found;
    }).toList();
  }

  private void put(Detector detector, Map<String, Object> meta, List<double[]> trials) {
    scores.put(detector, HeadScores.of(config.layers(), config.heads(), meta, trials));
  }

  private void oneMore() {
    done.accept(++finished);
  }

  private Map<String, Object> meta(Map<String, ?> given, Detector detector, int trials, int passed) {
    Map<String, Object> meta = new LinkedHashMap<>(given);
    meta.put("detector", detector.id());
    meta.put("variant", detector.variant());
    meta.put("trials", trials);
    meta.put("passed", passed);
    meta.put("rope", config.toJson().path("rope_scaling").isObject()
        ? Map.of("theta", config.rope().theta(), "type", config.rope().type().name().toLowerCase(Locale.ROOT),
            "factor", config.rope().factor())
        : Map.of("theta", config.rope().theta(), "type", "default"));
    return meta;
  }
}
