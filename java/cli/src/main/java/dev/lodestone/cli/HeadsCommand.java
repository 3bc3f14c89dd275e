package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Samples;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.heads.Detector;
import dev.lodestone.heads.Detector.Evidence;
import dev.lodestone.heads.HeadScores;
import dev.lodestone.heads.ScoreFile;
import dev.lodestone.io.Json;
import dev.lodestone.io.Sha256;
import dev.lodestone.lab.detect.Repeats;
import dev.lodestone.lab.detect.RetrievalHeads;
import dev.lodestone.lab.detect.RetrievalHeads.Detection;
import dev.lodestone.lab.detect.TrialOutcome;
import dev.lodestone.lab.eval.GreedyDecoder;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.model.ModelConfig;
import dev.lodestone.model.ModelFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone heads}: which heads retrieve. */
@Command(name = "heads", description = {
    "Scores every attention head for retrieval.",
    "Detectors of answers decode: each sample is a trial that the model answers greedily, and it counts when ROUGE-1"
        + " recall of its first answer exceeds --threshold. wu-code, wu-paper, per-step, mass and locos look for the"
        + " span answer, or needle without one; answer for spans answer inside needle; intermediate and"
        + " intermediate-mass for hop:i but the last; bridge for bridge; citation for the number of each needle that is"
        + " a document:i; insight for the rest of it.",
    "The others read: qr from the span query to needle, against the question N/A; induction, duplicate and previous"
        + " in all rows of the prompt; razor and razor-echo in random tokens repeated four times, without --data."})
final class HeadsCommand extends BaseCommand {
  private static final int SHOWN = 10;
  private static final double RETRIEVAL_HEAD = 0.1; // Wu et al. 2024, section 2

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "model folder")
  Path model;

  @Option(names = "--data", paramLabel = "FILE",
      description = "samples, .jsonl or .jsonl.gz; razor and razor-echo need none")
  Path data;

  @Option(names = "--detector", paramLabel = "NAME", split = ",", defaultValue = "wu-code",
      description = "wu-code, wu-paper, per-step, mass, locos, answer, intermediate, intermediate-mass, bridge,"
          + " citation, insight, qr, induction, duplicate, previous, razor, razor-echo; several by commas share the decoding"
          + " (default: ${DEFAULT-VALUE})")
  List<String> detectors;

  @Option(names = "--out", paramLabel = "FILE", required = true,
      description = "score file to write; with several detectors {} in the name stands for the detector's")
  Path out;

  @Option(names = "--format", paramLabel = "NAME", defaultValue = "lodestone",
      description = "of the score file: lodestone (meta and scores) or wu (scores alone) (default: ${DEFAULT-VALUE})")
  String format;

  @Option(names = "--max-new-tokens", paramLabel = "N", defaultValue = "50",
      description = "longest answer (default: ${DEFAULT-VALUE})")
  int maxNewTokens;

  @Option(names = "--threshold", paramLabel = "X", defaultValue = "0.5",
      description = "recall above which a trial counts (default: ${DEFAULT-VALUE})")
  double threshold;

  @Option(names = "--sequences", paramLabel = "N", defaultValue = "8",
      description = "trials decoded together; fewer where memory is short (default: ${DEFAULT-VALUE})")
  int sequences;

  @Option(names = "--per-group", paramLabel = "NAME",
      description = "mean or max of the query heads that share a key/value head; razor takes max, the others none"
          + " unless said")
  HeadScores.Pooling perGroup;

  @Option(names = "--repeat-length", paramLabel = "N", defaultValue = "2500",
      description = "random tokens that razor repeats (default: ${DEFAULT-VALUE})")
  int repeatLength;

  @Option(names = "--repeat-trials", paramLabel = "N", defaultValue = "1",
      description = "sequences of razor (default: ${DEFAULT-VALUE})")
  int repeatTrials;

  @Option(names = "--add-special-tokens", description = "with the tokenizer's special tokens around the prompt")
  boolean addSpecialTokens;

  @Override
  protected void run() throws Exception {
    if (maxNewTokens < 1 || sequences < 1 || repeatLength < 1 || repeatTrials < 1) {
      throw wrongWords("--max-new-tokens, --sequences, --repeat-length and --repeat-trials expected 1 or more but"
          + " found " + maxNewTokens + ", " + sequences + ", " + repeatLength + " and " + repeatTrials);
    }
    Map<Detector, Path> files = files();
    ScoreFile.Style style = style();
    boolean razor = files.keySet().stream().anyMatch(d -> d.evidence() == Evidence.REPEATS);
    if (data == null && files.keySet().stream().anyMatch(d -> d.evidence() != Evidence.REPEATS)) {
      throw wrongWords("--data expected the samples that " + files.keySet() + " are to read but found none");
    }
    try (ModelFolder folder = ModelFolder.open(model)) {
      folder.check();
      try (var input = data == null ? new ModelSamples(List.of(), null)
          : ModelSamples.read(folder, data, Samples.Format.AUTO, addSpecialTokens)) {
        RetrievalHeads.prepare(input.samples(), files.keySet(), input.tokenizer()); // refuses samples without a span
        files.values().forEach(OutputPath::check);
        var repeats = repeats(folder);
        if (razor && repeats.tokens() > folder.config().maxPositions()) {
          throw new LodestoneException("--repeat-length " + repeatLength + " makes " + repeats.tokens()
              + " tokens: expected at most " + folder.config().maxPositions() + ", as the model was made for");
        }
        var options = new RetrievalHeads.Options(new GreedyDecoder.Options(maxNewTokens, input.stopTokens(folder),
            sequences), threshold, input.tokenizer(), repeats);
        long start = System.nanoTime();
        Detection detection = detect(folder, input, files.keySet(), options);
        double seconds = (System.nanoTime() - start) * 1e-9;
        boolean nothingPassed = !detection.outcomes().isEmpty() && detection.passed() == 0;
        if (nothingPassed) { // what reads the samples without answering them is found all the same
          detection.scores().keySet().removeIf(Detector::decodes);
        }
        detection.scores().replaceAll((detector, scores) -> grouped(detector, scores, folder.config()));
        detection.scores().forEach((detector, scores) -> ScoreFile.write(scores, files.get(detector), style));
        if (nothingPassed) {
          throw new LodestoneException(nonePassed(detection));
        }
        report(detection, files, seconds);
      }
    }
  }

  private Detection detect(ModelFolder folder, ModelSamples input, Set<Detector> wanted,
      RetrievalHeads.Options options) {
    try (Engine engine = common.openEngine(); Model loaded = Model.load(engine, folder);
        Progress progress = progress("trials", RetrievalHeads.work(input.samples().size(), wanted, options))) {
      return RetrievalHeads.detect(loaded, input.samples(), wanted, options, meta(), done -> progress.update(done, ""));
    }
  }

  private Map<String, Object> meta() {
    Map<String, Object> meta = new LinkedHashMap<>();
    meta.put("model", model.toAbsolutePath().normalize().getFileName().toString());
    if (data != null) {
      meta.put("data", data.getFileName().toString());
      meta.put("data_sha256", Sha256.of(data));
    }
    meta.put("seed", common.seed);
    meta.put("versions", Map.of("lodestone", Version.text(), "engine", Engine.version()));
    meta.put("configuration", configuration());
    return meta;
  }

  private Map<Detector, Path> files() {
    try {
      Set<Detector> wanted = EnumSet.noneOf(Detector.class);
      detectors.forEach(name -> wanted.add(Detector.parse(name.strip())));
      if (wanted.size() > 1 && !out.toString().contains("{}")) {
        throw new LodestoneException("--out expected {} in its name for several detectors, such as"
            + " heads.{}.json, but found " + out);
      }
      Map<Detector, Path> files = new LinkedHashMap<>();
      wanted.forEach(d -> files.put(d, Path.of(out.toString().replace("{}", d.id()))));
      return files;
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  private Repeats repeats(ModelFolder folder) {
    var start = folder.bosToken();
    return new Repeats(repeatLength, repeatTrials, start.isPresent() ? start.getAsInt() : null, common.seed);
  }

  private HeadScores grouped(Detector detector, HeadScores scores, ModelConfig config) {
    var pooling = perGroup == null && detector.evidence() == Evidence.REPEATS ? HeadScores.Pooling.MAX : perGroup;
    return pooling == null ? scores : scores.pooled(config.kvHeads(), pooling);
  }

  private ScoreFile.Style style() {
    try {
      return ScoreFile.Style.parse(format);
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  private static String nonePassed(Detection detection) {
    TrialOutcome first = detection.outcomes().get(0);
    return "none of the " + detection.outcomes().size() + " trials gave its answer (" + verdicts(detection)
        + "), so " + (detection.scores().isEmpty() ? "no head was scored"
            : "only " + detection.scores().keySet() + " scored heads, without answers")
        + ". The first, " + first.id() + ", said: " + shortened(first.text());
  }

  private static String verdicts(Detection detection) {
    return detection.verdicts().entrySet().stream().map(e -> e.getValue() + " " + e.getKey().words())
        .collect(Collectors.joining(", "));
  }

  private static String shortened(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 80 ? "\"" + line + "\"" : "\"" + line.substring(0, 80) + "...\"";
  }

  private void report(Detection detection, Map<Detector, Path> files, double seconds) {
    int trials = detection.scores().values().stream().mapToInt(s -> (Integer) s.meta().get("trials")).max().orElse(0);
    int passed = detection.outcomes().isEmpty() ? trials : detection.passed();
    ObjectNode json = Json.mapper().createObjectNode().put("trials", trials).put("passed", passed)
        .put("seconds", seconds);
    ObjectNode verdicts = json.putObject("verdicts");
    detection.verdicts().forEach((verdict, count) -> verdicts.put(verdict.name().toLowerCase(), count));
    List<String> lines = new ArrayList<>();
    lines.add("%d trials in %.1f s: %s".formatted(trials, seconds,
        detection.outcomes().isEmpty() ? "read, all count" : verdicts(detection)));
    detection.outcomes().stream().filter(o -> !o.passed()).limit(3)
        .forEach(o -> lines.add("  %s, recall %.2f: %s".formatted(o.id(), o.recall(), shortened(o.text()))));
    detection.scores().forEach((detector, scores) -> addScores(json, lines, detector, scores, files.get(detector)));
    summary(json, lines.toArray(String[]::new));
  }

  private static void addScores(ObjectNode json, List<String> lines, Detector detector, HeadScores scores, Path file) {
    ObjectNode node = json.withObject("/detectors").putObject(detector.id());
    node.put("out", file.toString()).put("heads_above_0.1", scores.above(RETRIEVAL_HEAD));
    var top = node.putArray("top");
    scores.top(SHOWN).forEach(r -> top.addObject().put("head", r.head().toString()).put("mean", r.mean())
        .put("standard_error", r.standardError()));
    lines.add("%s: %d of %d heads above %.1f -> %s".formatted(detector, scores.above(RETRIEVAL_HEAD),
        scores.layers() * scores.heads(), RETRIEVAL_HEAD, file));
    scores.top(SHOWN).forEach(r -> lines.add("  " + r));
  }
}
