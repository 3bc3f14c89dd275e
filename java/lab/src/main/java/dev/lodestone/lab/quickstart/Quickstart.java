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

  private static final Detector DETECTOR = Detector.WU_PAPER;

  /**
   * How long the story is.
   *
   * @param steps of training from nothing
   * @param extensionSteps of training at the long context
   * @param shortTrials retrieval trials at the short context
   * @param longTrials at the long one
   * @param headTrials trials of the detector
   * @param removed heads that are knocked out
   * @param draws of as many random heads
   */
  public record Size(
      int steps, int extensionSteps, int shortTrials, int longTrials, int headTrials, int removed, int draws) {
    /** About two minutes on two cores. */
    public static final Size DEFAULT = new Size(600, 60, 512, 256, 200, 3, 10);
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
    chapter.accept("writing the data and a model of random weights");
    // Every set has a seed of its own, so that no trial is a piece of the training text.
    List<TokenSample> shortTrials = NeedleText.trials(size.shortTrials, SHORT, seed * 10 + 1);
    List<TokenSample> longTrials = NeedleText.trials(size.longTrials, LONG, seed * 10 + 2);
    List<TokenSample> headTrials = NeedleText.trials(size.headTrials, SHORT, seed * 10 + 3);
    List<TokenSample> longHeadTrials = NeedleText.trials(size.headTrials, LONG, seed * 10 + 4);
    write("trials-short", shortTrials);
    write("trials-long", longTrials);
    write("heads-short", headTrials);
    write("heads-long", longHeadTrials);
    write("train-short", SnippetText.documents(size.steps * (STEP_TOKENS / SHORT), SHORT, seed * 10 + 5));
    write("train-long", SnippetText.documents(size.extensionSteps * (STEP_TOKENS / LONG), LONG, seed * 10 + 6));
    Path random = Files.createDirectories(out.resolve("model"));
    TinyModel.write(engine, random, SHORT, seed);
    Retrieval untrained;
    try (Model model = Model.load(engine, random)) {
      untrained = Retrieval.measure(model, shortTrials, List.of());
    }

    chapter.accept("training at " + SHORT + " tokens");
    Path trained = TrainingRun.run(engine, shortTraining(random), false, training).folder();
    Retrieval learned;
    HeadScores heads;
    Retrieval knockedOut;
    List<Retrieval> controls = new ArrayList<>();
    Retrieval failed;
    try (Model model = Model.load(engine, trained)) {
      chapter.accept("finding heads");
      learned = Retrieval.measure(model, shortTrials, List.of());
      heads = detect(model, headTrials, "heads-short", trained);
      chapter.accept("knocking heads out");
      List<Head> top = heads.top(size.removed).stream().map(HeadScores.Ranked::head).toList();
      knockedOut = Retrieval.measure(model, shortTrials, zero(top));
      for (List<Head> draw : draws(heads, top)) {
        controls.add(Retrieval.measure(model, shortTrials, zero(draw)));
      }
      failed = Retrieval.measure(model, longTrials, List.of());
    }

    chapter.accept("extending to " + LONG + " tokens");
    Path extendedFolder = TrainingRun.run(engine, extension(trained), false, training).folder();
    try (Model model = Model.load(engine, extendedFolder)) {
      chapter.accept("measuring the extended model");
      Retrieval extended = Retrieval.measure(model, longTrials, List.of());
      Retrieval still = Retrieval.measure(model, shortTrials, List.of());
      HeadScores extendedHeads = detect(model, longHeadTrials, "heads-long", extendedFolder);
      long parameters = model.parameters().stream().mapToLong(Model.Parameter::count).sum();
      long attention = model.parameters().stream().filter(p -> p.name().contains("self_attn"))
          .mapToLong(Model.Parameter::count).sum();
      var story = new Story(parameters, (double) attention / parameters, untrained, learned, heads, size.removed,
          knockedOut, controls, failed, extended, still, extendedHeads, (System.nanoTime() - began) * 1e-9);
      Json.writeFile(out.resolve("quickstart.json"), story.toJson());
      return story;
    }
  }

  private TrainConfig shortTraining(Path model) {
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

  private void write(String name, List<TokenSample> samples) throws IOException {
    try (var file = AtomicOutput.open(data(name))) {
      for (TokenSample sample : samples) {
        file.writer().write(sample.toJson() + "\n");
      }
      file.commit();
    }
  }
}
