package dev.lodestone.cli;

import static dev.lodestone.cli.GenerateCommand.fromFile;

import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.QaPrompt;
import dev.lodestone.synth.Budget;
import dev.lodestone.synth.Generator;
import dev.lodestone.synth.Haystack;
import dev.lodestone.synth.HaystackText;
import dev.lodestone.synth.KeyValueTask;
import dev.lodestone.synth.Needle;
import dev.lodestone.synth.NeedleTask;
import dev.lodestone.synth.NeedleText;
import dev.lodestone.synth.RulerTask;
import dev.lodestone.synth.RulerWords;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What {@code generate} asks about niah and kv. */
final class NeedleTaskOptions {
  @Option(names = "--needles", order = 400, paramLabel = "FILE", description = "niah: lines of needle, question, answer")
  Path needles;

  @Option(names = "--pairs", order = 401, paramLabel = "N", defaultValue = "0",
      description = "kv: pairs (default: as many as fit)")
  int pairs;

  @Option(names = "--ruler", order = 402, paramLabel = "NAME",
      description = "niah: RULER's needles instead, single, multi_key, multi_value or multi_query; --depths 40 is its grid")
  RulerTask.Variant ruler;

  @Option(names = "--ruler-needles", order = 403, paramLabel = "N", defaultValue = "4",
      description = "needles of a sample but for single (default: ${DEFAULT-VALUE})")
  int rulerNeedles;

  @Option(names = "--ruler-keys", order = 404, paramLabel = "NAME", defaultValue = "words",
      description = "words, numbers, uuids (default: ${DEFAULT-VALUE})")
  RulerWords rulerKeys;

  @Option(names = "--ruler-values", order = 405, paramLabel = "NAME", defaultValue = "numbers",
      description = "words, numbers, uuids (default: ${DEFAULT-VALUE})")
  RulerWords rulerValues;

  Generator needle(GenerateCommand shared, List<Budget> lengths, ChatTemplate chat) {
    var around = shared.haystack(Haystack.REAL);
    if (around == Haystack.REPEATED && !shared.sources.isEmpty()) {
      throw shared.wrongWords("--haystack repeated is made of its own sentences: leave out --source");
    }
    if (ruler != null) {
      return ruler(shared, around, lengths, chat);
    }
    var texts = needles == null ? NeedleText.builtin() : fromFile(() -> NeedleText.read(needles));
    var text = around == Haystack.REPEATED ? HaystackText.filler()
        : shared.sources.isEmpty() ? HaystackText.builtin() : fromFile(() -> HaystackText.read(shared.sources));
    return new NeedleTask(new NeedleTask.Options(lengths, shared.depths, shared.needle(Needle.WRITTEN), around, chat,
        shared.common.seed), texts, text);
  }

  private Generator ruler(GenerateCommand shared, Haystack around, List<Budget> lengths, ChatTemplate chat) {
    if (needles != null || shared.needle(Needle.TEMPLATED) != Needle.TEMPLATED) {
      throw shared.wrongWords("--ruler has templated needles of its own: leave out --needles and --needle");
    }
    var options = new RulerTask.Options(ruler, rulerNeedles, rulerKeys, rulerValues, lengths, shared.depths, around,
        chat, shared.common.seed);
    return shared.sources.isEmpty() ? RulerTask.builtin(options)
        : new RulerTask(options, fromFile(() -> HaystackText.read(shared.sources)));
  }

  Generator keyValue(GenerateCommand shared, Budget budget, ChatTemplate chat) {
    if (shared.needle(Needle.SYMBOLIC) != Needle.SYMBOLIC || shared.haystack(Haystack.VARIED) != Haystack.VARIED) {
      throw shared.wrongWords("--task kv has symbolic needles in a varied haystack");
    }
    if (!shared.sources.isEmpty()) {
      throw shared.wrongWords("--task kv makes its pairs: leave out --source"
          + " (eval and heads read key-value files as they are)");
    }
    if (shared.prompt != QaPrompt.Style.PLAIN && shared.prompt != QaPrompt.Style.QUERY_AWARE) {
      throw shared.wrongWords("--prompt expected plain or query_aware for the task kv but found " + shared.prompt);
    }
    return new KeyValueTask(new KeyValueTask.Options(pairs, budget, shared.depths,
        shared.prompt == QaPrompt.Style.QUERY_AWARE, chat, shared.common.seed));
  }
}
