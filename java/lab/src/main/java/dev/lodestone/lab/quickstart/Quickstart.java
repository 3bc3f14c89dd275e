package dev.lodestone.lab.quickstart;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadComparison;
import dev.lodestone.heads.HeadCut;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.lab.detect.RetrievalHeads;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.quickstart.World.Facts;
import dev.lodestone.lab.quickstart.World.Filler;
import dev.lodestone.lab.train.RopeChange;
import dev.lodestone.lab.train.Schedule;
import dev.lodestone.lab.train.StepReport;
import dev.lodestone.lab.train.TrainConfig;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.lab.train.TrainingRun;
import dev.lodestone.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The loop of Zhao et al. 2025 on the {@link EmbeddedModel}: it is extended to eight times its context on a real-like set
 * and on synthetic stand-ins, each is asked the real-like questions, the heads that retrieve are found and compared, and
 * the highest are knocked out. Everything goes through the parts that serve real models, and every file stays in the
 * folder.
 */
public final class Quickstart {
  /** Context of the embedded model, in tokens. */
  public static final int SHORT = EmbeddedTraining.LENGTH;
  /** Context that it is extended to. */
  public static final int LONG = 512;
  /** How many heads are knocked out, a sixth of all. */
  public static final int REMOVED = 4;

  private static final int STEP_TOKENS = 4_096;
  private static final double EXTENDED_THETA = 10_000;
  private static final double RATE = 1e-3;
  private static final int WARM_UP = 5;
  private static final Detector DETECTOR = Detector.WU_PAPER;

  /**
   * How long the story is.
   *
   * @param variants sets to extend on, of the six
   * @param steps of each extension
   * @param documents of three questions each that are asked
   * @param trials of the detector
   * @param draws of as many other heads as are knocked out
   */
  public record Size(int variants, int steps, int documents, int trials, int draws) {
    /** About two minutes on two cores. */
    public static final Size DEFAULT = new Size(6, 40, 64, 64, 20);
  }

  private final Engine engine;
  private final Path out;
  private final Size size;
  private final long seed;
  private final TrainListener training;
  private final Consumer<String> chapter;
  private final List<TokenSample> questions;

  private Quickstart(
      Engine engine, Path out, Size size, long seed, TrainListener training, Consumer<String> chapter) {
    this.engine = engine;
    this.out = out;
    this.size = size;
    this.seed = seed;
    this.training = training;
    this.chapter = chapter;
    // Every set has a seed of its own, so that no trial is a piece of the training text.
    this.questions = documents(Variant.REAL, LONG, size.documents, 1);
  }

  /**
   * Tells the story.
   *
   * @param out a folder that is new or empty
   * @param training hears all training runs
   * @param chapter hears what begins
   */
  public static Story run(Engine engine, Path out, Size size, long seed, TrainListener training,
      Consumer<String> chapter) throws IOException {
    if (Files.isDirectory(out)) {
      try (var entries = Files.list(out)) {
        if (entries.findAny().isPresent()) {
          throw new LodestoneException(out + " is not empty: name another --out");
        }
      }
    }
    for (String folder : List.of("data", "heads", "runs")) {
      Files.createDirectories(out.resolve(folder));
    }
    return new Quickstart(engine, out, size, seed, training, chapter).tell();
  }

  private Story tell() throws IOException {
    long began = System.nanoTime();
    Path base = EmbeddedModel.write(out.resolve("model"));
    writeTexts("questions", EmbeddedModel.questions(LONG, size.trials, seed * 10 + 2));
    chapter.accept("asking the embedded model at " + SHORT + " and " + LONG + " tokens");
    long parameters;
    double brief;
    double far;
    try (Model model = Model.load(engine, base)) {
      parameters = model.parameters().stream().mapToLong(Model.Parameter::count).sum();
      brief = Answers.right(model, documents(Variant.REAL, SHORT, size.documents, 1), List.of());
      far = Answers.right(model, questions, List.of());
    }
    var extended = new ArrayList<Story.Extended>();
    Story.Knockout knockout = null;
    for (Variant variant : Variant.all().subList(0, size.variants)) {
      chapter.accept("extending it to " + LONG + " tokens on " + variant);
      var losses = new ArrayList<Double>();
      Path folder = extend(base, variant, losses);
      try (Model model = Model.load(engine, folder)) {
        double right = Answers.right(model, questions, List.of());
        HeadScores heads = detect(model, folder, variant);
        var reference = extended.isEmpty() ? heads : extended.get(0).heads();
        extended.add(new Story.Extended(variant.toString(), losses.stream().mapToDouble(l -> l).toArray(), right, heads,
            HeadComparison.of(reference, heads, List.of(HeadCut.above(0.1), HeadCut.top(REMOVED)))));
        if (knockout == null) {
          chapter.accept("knocking heads out");
          knockout = knockout(model, heads);
        }
      }
    }
    var story = new Story(parameters, brief, far, samples(), extended, knockout, (System.nanoTime() - began) * 1e-9);
    Json.writeFile(out.resolve("quickstart.json"), story.toJson());
    StoryPage.write(story, out.resolve("report.html"));
    return story;
  }

  private List<Sample> samples() {
    return Arrays.stream(Facts.values()).flatMap(f -> World.trials(f, Filler.VARIED, SHORT, 1, seed).stream()).toList();
  }

  private List<TokenSample> documents(Variant variant, int length, int count, int part) {
    return World.documents(variant.facts(), variant.filler(), length, count, seed * 10 + part);
  }

  /** A new base of the rotary positions; attention alone is trained. */
  private Path extend(Path base, Variant variant, List<Double> losses) throws IOException {
    Path data = out.resolve("data/" + variant + ".jsonl.gz");
    try (var file = AtomicOutput.open(data)) {
      for (var sample : documents(variant, LONG, size.steps * (STEP_TOKENS / LONG), 3)) {
        file.writer().write(sample.toJson() + "\n");
      }
      file.commit();
    }
    return TrainingRun.run(engine, TrainConfig.builder(base, data, out.resolve("runs/" + variant))
        .mode(Mode.ATTENTION).rope(new RopeChange(RopeChange.Kind.THETA, EXTENDED_THETA))
        .contextLength(LONG).batchTokens(STEP_TOKENS).steps(size.steps)
        .learningRate(RATE).schedule(Schedule.Shape.COSINE, Math.min(size.steps, WARM_UP)).seed(seed).build(), false,
        new TrainListener() {
          @Override
          public void stepped(StepReport report) {
            losses.add(report.loss());
            training.stepped(report);
          }
        }).folder();
  }

  /** All models are tried with the same real-like questions. */
  private HeadScores detect(Model model, Path folder, Variant variant) {
    try (ModelFolder files = ModelFolder.open(folder);
        var input = ModelSamples.read(files, out.resolve("data/questions.jsonl"), Samples.Format.AUTO, false)) {
      var decoding = GreedyDecoder.Options.of(World.ANSWER, input.stopTokens(files));
      var options = new RetrievalHeads.Options(decoding, RetrievalHeads.Options.THRESHOLD, input.tokenizer());
      HeadScores scores = RetrievalHeads.detect(model, input.samples(), EnumSet.of(DETECTOR), options,
          Map.of("model", folder.toString(), "variant", variant.toString(), "seed", seed), done -> {}).scores()
          .get(DETECTOR);
      ScoreFile.write(scores, out.resolve("heads/" + variant + ".json"), ScoreFile.Style.LODESTONE);
      return scores;
    }
  }

  private Story.Knockout knockout(Model model, HeadScores scores) {
    List<Head> top = scores.top(REMOVED).stream().map(HeadScores.Ranked::head).toList();
    var others = new ArrayList<Head>();
    for (int layer = 0; layer < scores.layers(); layer++) {
      for (int head = 0; head < scores.heads(); head++) {
        others.add(new Head(layer, head));
      }
    }
    others.removeAll(top);
    var random = new Random(seed);
    var steps = new ArrayList<Double>();
    var controls = new ArrayList<double[]>();
    for (int count = 1; count <= top.size(); count++) {
      steps.add(without(model, top.subList(0, count)));
      double[] draws = new double[size.draws];
      for (int i = 0; i < draws.length; i++) {
        Collections.shuffle(others, random);
        draws[i] = without(model, others.subList(0, count));
      }
      controls.add(draws);
    }
    return new Story.Knockout(top, steps, controls);
  }

  private double without(Model model, List<Head> heads) {
    return Answers.right(model, questions, heads.stream().map(Edit::zero).toList());
  }

  private void writeTexts(String name, List<Sample> samples) throws IOException {
    try (var file = AtomicOutput.open(out.resolve("data/" + name + ".jsonl"))) {
      for (Sample sample : samples) {
        file.writer().write(sample.toJson() + "\n");
      }
      file.commit();
    }
  }
}
