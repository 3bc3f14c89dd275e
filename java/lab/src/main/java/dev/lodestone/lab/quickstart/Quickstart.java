package dev.lodestone.lab.quickstart;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Head;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.lab.detect.RetrievalHeads;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.train.RopeChange;
import dev.lodestone.lab.train.Schedule;
import dev.lodestone.lab.train.TrainConfig;
import dev.lodestone.lab.train.TrainListener;
import dev.lodestone.lab.train.TrainingRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Trains a tiny model until it retrieves, finds the heads that do it, removes them, and extends the model to eight times
 * its context. Everything goes through the parts that serve real models, and every file stays in the folder.
 */
public final class Quickstart {
  /** Context that the model is trained at, in tokens. */
  public static final int SHORT = 64;
  /** Context that it is extended to. */
  public static final int LONG = 512;
  /** Tokens of an optimizer step. */
  static final int STEP_TOKENS = 4_096;
  /** Base of the rotary positions after the extension. */
  static final double EXTENDED_THETA = 10_000;

  /** A head that scores above it retrieves (Wu et al. 2024). */
  static final double RETRIEVES = 0.1;

  private static final Detector DETECTOR = Detector.WU_PAPER;

  /**
   * How long the story is.
   *
   * @param steps of training from nothing
   * @param extensionSteps of training at the long context
   * @param shortTrials retrieval trials at the short context
   * @param longTrials at the long one
   * @param headTrials trials of the detector
   * @param draws of as many random heads as are knocked out
   */
  public record Size(int steps, int extensionSteps, int shortTrials, int longTrials, int headTrials, int draws) {
    /** About two minutes on two cores. */
    public static final Size DEFAULT = new Size(600, 60, 512, 256, 200, 10);
  }

  private final Engine engine;
  private final Path out;
  private final Size size;
  private final long seed;
  private final TrainListener training;
  private final Consumer<String> chapter;

  private Quickstart(
      Engine engine, Path out, Size size, long seed, TrainListener training, Consumer<String> chapter) {
    this.engine = engine;
    this.out = out;
    this.size = size;
    this.seed = seed;
    this.training = training;
    this.chapter = chapter;
  }

  /**
   * Tells the story.
   *
   * @param out a folder that is new or empty
   * @param training hears both training runs
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
    Files.createDirectories(out.resolve("data"));
    return new Quickstart(engine, out, size, seed, training, chapter).tell();
  }

  private Story tell() throws IOException {
    long began = System.nanoTime();
    chapter.accept("writing a model of random weights and the text to train it on");
    // Every set has a seed of its own, so that no trial is a piece of the training text.
    var trials = new Trials(
        write("trials-short", NeedleText.trials(size.shortTrials, SHORT, seed * 10 + 1)),
        write("trials-long", NeedleText.trials(size.longTrials, LONG, seed * 10 + 2)),
        write("heads-short", NeedleText.trials(size.headTrials, SHORT, seed * 10 + 3)),
        write("heads-long", NeedleText.trials(size.headTrials, LONG, seed * 10 + 4)));
    write("train-short", SnippetText.documents(size.steps * (STEP_TOKENS / SHORT), SHORT, seed * 10 + 5));
    write("train-long", SnippetText.documents(size.extensionSteps * (STEP_TOKENS / LONG), LONG, seed * 10 + 6));
    Path random = Files.createDirectories(out.resolve("model"));
    TinyModel.write(engine, random, SHORT, seed);
    Retrieval untrained;
    long parameters;
    long attention;
    try (Model model = Model.load(engine, random)) {
      untrained = Retrieval.measure(model, trials.brief, List.of());
      parameters = model.parameters().stream().mapToLong(Model.Parameter::count).sum();
      attention = model.parameters().stream().filter(p -> p.name().contains("self_attn"))
          .mapToLong(Model.Parameter::count).sum();
    }
    chapter.accept("training at " + SHORT + " tokens");
    Path trained = TrainingRun.run(engine, training(random), false, training).folder();
    Story.Trained before = trained(trained, trials);
    chapter.accept("extending to " + LONG + " tokens: a new base of the rotary positions, attention trained");
    Path extended = TrainingRun.run(engine, extension(trained), false, training).folder();
    Story.Extended after = extended(extended, trials);
    var story = new Story(parameters, (double) attention / parameters, untrained, before, after,
        (System.nanoTime() - began) * 1e-9);
    Json.writeFile(out.resolve("quickstart.json"), story.toJson());
    return story;
  }

  /** Trials of retrieval at the short and the long context, and those that heads are found by. */
  private record Trials(
      List<TokenSample> brief, List<TokenSample> far, List<TokenSample> headsBrief, List<TokenSample> headsFar) {}

  private Story.Trained trained(Path folder, Trials trials) {
    try (Model model = Model.load(engine, folder)) {
      chapter.accept("finding the heads that retrieve");
      Retrieval learned = Retrieval.measure(model, trials.brief, List.of());
      HeadScores heads = detect(model, trials.headsBrief, "heads-short", folder);
      chapter.accept("knocking heads out");
      List<Head> top = heads.top(removed(heads)).stream().map(HeadScores.Ranked::head).toList();
      Retrieval knockedOut = Retrieval.measure(model, trials.brief, zero(top));
      var controls = new ArrayList<Retrieval>();
      for (List<Head> draw : draws(heads, top)) {
        controls.add(Retrieval.measure(model, trials.brief, zero(draw)));
      }
      chapter.accept("asking at " + LONG + " tokens");
      Retrieval longer = Retrieval.measure(model, trials.far, List.of());
      return new Story.Trained(learned, heads, top.size(), knockedOut, controls, longer);
    }
  }

  private Story.Extended extended(Path folder, Trials trials) {
    try (Model model = Model.load(engine, folder)) {
      chapter.accept("asking the extended model");
      return new Story.Extended(Retrieval.measure(model, trials.far, List.of()),
          Retrieval.measure(model, trials.brief, List.of()),
          detect(model, trials.headsFar, "heads-long", folder));
    }
  }

  private TrainConfig training(Path model) {
    return TrainConfig.builder(model, data("train-short"), out.resolve("train"))
        .contextLength(SHORT).batchTokens(STEP_TOKENS).steps(size.steps)
        .learningRate(3e-3).schedule(Schedule.Shape.COSINE, Math.min(size.steps, 50)).seed(seed).build();
  }

  private TrainConfig extension(Path model) {
    return TrainConfig.builder(model, data("train-long"), out.resolve("extend"))
        .mode(Mode.ATTENTION).rope(new RopeChange(RopeChange.Kind.THETA, EXTENDED_THETA))
        .contextLength(LONG).batchTokens(STEP_TOKENS).steps(size.extensionSteps)
        .learningRate(1e-3).schedule(Schedule.Shape.COSINE, Math.min(size.extensionSteps, 5)).seed(seed).build();
  }

  private HeadScores detect(Model model, List<TokenSample> trials, String name, Path folder) {
    var decoding = GreedyDecoder.Options.of(NeedleText.ANSWER, Set.of());
    var options = new RetrievalHeads.Options(decoding, RetrievalHeads.Options.THRESHOLD, null);
    Map<String, Object> meta = new LinkedHashMap<>();
    meta.put("model", folder.toString());
    meta.put("seed", seed);
    HeadScores scores = RetrievalHeads.detect(model, trials, EnumSet.of(DETECTOR), options, meta, done -> {})
        .scores().get(DETECTOR);
    ScoreFile.write(scores, out.resolve(name + ".json"), ScoreFile.Style.LODESTONE);
    return scores;
  }

  /** How many heads are knocked out: those that retrieve, but a third at most, so that others are left to draw from. */
  private static int removed(HeadScores scores) {
    return Math.min(Math.max(1, scores.above(RETRIEVES)), scores.layers() * scores.heads() / 3);
  }

  /** Draws of as many heads as were removed, without those. */
  private List<List<Head>> draws(HeadScores scores, List<Head> removed) {
    var others = new ArrayList<Head>();
    for (int layer = 0; layer < scores.layers(); layer++) {
      for (int head = 0; head < scores.heads(); head++) {
        others.add(new Head(layer, head));
      }
    }
    others.removeAll(removed);
    var random = new Random(seed);
    var draws = new ArrayList<List<Head>>();
    for (int i = 0; i < size.draws; i++) {
      Collections.shuffle(others, random);
      draws.add(List.copyOf(others.subList(0, removed.size())));
    }
    return draws;
  }

  private static List<Edit> zero(List<Head> heads) {
    return heads.stream().map(Edit::zero).toList();
  }

  private Path data(String name) {
    return out.resolve("data").resolve(name + ".jsonl.gz");
  }

  private List<TokenSample> write(String name, List<TokenSample> samples) throws IOException {
    try (var file = AtomicOutput.open(data(name))) {
      for (TokenSample sample : samples) {
        file.writer().write(sample.toJson() + "\n");
      }
      file.commit();
    }
    return samples;
  }
}
