package dev.lodestone.lab.detect;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.engine.TokenSpan;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Detector.Evidence;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.Target;
import dev.lodestone.heads.Trial;
import dev.lodestone.lab.detect.TrialOutcome.Verdict;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.model.ModelConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Runs the detectors that decode: keeps the statistics of the trials that are running, scores a trial when it ends. */
final class DecodedTrials implements GreedyDecoder.Listener {
  /** A step of a trial: the token written and the heads that copied it. */
  record Step(int token, List<String> heads) {}

  private final ModelConfig config;
  private final List<TokenSample> samples;
  private final Set<Detector> detectors;
  private final RetrievalHeads.Options options;
  private final Runnable done;
  private final boolean mass;
  private final AnswerText text;
  private final TrialOutcome[] outcomes;
  private final Map<Detector, double[][]> scores = new EnumMap<>(Detector.class);
  private final Map<Integer, List<Step>> steps = new LinkedHashMap<>();
  private final Map<Integer, Trial> toWalk = new LinkedHashMap<>();
  private final Map<Integer, List<ProbeResult>> running = new LinkedHashMap<>();

  private DecodedTrials(ModelConfig config, List<TokenSample> samples, Set<Detector> detectors,
      RetrievalHeads.Options options, Runnable done) {
    this.config = config;
    this.samples = samples;
    this.detectors = detectors;
    this.options = options;
    this.done = done;
    this.mass = detectors.stream().anyMatch(d -> d.evidence() == Evidence.MASS);
    this.text = new AnswerText(options.tokenizer());
    this.outcomes = new TrialOutcome[samples.size()];
    detectors.forEach(d -> scores.put(d, new double[samples.size()][]));
  }

  /** All trials, in the order of the data when they are read. */
  static DecodedTrials run(Model model, List<TokenSample> samples, Set<Detector> detectors,
      RetrievalHeads.Options options, Runnable done) {
    var trials = new DecodedTrials(model.config(), samples, detectors, options, done);
    GreedyDecoder.decode(model, samples.stream().map(TokenSample::tokens).toList(), options.decoding(), trials);
    List<Integer> order = trials.toWalk.keySet().stream().sorted().toList();
    List<Trial> walked = LogitContributions.of(model, order.stream().map(trials.toWalk::get).toList());
    for (int i = 0; i < walked.size(); i++) {
      trials.scores.get(Detector.LOCOS)[order.get(i)] = Detector.LOCOS.score(walked.get(i));
    }
    return trials;
  }

  List<TrialOutcome> outcomes() {
    return List.of(outcomes);
  }

  /** Of the trials that passed. */
  List<double[]> scores(Detector detector) {
    return passed().mapToObj(i -> scores.get(detector)[i]).toList();
  }

  /** Of the trials that passed, the heads that copied at each step; for {@link Detector#PER_STEP}. */
  List<List<Step>> steps() {
    return passed().mapToObj(steps::get).toList();
  }

  private IntStream passed() {
    return IntStream.range(0, outcomes.length).filter(i -> outcomes[i].passed());
  }

  @Override
  public Probe probe(int trial, int row) {
    Probe probe = Probe.rows(row).stats(mass ? EnumSet.of(Stat.TOP2, Stat.MASS) : EnumSet.of(Stat.TOP2));
    return mass ? probe.spans(massSpans(trial).stream().map(s -> new TokenSpan(s.start(), s.end())).toList()) : probe;
  }

  /** The spans of all detectors that ask for mass, each once. */
  private List<Span> massSpans(int trial) {
    var spans = new LinkedHashSet<Span>();
    detectors.stream().filter(d -> d.evidence() == Evidence.MASS)
        .forEach(d -> spans.addAll(d.target().of(samples.get(trial))));
    return List.copyOf(spans);
  }

  @Override
  public void row(int trial, int n, ProbeResult statistics) {
    running.computeIfAbsent(trial, t -> new ArrayList<>()).add(statistics);
  }

  @Override
  public void finished(int trial, int[] generated) {
    List<ProbeResult> rows = running.remove(trial);
    TokenSample sample = samples.get(trial);
    List<Span> answer = answer(sample);
    double recall = text.recall(sample, answer, generated);
    outcomes[trial] = new TrialOutcome(sample.id(), verdict(recall, generated), recall, text.text(sample, generated));
    if (outcomes[trial].passed()) {
      int[] answerRows = text.rows(sample, answer, generated);
      for (Detector detector : detectors) {
        score(detector, trial, seen(detector, trial, generated, rows, answerRows));
      }
    }
    done.run();
  }

  /** Where the answer stands as tokens; samples of text may have none. */
  private static List<Span> answer(TokenSample sample) {
    boolean marked = sample.spans("answer").findAny().isPresent() || sample.spans("needle").findAny().isPresent();
    return marked || sample.text() == null ? Target.ANSWER.of(sample) : List.of();
  }

  private Trial seen(Detector detector, int trial, int[] generated, List<ProbeResult> rows, int[] answerRows) {
    List<Span> target = detector.target().of(samples.get(trial));
    int[][] argmax = rows.stream().map(ProbeResult::argmax).toArray(int[][]::new);
    float[][] masses = null;
    if (detector.evidence() == Evidence.MASS) {
      List<Span> spans = massSpans(trial);
      int[] wanted = target.stream().mapToInt(spans::indexOf).toArray();
      masses = rows.stream().map(row -> mass(row, wanted)).toArray(float[][]::new);
    }
    return new Trial(config.layers(), config.heads(), samples.get(trial).tokens(), target, generated, argmax, masses,
        answerRows, null, config.windows());
  }

  private void score(Detector detector, int index, Trial trial) {
    if (detector == Detector.LOCOS) {
      toWalk.put(index, trial);
      return;
    }
    scores.get(detector)[index] = detector.score(trial);
    if (detector == Detector.PER_STEP) {
      steps.put(index, IntStream.range(0, trial.rows()).mapToObj(row -> new Step(trial.generated()[row],
          IntStream.range(0, trial.layers() * trial.heads()).filter(head -> trial.copies(row, head))
              .mapToObj(head -> new Head(head / trial.heads(), head % trial.heads()).toString()).toList())).toList());
    }
  }

  private Verdict verdict(double recall, int[] generated) {
    boolean ended = options.decoding().endTokens().contains(generated[generated.length - 1]);
    if (recall > options.threshold()) {
      return Verdict.PASSED;
    }
    return !ended ? Verdict.CUT : generated.length == 1 ? Verdict.SILENT : Verdict.WRONG;
  }

  /** (layers * heads): the mass of one row on these spans together; NaN where none is visible. */
  private static float[] mass(ProbeResult row, int[] spans) {
    float[] total = new float[row.layers() * row.heads()];
    for (int head = 0; head < total.length; head++) {
      int from = head * row.spans();
      total[head] = (float) VisibleSum.of(IntStream.of(spans).mapToDouble(s -> row.spanMass()[from + s]).toArray());
    }
    return total;
  }
}
