package dev.lodestone.lab.detect;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.engine.TokenSpan;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.Trial;
import dev.lodestone.lab.detect.TrialOutcome.Verdict;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Finds retrieval heads (Wu et al. 2024, arXiv 2404.15574). Every sample is a trial: the model answers it greedily, and
 * of the last prompt row and of each generated row every head's best key is kept, and its mass on the answer where a
 * detector wants that. A trial counts when the answer was given. Several detectors share the decoding.
 */
public final class RetrievalHeads {
  /**
   * How trials are run.
   *
   * @param decoding when to stop, and how many trials go in lockstep
   * @param threshold a trial counts when the recall of its answer exceeds it
   * @param tokenizer turns what was generated into text; null for samples without text
   */
  public record Options(GreedyDecoder.Options decoding, double threshold, Tokenizer tokenizer) {
    public static final int MAX_NEW_TOKENS = 50;
    public static final double THRESHOLD = 0.5;

    public static Options of(Set<Integer> endTokens, Tokenizer tokenizer) {
      return new Options(GreedyDecoder.Options.of(MAX_NEW_TOKENS, endTokens), THRESHOLD, tokenizer);
    }
  }

  /**
   * The scores of each detector over the trials that passed, and how every trial went, both in the order of the data.
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
  private final List<List<Span>> answers;
  private final Set<Detector> detectors;
  private final Options options;

  private RetrievalHeads(Model model, List<TokenSample> samples, Set<Detector> detectors, Options options) {
    this.model = model;
    this.config = model.config();
    this.samples = samples;
    this.answers = samples.stream().map(RetrievalHeads::answerSpans).toList();
    this.detectors = detectors;
    this.options = options;
  }

  /** The scores of one detector. */
  public static HeadScores detect(Model model, List<TokenSample> samples, Detector detector, Options options) {
    return detect(model, samples, EnumSet.of(detector), options, Map.of(), done -> {}).scores().get(detector);
  }

  /**
   * Runs all trials.
   *
   * @param meta goes into the meta of the scores (model, data hash, ...) beside what is known here
   * @param done hears how many trials are through
   */
  public static Detection detect(Model model, List<TokenSample> samples, Set<Detector> detectors, Options options,
      Map<String, ?> meta, IntConsumer done) {
    if (detectors.isEmpty()) {
      throw new IllegalArgumentException("expected at least one detector");
    }
    return new RetrievalHeads(model, samples, detectors, options).run(meta, done);
  }

  /** The spans that a trial is scored on: {@code answer} where there is one, else {@code needle}. */
  public static List<Span> answerSpans(TokenSample sample) {
    for (String name : new String[] {"answer", "needle"}) {
      List<Span> found = sample.spans().stream().filter(s -> s.name().equals(name)).distinct().toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    throw new LodestoneException("sample " + sample.id() + ": expected a span answer or needle to look for but found "
        + (sample.spans().isEmpty() ? "no span" : sample.spans().stream().map(Span::name).distinct().toList()));
  }

  private Detection run(Map<String, ?> meta, IntConsumer done) {
    TrialOutcome[] outcomes = new TrialOutcome[samples.size()];
    Map<Detector, double[][]> scores = new EnumMap<>(Detector.class);
    detectors.forEach(d -> scores.put(d, new double[samples.size()][]));
    GreedyDecoder.decode(model, samples.stream().map(TokenSample::tokens).toList(), options.decoding(),
        new Recorder(outcomes, scores, done));
    var detection = new Detection(new EnumMap<>(Detector.class), List.of(outcomes));
    for (Detector detector : detectors) {
      List<double[]> passed = new ArrayList<>();
      for (int i = 0; i < outcomes.length; i++) {
        if (outcomes[i].passed()) {
          passed.add(scores.get(detector)[i]);
        }
      }
      detection.scores().put(detector, HeadScores.of(config.layers(), config.heads(),
          meta(meta, detector, detection.passed()), passed));
    }
    return detection;
  }

  private Map<String, Object> meta(Map<String, ?> given, Detector detector, int passed) {
    Map<String, Object> meta = new LinkedHashMap<>(given);
    meta.put("detector", detector.id());
    meta.put("variant", switch (detector) {
      case WU_CODE -> "copies counted, passing trials";
      case WU_PAPER -> "distinct tokens copied, passing trials";
      case MASS -> "mass on the answer against chance, rows that write it, passing trials";
    });
    meta.put("trials", samples.size());
    meta.put("passed", passed);
    meta.put("threshold", options.threshold());
    meta.put("max_new_tokens", options.decoding().maxNewTokens());
    meta.put("end_tokens", options.decoding().endTokens().stream().sorted().toList());
    meta.put("rope", config.toJson().path("rope_scaling").isObject()
        ? Map.of("theta", config.rope().theta(), "type", config.rope().type().name().toLowerCase(java.util.Locale.ROOT),
            "factor", config.rope().factor())
        : Map.of("theta", config.rope().theta(), "type", "default"));
    return meta;
  }

  /** Keeps the statistics of the trials that are running and scores a trial when it ends. */
  private final class Recorder implements GreedyDecoder.Listener {
    private final TrialOutcome[] outcomes;
    private final Map<Detector, double[][]> scores;
    private final IntConsumer done;
    private final boolean mass = detectors.contains(Detector.MASS);
    private final Map<Integer, List<ProbeResult>> running = new LinkedHashMap<>();
    private final AnswerText text = new AnswerText(options.tokenizer());
    private int finished;

    Recorder(TrialOutcome[] outcomes, Map<Detector, double[][]> scores, IntConsumer done) {
      this.outcomes = outcomes;
      this.scores = scores;
      this.done = done;
    }

    @Override
    public Probe probe(int trial, int row) {
      Probe probe = Probe.rows(row).stats(mass ? EnumSet.of(Stat.TOP2, Stat.MASS) : EnumSet.of(Stat.TOP2));
      return mass
          ? probe.spans(answers.get(trial).stream().map(s -> new TokenSpan(s.start(), s.end())).toList()) : probe;
    }

    @Override
    public void row(int trial, int n, ProbeResult statistics) {
      running.computeIfAbsent(trial, t -> new ArrayList<>()).add(statistics);
    }

    @Override
    public void finished(int trial, int[] generated) {
      List<ProbeResult> rows = running.remove(trial);
      TokenSample sample = samples.get(trial);
      List<Span> answer = answers.get(trial);
      double recall = text.recall(sample, answer, generated);
      outcomes[trial] = new TrialOutcome(sample.id(), verdict(recall, generated), recall, text.text(sample, generated));
      if (outcomes[trial].passed()) {
        int[][] argmax = rows.stream().map(ProbeResult::argmax).toArray(int[][]::new);
        float[][] masses = mass ? rows.stream().map(RetrievalHeads::totalMass).toArray(float[][]::new) : null;
        var seen = new Trial(config.layers(), config.heads(), sample.tokens(), answer, generated, argmax, masses,
            mass ? text.rows(sample, answer, generated) : new int[0], config.windows());
        scores.forEach((detector, byTrial) -> byTrial[trial] = detector.score(seen));
      }
      done.accept(++finished);
    }

    private Verdict verdict(double recall, int[] generated) {
      boolean ended = options.decoding().endTokens().contains(generated[generated.length - 1]);
      if (recall > options.threshold()) {
        return Verdict.PASSED;
      }
      return !ended ? Verdict.CUT : generated.length == 1 ? Verdict.SILENT : Verdict.WRONG;
    }
  }

  /** (layers * heads): the mass of one row on all spans together; NaN where none is visible. */
  private static float[] totalMass(ProbeResult row) {
    float[] total = new float[row.layers() * row.heads()];
    for (int head = 0; head < total.length; head++) {
      float sum = 0;
      int seen = 0;
      for (int s = 0; s < row.spans(); s++) {
        float mass = row.spanMass()[head * row.spans() + s];
        if (!Float.isNaN(mass)) {
          sum += mass;
          seen++;
        }
      }
      total[head] = seen == 0 ? Float.NaN : sum;
    }
    return total;
  }
}
