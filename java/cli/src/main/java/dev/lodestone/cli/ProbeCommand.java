package dev.lodestone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Samples;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Engine;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import dev.lodestone.lab.eval.ModelSamples;
import dev.lodestone.lab.probe.Knockout;
import dev.lodestone.lab.probe.ProbeFile;
import dev.lodestone.lab.probe.ProbeRequest;
import dev.lodestone.lab.probe.RowRange;
import dev.lodestone.model.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lodestone probe}: one forward pass over samples, looked into. */
@Command(name = "probe", description = {
    "Runs one forward pass over samples and writes logits and attention statistics as safetensors.",
    "Tensors of the k-th sample are named k/NAME: logits (T,V); lse, row_argmax, row_max_prob, row_second_prob (L,H,R);"
        + " span_mass (L,H,R,S); column_sum (L,H,T); pattern (L,H,R,3); loss (1); grad.PARAMETER; generated (N)."})
final class ProbeCommand extends BaseCommand {
  @Option(names = "--model", paramLabel = "DIR", required = true, description = "model folder")
  Path model;

  @Option(names = "--tokens", paramLabel = "FILE", required = true,
      description = "samples, .jsonl or .jsonl.gz; text needs the model's tokenizer")
  Path tokens;

  @Option(names = "--out", paramLabel = "FILE", required = true, description = "the safetensors file to write")
  Path out;

  @Option(names = "--rows", paramLabel = "A:B", defaultValue = ":",
      description = "query rows of the statistics, as in Python: 448:512, -4: (default: all)")
  String rows;

  @Option(names = "--stats", paramLabel = "NAME", split = ",",
      description = "lse, top2, mass, columns, pattern (default: none)")
  List<String> stats = List.of();

  @Option(names = "--knockout", paramLabel = "MODE:l-h,..",
      description = "heads removed: zero (no output), mean (its mean over the rows), uniform (its query is 0)")
  String knockout;

  @Option(names = "--patch-from", paramLabel = "FILE",
      description = "donor samples of the same length: one for all, or one for each sample")
  Path patchFrom;

  @Option(names = "--patch-heads", paramLabel = "l-h,..",
      description = "heads whose outputs come from the donor's pass")
  String patchHeads;

  @Option(names = "--generate", paramLabel = "N", defaultValue = "0",
      description = "tokens to decode greedily after the sample")
  int generate;

  @Option(names = "--gradients", description = "loss of the labels, and its gradient for every parameter")
  boolean gradients;

  @Option(names = "--config-file", paramLabel = "NAME", defaultValue = "config.json",
      description = "configuration in the model folder (default: ${DEFAULT-VALUE})")
  String configFile;

  @Option(names = "--add-special-tokens", description = "text samples: with the tokenizer's special tokens")
  boolean addSpecialTokens;

  @Override
  protected void run() throws Exception {
    Asked asked = asked();
    try (ModelFolder folder = ModelFolder.open(model, configFile)) {
      folder.check();
      List<TokenSample> samples = read(folder, tokens);
      List<TokenSample> donors = patchFrom == null ? List.of() : read(folder, patchFrom);
      var request = new ProbeRequest(asked.rows, asked.stats, asked.knockout, asked.patched, donors, generate,
          gradients);
      request.check(folder.config(), samples);
      OutputPath.check(out);
      try (Engine engine = common.openEngine(); Model loaded = Model.load(engine, folder);
          Progress progress = progress("probe", samples.size())) {
        ProbeFile.write(loaded, request, samples, out, done -> progress.update(done, ""));
      }
      report(samples);
    }
  }

  private void report(List<TokenSample> samples) throws Exception {
    long count = samples.stream().mapToLong(s -> s.tokens().length).sum();
    ObjectNode json = Json.mapper().createObjectNode().put("out", out.toString()).put("samples", samples.size())
        .put("tokens", count).put("bytes", Files.size(out));
    json.set("configuration", configuration());
    summary(json, "%s: %,d samples, %,d tokens".formatted(out, samples.size(), count));
  }

  private List<TokenSample> read(ModelFolder folder, Path file) {
    try (var input = ModelSamples.read(folder, file, Samples.Format.AUTO, addSpecialTokens)) {
      return input.samples();
    }
  }

  private record Asked(RowRange rows, Set<Stat> stats, Knockout knockout, List<Head> patched) {}

  private Asked asked() {
    try {
      if ((patchFrom == null) != (patchHeads == null)) {
        throw new LodestoneException("--patch-from and --patch-heads go together");
      }
      Set<Stat> wanted = EnumSet.noneOf(Stat.class);
      stats.forEach(name -> wanted.add(stat(name)));
      return new Asked(RowRange.parse(rows), wanted, knockout == null ? Knockout.NONE : Knockout.parse(knockout),
          patchHeads == null ? List.of() : Head.parseList(patchHeads));
    } catch (LodestoneException e) {
      throw wrongWords(e.getMessage());
    }
  }

  private static Stat stat(String name) {
    return switch (name.strip()) {
      case "lse" -> Stat.LSE;
      case "top2" -> Stat.TOP2;
      case "mass" -> Stat.MASS;
      case "columns" -> Stat.COLUMNS;
      case "pattern" -> Stat.PATTERN;
      default -> throw new LodestoneException(
          "--stats expected lse, top2, mass, columns or pattern but found '" + name + "'");
    };
  }
}
