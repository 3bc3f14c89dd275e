package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.Contamination;
import dev.lodestone.data.DataCard;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.data.RealSamples;
import dev.lodestone.data.SampleStatistics;
import dev.lodestone.engine.Engine;
import dev.lodestone.io.Json;
import dev.lodestone.synth.Budget;
import dev.lodestone.synth.Generator;
import dev.lodestone.synth.Haystack;
import dev.lodestone.synth.Needle;
import dev.lodestone.synth.ParallelSamples;
import dev.lodestone.synth.write.FactWriter;
import dev.lodestone.synth.write.WriterStatistics;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lodestone generate}: long-context samples, made or packed anew. */
@Command(name = "generate", description = {
    "Makes long-context samples: mdqa, musique and summhay (questions over documents), niah (a needle in a haystack), kv"
        + " (one of many key-value pairs). --list explains the grid of tasks, needles and haystacks.",
    "The same options and seed give the same bytes. Spans mark the answer, every needle, document and distractor."})
final class GenerateCommand extends BaseCommand {
  @Option(names = "--list", order = 100, help = true, description = "explain tasks, needles and haystacks, and stop")
  boolean list;

  @Option(names = "--task", order = 101, paramLabel = "NAME", description = "mdqa, musique, summhay, niah, kv")
  String task;

  @Option(names = "--out", order = 102, paramLabel = "FILE", description = "samples, .jsonl or .jsonl.gz")
  Path out;

  @Option(names = "--needle", order = 103, paramLabel = "NAME",
      description = "real, written, templated, symbolic (default: templated; written for niah, symbolic for kv)")
  Needle needle;

  @Option(names = "--haystack", order = 104, paramLabel = "NAME",
      description = "real, varied, repeated (default: varied; real for real needles and for niah)")
  Haystack haystack;

  @Option(names = "--count", order = 105, paramLabel = "N", defaultValue = "100",
      description = "samples (default: ${DEFAULT-VALUE})")
  long count;

  @Option(names = "--first", order = 106, paramLabel = "N", defaultValue = "0",
      description = "index of the first one, to make a set in shards (default: ${DEFAULT-VALUE})")
  long first;

  @Option(names = "--context-length", order = 107, paramLabel = "N", split = ",",
      description = "tokens of a whole prompt, never exceeded; several by commas for niah")
  List<Integer> contextLengths = List.of();

  @Option(names = "--context-characters", order = 108, paramLabel = "N", split = ",",
      description = "the same in characters, without a tokenizer")
  List<Integer> contextCharacters = List.of();

  @Option(names = "--tokenizer", order = 109, paramLabel = "DIR",
      description = "model folder whose tokenizer counts the tokens")
  Path tokenizer;

  @Option(names = "--source", order = 110, paramLabel = "FILE", arity = "1..*", split = ",",
      description = "real data: Lost-in-the-Middle lines (mdqa), MuSiQue or HotpotQA lines (musique), topics of Summary"
          + " of a Haystack (summhay), text for the haystack (niah); without it a small embedded sample")
  List<Path> sources = List.of();

  @Option(names = "--format", order = 111, paramLabel = "NAME", defaultValue = "auto",
      description = "how --source is read: auto (the task's own), hotpot (also 2WikiMultihopQA, for musique)"
          + " (default: ${DEFAULT-VALUE})")
  String format;

  @Option(names = "--depths", order = 112, paramLabel = "N", defaultValue = "10",
      description = "places of a single needle, from first to last in equal steps; niah asks each needle at all of"
          + " them, mdqa and kv ask anew every time (default: ${DEFAULT-VALUE})")
  int depths;

  @Option(names = "--prompt", order = 113, paramLabel = "NAME", defaultValue = "plain",
      description = "mdqa, musique: plain, ordered_randomly, query_aware, closed_book; kv: plain, query_aware"
          + " (default: ${DEFAULT-VALUE})")
  QaPrompt.Style prompt;

  @Option(names = "--chat", order = 114, paramLabel = "NAME", defaultValue = "none",
      description = "chat template around the prompt: none, chatml (default: ${DEFAULT-VALUE})")
  String chat;

  @Option(names = "--evaluation", order = 115, paramLabel = "FILE", arity = "1..*", split = ",",
      description = "evaluation data that this set is to stay clear of: its answers become no names of a made world, and"
          + " runs of 13 words shared with it are counted")
  List<Path> evaluation = List.of();

  @Option(names = "--drop-overlaps", order = 116, description = "leave out samples that share 13 words with --evaluation")
  boolean dropOverlaps;

  @Option(names = "--licence", order = 117, paramLabel = "TEXT", defaultValue = "",
      description = "of the samples, for the data card that is written beside them")
  String licence;

  @Mixin DocumentTaskOptions documentOptions;
  @Mixin NeedleTaskOptions needleOptions;
  @Mixin WriterOptions writerOptions;

  private static final int OVERLAP_WORDS = 13; // as Brown et al. 2020

  private final WriterStatistics written = new WriterStatistics();
  private final Deque<AutoCloseable> open = new ArrayDeque<>(); // a writer and what it stands on, last first

  @Override
  protected void run() throws Exception {
    if (list) {
      out().print(GenerateGrid.TEXT);
      out().flush();
      return;
    }
    checkWords();
    OutputPath.check(out);
    try (Tokenizer library = tokenizer == null ? null : Tokenizer.load(tokenizer);
        Progress progress = progress("samples", count)) {
      var generator = generator(library == null ? null : new TokenCounter(library));
      var overlaps = evaluation.isEmpty() ? null : Contamination.of(evaluation, OVERLAP_WORDS);
      var seen = new SampleStatistics();
      ParallelSamples.write(out, generator, first, count, workers(),
          sample -> overlaps == null || !overlaps.touches(sample) || !dropOverlaps, sample -> {
            seen.add(sample);
            progress.update(seen.samples(), written.toString());
          });
      report(seen, overlaps == null ? null : overlaps.report());
    } finally {
      while (!open.isEmpty()) {
        open.pop().close();
      }
    }
  }

  private int workers() {
    int threads = common.threads > 0 ? common.threads : Runtime.getRuntime().availableProcessors();
    return needle == Needle.WRITTEN ? Math.max(threads, writerOptions.parallel) : threads;
  }

  private void checkWords() {
    if (task == null || out == null) {
      throw wrongWords("generate needs --task and --out; --list explains the tasks");
    }
    if (count < 1 || first < 0 || first > Long.MAX_VALUE - count) {
      throw wrongWords("--count expected 1 or more and --first 0 or more but found " + count + " and " + first);
    }
    if (!contextLengths.isEmpty() && !contextCharacters.isEmpty()) {
      throw wrongWords("expected either --context-length or --context-characters but found both");
    }
    for (int length : contextLengths.isEmpty() ? contextCharacters : contextLengths) {
      if (length < 1) {
        throw wrongWords("--context-length and --context-characters expected 1 or more but found " + length);
      }
    }
    if (!contextLengths.isEmpty() && tokenizer == null) {
      throw wrongWords("--context-length counts tokens: add --tokenizer with the folder of the model they are for");
    }
    if (contextLengths.size() + contextCharacters.size() > 1 && !task.equals("niah")) {
      throw wrongWords("expected one length for the task " + task + " but found "
          + (contextLengths.isEmpty() ? contextCharacters : contextLengths));
    }
    if (!format.equals("auto") && !(format.equals("hotpot") && task.equals("musique") && !sources.isEmpty())) {
      throw wrongWords("--format expected auto, or hotpot for --task musique with --source, but found '" + format
          + "'");
    }
  }

  private Generator generator(TokenCounter counter) {
    try {
      var template = ChatTemplate.parse(chat);
      List<Budget> lengths = contextLengths.isEmpty()
          ? contextCharacters.stream().map(Budget::characters).toList()
          : contextLengths.stream().map(length -> Budget.tokens(counter, length)).toList();
      var budget = lengths.isEmpty() ? Budget.none() : lengths.get(0);
      return switch (task) {
        case "niah" -> needleOptions.needle(this, lengths, template);
        case "kv" -> needleOptions.keyValue(this, budget, template);
        case "mdqa", "musique", "summhay" ->
            documentOptions.create(this, budget, template, () -> fromFile(this::openWriter));
        default -> throw wrongWords("--task expected mdqa, musique, summhay, niah or kv but found '" + task + "'");
      };
    } catch (LodestoneException e) {
      if (e.getCause() != null) { // of a file
        throw e;
      }
      throw wrongWords(e.getMessage());
    }
  }

  /** Reads a file while the generator is made: what is wrong in it is not about the words, which the cause shows. */
  static <T> T fromFile(Supplier<T> read) {
    try {
      return read.get();
    } catch (LodestoneException e) {
      throw e.getCause() != null ? e : new LodestoneException(e.getMessage(), e);
    }
  }

  Needle needle(Needle otherwise) {
    return needle == null ? otherwise : needle;
  }

  Haystack haystack(Haystack otherwise) {
    return haystack == null ? otherwise : haystack;
  }

  private FactWriter openWriter() {
    var writer = writerOptions.open(out, this::openEngine, written);
    open.push(writer);
    return writer;
  }

  private Engine openEngine() {
    var engine = common.openEngine();
    open.push(engine);
    return engine;
  }

  private void report(SampleStatistics seen, Contamination.Report overlaps) {
    var configuration = configuration();
    DataCard.write(out, new DataCard(task, seen, configuration, madeFrom(), licence,
        Map.of("lodestone", Version.text()), overlaps, count - seen.samples()));
    ObjectNode json = Json.mapper().createObjectNode().put("out", out.toString()).put("task", task)
        .put("samples", seen.samples());
    seen.putInto(json);
    List<String> lines = new ArrayList<>();
    lines.add("%s: %,d samples of %s, %s".formatted(out, seen.samples(), task, seen));
    if (overlaps != null) {
      json.put("overlapping", overlaps.touched());
      lines.add("  %,d of %,d share %d words with the evaluation data%s".formatted(overlaps.touched(),
          overlaps.samples(), overlaps.n(), dropOverlaps ? " and were left out" : ""));
    }
    if (needle == Needle.WRITTEN) {
      json.set("writer", written.toJson());
      lines.add("  writer: " + written);
    }
    json.set("configuration", configuration);
    summary(json, lines.toArray(String[]::new));
  }

  /** The files that were read; without any, what is embedded and was used. */
  private List<DataCard.Source> madeFrom() {
    if (!sources.isEmpty()) {
      return sources.stream().map(file -> DataCard.Source.of(file, "")).toList();
    }
    if (task.equals("niah")) {
      return haystack(Haystack.REAL) == Haystack.REAL
          ? List.of(new DataCard.Source("Pride and Prejudice, Jane Austen 1813", "", "public domain")) : List.of();
    }
    return documentOptions.usesSource(this) ? List.of(RealSamples.source(task)) : List.of();
  }
}
