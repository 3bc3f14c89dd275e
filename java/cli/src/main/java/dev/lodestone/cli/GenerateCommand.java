package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.MdqaRecord;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Samples;
import dev.lodestone.io.Json;
import dev.lodestone.synth.Budget;
import dev.lodestone.synth.Generator;
import dev.lodestone.synth.Haystack;
import dev.lodestone.synth.HaystackText;
import dev.lodestone.synth.KeyValueTask;
import dev.lodestone.synth.MdqaTask;
import dev.lodestone.synth.Needle;
import dev.lodestone.synth.NeedleTask;
import dev.lodestone.synth.NeedleText;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone generate}: long-context samples, made or packed anew. */
@Command(name = "generate", description = {
    "Makes long-context samples: niah (a needle in a haystack), kv (one of many key-value pairs), mdqa (real questions"
        + " packed anew among other documents).",
    "The same options and seed give the same bytes. Spans mark the answer, every needle, document and distractor."})
final class GenerateCommand extends BaseCommand {
  @Option(names = "--task", paramLabel = "NAME", required = true, description = "niah, kv, mdqa")
  String task;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "samples, .jsonl or .jsonl.gz")
  Path out;

  @Option(names = "--count", paramLabel = "N", defaultValue = "100",
      description = "samples (default: ${DEFAULT-VALUE})")
  long count;

  @Option(names = "--context-length", paramLabel = "N", split = ",",
      description = "tokens of a whole prompt, never exceeded; several by commas for niah")
  List<Integer> contextLengths = List.of();

  @Option(names = "--tokenizer", paramLabel = "DIR", description = "model folder whose tokenizer counts the tokens")
  Path tokenizer;

  @Option(names = "--needle", paramLabel = "NAME",
      description = "what is to be found: written or templated (niah), symbolic (kv), real (mdqa)")
  String needle;

  @Option(names = "--haystack", paramLabel = "NAME",
      description = "what is around it: real or repeated (niah), varied (kv), real (mdqa)")
  String haystack;

  @Option(names = "--source", paramLabel = "FILE", arity = "1..*", split = ",",
      description = "text files for the haystack of niah; Lost-in-the-Middle lines for mdqa")
  List<Path> sources = List.of();

  @Option(names = "--format", paramLabel = "NAME", defaultValue = "auto",
      description = "how --source is read: auto, text, mdqa (default: ${DEFAULT-VALUE})")
  String format;

  @Option(names = "--needles", paramLabel = "FILE", description = "niah: lines of needle, question, answer")
  Path needles;

  @Option(names = "--depths", paramLabel = "N", defaultValue = "10",
      description = "places of the needle, from first to last in equal steps (default: ${DEFAULT-VALUE})")
  int depths;

  @Option(names = "--pairs", paramLabel = "N", defaultValue = "0", description = "kv: pairs (default: as many as fit)")
  int pairs;

  @Option(names = "--documents", paramLabel = "N", defaultValue = "0",
      description = "mdqa: documents (default: as many as fit)")
  int documents;

  @Option(names = "--gold-positions", paramLabel = "N", split = ",",
      description = "mdqa: places of the gold document, from 0 (default: --depths places)")
  List<Integer> goldPositions = List.of();

  @Option(names = "--prompt", paramLabel = "NAME", defaultValue = "plain",
      description = "mdqa: plain, ordered_randomly, query_aware, closed_book; kv: plain, query_aware"
          + " (default: ${DEFAULT-VALUE})")
  QaPrompt.Style prompt;

  @Option(names = "--chat", paramLabel = "NAME", defaultValue = "none",
      description = "chat template around the prompt: none, chatml (default: ${DEFAULT-VALUE})")
  String chat;

  @Override
  protected void run() throws Exception {
    checkWords();
    OutputPath.check(out);
    try (Tokenizer library = tokenizer == null ? null : Tokenizer.load(tokenizer);
        Progress progress = progress("samples", count)) {
      Generator generator = generator(library == null ? null : new TokenCounter(library));
      var seen = new Seen();
      Samples.write(out, generator.stream(count).peek(sample -> progress.update(seen.add(sample), "")));
      report(seen);
    }
  }

  private void checkWords() {
    if (count < 1) {
      throw wrongWords("--count expected 1 or more but found " + count);
    }
    for (int length : contextLengths) {
      if (length < 1) {
        throw wrongWords("--context-length expected 1 or more but found " + length);
      }
    }
    if (!contextLengths.isEmpty() && tokenizer == null) {
      throw wrongWords("--context-length counts tokens: add --tokenizer with the folder of the model they are for");
    }
    if (contextLengths.size() > 1 && !task.equals("niah")) {
      throw wrongWords("--context-length expected one length for the task " + task + " but found " + contextLengths);
    }
  }

  private Generator generator(TokenCounter counter) {
    ChatTemplate template = words(() -> ChatTemplate.parse(chat));
    return switch (task) {
      case "niah" -> needleTask(template, counter);
      case "kv" -> keyValueTask(template, counter);
      case "mdqa" -> mdqaTask(template, counter);
      case "musique", "summhay" -> throw wrongWords(
          "--task " + task + " is not in this version; there are niah, kv and mdqa");
      default -> throw wrongWords("--task expected niah, kv or mdqa but found '" + task + "'");
    };
  }

  private Generator needleTask(ChatTemplate template, TokenCounter counter) {
    if (contextLengths.isEmpty()) {
      throw wrongWords("--task niah needs --context-length and --tokenizer");
    }
    expectFormat("text");
    Needle kind = words(() -> Needle.parse(needle == null ? "written" : needle));
    Haystack around = words(() -> Haystack.parse(haystack == null ? "real" : haystack));
    if (around == Haystack.REPEATED && !sources.isEmpty()) {
      throw wrongWords("--haystack repeated is made of its own sentences: leave out --source");
    }
    var options = new NeedleTask.Options(budgets(counter), depths, kind, around, template, common.seed);
    var texts = needles == null ? NeedleText.builtin() : NeedleText.read(needles);
    var text = around == Haystack.REPEATED ? HaystackText.filler()
        : sources.isEmpty() ? HaystackText.builtin() : HaystackText.read(sources);
    return words(() -> new NeedleTask(options, texts, text));
  }

  private Generator keyValueTask(ChatTemplate template, TokenCounter counter) {
    expect("--needle", needle, "symbolic");
    expect("--haystack", haystack, "varied");
    if (!sources.isEmpty()) {
      throw wrongWords("--task kv makes its pairs: leave out --source"
          + " (eval and heads read key-value files as they are)");
    }
    if (prompt != QaPrompt.Style.PLAIN && prompt != QaPrompt.Style.QUERY_AWARE) {
      throw wrongWords("--prompt expected plain or query_aware for the task kv but found " + prompt);
    }
    var length = contextLengths.isEmpty() ? Budget.none() : budgets(counter).get(0);
    var options = new KeyValueTask.Options(
        pairs, length, depths, prompt == QaPrompt.Style.QUERY_AWARE, template, common.seed);
    return words(() -> new KeyValueTask(options));
  }

  private Generator mdqaTask(ChatTemplate template, TokenCounter counter) {
    expect("--needle", needle, "real");
    expect("--haystack", haystack, "real");
    expectFormat("mdqa");
    if (sources.isEmpty()) {
      throw wrongWords("--task mdqa packs real questions: name the files with --source");
    }
    var options = new MdqaTask.Options(documents, contextLength(), goldPositions, depths, prompt, template,
        common.seed);
    List<MdqaRecord> records = sources.stream().flatMap(file -> MdqaRecord.read(file).stream()).toList();
    return words(() -> new MdqaTask(options, records, counter == null ? null : counter::exact));
  }

  private List<Budget> budgets(TokenCounter counter) {
    return contextLengths.stream().map(length -> Budget.tokens(counter, length)).toList();
  }

  private int contextLength() {
    return contextLengths.isEmpty() ? 0 : contextLengths.get(0);
  }

  private void expectFormat(String only) {
    if (!format.equals("auto")) {
      expect("--format", format, only);
    }
  }

  private void expect(String option, String found, String only) {
    if (found != null && !found.equals(only)) {
      throw wrongWords(option + " expected " + only + " for the task " + task + " but found '" + found + "'");
    }
  }

  /** What a generator says about its options is about the words. */
  private <T> T words(Supplier<T> made) {
    try {
      return made.get();
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  /** Figures of what was made. */
  private static final class Seen {
    private long samples;
    private int shortest = Integer.MAX_VALUE; // tokens
    private int longest;
    private long characters;

    long add(Sample sample) {
      int tokens = Optional.ofNullable(sample.meta().get("tokens")).map(n -> n.asInt()).orElse(0);
      shortest = Math.min(shortest, tokens);
      longest = Math.max(longest, tokens);
      characters += sample.prompt().length();
      return ++samples;
    }
  }

  private void report(Seen seen) {
    ObjectNode json = Json.mapper().createObjectNode().put("out", out.toString()).put("task", task)
        .put("samples", seen.samples).put("characters", seen.characters);
    String size = "%,d characters".formatted(seen.characters);
    if (seen.longest > 0) {
      json.put("shortest_tokens", seen.shortest).put("longest_tokens", seen.longest);
      size = "%,d to %,d tokens each".formatted(seen.shortest, seen.longest);
    }
    json.set("configuration", configuration());
    summary(json, "%s: %,d samples of %s, %s".formatted(out, seen.samples, task, size));
  }
}
