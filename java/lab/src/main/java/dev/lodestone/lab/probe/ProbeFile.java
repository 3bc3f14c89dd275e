package dev.lodestone.lab.probe;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.engine.Batch;
import dev.lodestone.engine.Decoder;
import dev.lodestone.engine.Edit;
import dev.lodestone.engine.Mode;
import dev.lodestone.engine.Model;
import dev.lodestone.engine.Pass;
import dev.lodestone.engine.Probe;
import dev.lodestone.engine.ProbeResult;
import dev.lodestone.engine.Probe.Stat;
import dev.lodestone.engine.TokenSpan;
import dev.lodestone.engine.TrainOptions;
import dev.lodestone.engine.Trainer;
import dev.lodestone.io.DType;
import dev.lodestone.io.SafetensorsWriter;
import dev.lodestone.model.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Runs a {@link ProbeRequest} over samples and writes what it finds as safetensors, sample by sample, whole or not at
 * all. Tensors of the k-th sample, with T tokens, V vocabulary, L layers, H query heads, R rows, S spans:
 * {@code k/logits} (T, V); {@code k/lse}, {@code k/row_argmax} I32, {@code k/row_max_prob}, {@code k/row_second_prob}
 * (L, H, R); {@code k/span_mass} (L, H, R, S), NaN where a window hides the span; {@code k/column_sum} (L, H, T);
 * {@code k/pattern} (L, H, R, 3); {@code k/loss} (1); {@code k/grad.NAME}; {@code k/generated} (N) I32. F32 where
 * nothing else stands.
 */
public final class ProbeFile {
  private final Model model;
  private final ModelConfig config;
  private final ProbeRequest request;
  private final List<TokenSample> samples;

  private ProbeFile(Model model, ProbeRequest request, List<TokenSample> samples) {
    this.model = model;
    this.config = model.config();
    this.request = request;
    this.samples = samples;
  }

  /** Writes the probe of all samples to {@code out}; {@code done} hears how many are through. */
  public static void write(Model model, ProbeRequest request, List<TokenSample> samples, Path out, IntConsumer done) {
    request.check(model.config(), samples);
    new ProbeFile(model, request, samples).run(out, done);
  }

  private void run(Path out, IntConsumer done) {
    try (var file = SafetensorsWriter.create(out); var trainer = trainer()) {
      for (int k = 0; k < samples.size(); k++) {
        declare(file, k);
      }
      for (int k = 0; k < samples.size(); k++) {
        writeForward(file, k);
        if (request.gradients()) {
          writeGradients(file, k, trainer);
        }
        if (request.generate() > 0) {
          file.write(k + "/generated", generate(samples.get(k)));
        }
        done.accept(k + 1);
      }
      file.commit();
    }
  }

  private void declare(SafetensorsWriter file, int k) {
    TokenSample sample = samples.get(k);
    int tokens = sample.tokens().length;
    long layers = config.layers();
    long heads = config.heads();
    long rows = request.rows().resolve(tokens, sample.id()).count();
    file.declare(k + "/logits", DType.F32, tokens, config.vocabulary());
    if (wants(Stat.LSE)) {
      file.declare(k + "/lse", DType.F32, layers, heads, rows);
    }
    if (wants(Stat.TOP2)) {
      file.declare(k + "/row_argmax", DType.I32, layers, heads, rows);
      file.declare(k + "/row_max_prob", DType.F32, layers, heads, rows);
      file.declare(k + "/row_second_prob", DType.F32, layers, heads, rows);
    }
    if (wants(Stat.MASS)) {
      file.declare(k + "/span_mass", DType.F32, layers, heads, rows, sample.spans().size());
    }
    if (wants(Stat.COLUMNS)) {
      file.declare(k + "/column_sum", DType.F32, layers, heads, tokens);
    }
    if (wants(Stat.PATTERN)) {
      file.declare(k + "/pattern", DType.F32, layers, heads, rows, 3);
    }
    if (request.gradients()) {
      file.declare(k + "/loss", DType.F32, 1);
      for (Model.Parameter p : model.parameters()) {
        file.declare(k + "/grad." + p.name(), DType.F32,
            p.rank() == 1 ? new long[] {p.count()} : new long[] {p.rows(), p.columns()});
      }
    }
    if (request.generate() > 0) {
      file.declare(k + "/generated", DType.I32, request.generate());
    }
  }

  private boolean wants(Stat stat) {
    return request.stats().contains(stat);
  }

  private void writeForward(SafetensorsWriter file, int k) {
    TokenSample sample = samples.get(k);
    int tokens = sample.tokens().length;
    EnumSet<Stat> stats = stats(sample);
    List<Edit> edits = edits(k);
    ProbeResult probe = null;
    for (int row = 0; row < tokens; row += logitRows()) { // one pass, unless the logits are very many
      int[] rows = IntStream.range(row, Math.min(tokens, row + logitRows())).toArray();
      Pass pass = Pass.of().edits(edits).logitRows(rows);
      if (row == 0 && !stats.isEmpty()) {
        pass = pass.probe(probe(sample, stats));
      }
      Pass.Result result = model.forward(batch(sample), pass);
      write(file, k + "/logits", result.logits());
      probe = row == 0 ? result.probe() : probe;
    }
    if (!stats.isEmpty()) {
      writeStatistics(file, k, probe);
    }
  }

  /** Rows whose logits are held at a time: 1 GiB of them. */
  private int logitRows() {
    return Math.max(1, (1 << 28) / config.vocabulary());
  }

  /** Without spans there is no mass to ask for: its tensor is declared and empty. */
  private EnumSet<Stat> stats(TokenSample sample) {
    EnumSet<Stat> stats = EnumSet.noneOf(Stat.class);
    stats.addAll(request.stats());
    if (sample.spans().isEmpty()) {
      stats.remove(Stat.MASS);
    }
    return stats;
  }

  private Probe probe(TokenSample sample, EnumSet<Stat> stats) {
    var rows = request.rows().resolve(sample.tokens().length, sample.id());
    return Probe.range(rows.begin(), rows.end()).spans(spans(sample)).stats(stats);
  }

  private static List<TokenSpan> spans(TokenSample sample) {
    return sample.spans().stream().map((Span s) -> new TokenSpan(s.start(), s.end())).toList();
  }

  private static void writeStatistics(SafetensorsWriter file, int k, ProbeResult probe) {
    write(file, k + "/lse", probe.lse());
    if (probe.argmax() != null) {
      file.write(k + "/row_argmax", probe.argmax());
    }
    write(file, k + "/row_max_prob", probe.maxProb());
    write(file, k + "/row_second_prob", probe.secondProb());
    write(file, k + "/span_mass", probe.spanMass());
    write(file, k + "/column_sum", probe.columnSum());
    write(file, k + "/pattern", probe.pattern());
  }

  private static void write(SafetensorsWriter file, String name, float[] values) {
    if (values != null) {
      file.write(name, values);
    }
  }

  private List<Edit> edits(int k) {
    var edits = new ArrayList<>(request.knockout().edits());
    if (!request.patched().isEmpty()) {
      Pass.Result donor = model.forward(batch(request.donor(k)), Pass.of().capture(request.patched()));
      request.patched().forEach(head -> edits.add(Edit.replace(head, donor.captured(head))));
    }
    return edits;
  }

  private void writeGradients(SafetensorsWriter file, int k, Trainer trainer) {
    TokenSample sample = samples.get(k);
    var step = trainer.gradients(List.of(batch(sample).withLabels(sample.labels())));
    file.write(k + "/loss", (float) step.loss());
    for (Model.Parameter parameter : model.parameters()) {
      file.write(k + "/grad." + parameter.name(), trainer.gradient(parameter.name()));
    }
  }

  /** A trainer of all parameters for gradients, or nothing. */
  private Trainer trainer() {
    if (!request.gradients()) {
      return null;
    }
    long longest = samples.stream().mapToLong(s -> s.tokens().length).max().orElse(1);
    return Trainer.open(model, new TrainOptions(Mode.ALL, 0.9, 0.999, 1e-8, 0, 0, false, false, longest));
  }

  /** Exactly the tokens asked for, end tokens or not: what a program compares has a fixed length. */
  private int[] generate(TokenSample sample) {
    int[] prompt = sample.tokens();
    int[] generated = new int[request.generate()];
    var edits = request.knockout().edits();
    var options = Decoder.StepOptions.NONE.withEdits(edits);
    try (var decoder = Decoder.open(model, 1, prompt.length + generated.length)) {
      generated[0] = decoder.prefill(0, prompt, Pass.of().edits(edits)).next();
      for (int i = 1; i < generated.length; i++) {
        generated[i] = decoder.step(new int[] {0}, new int[] {generated[i - 1]}, options).next()[0];
      }
    }
    return generated;
  }

  private static Batch batch(TokenSample sample) {
    int[] lengths = sample.packedLengths();
    if (lengths == null) {
      return Batch.of(sample.tokens());
    }
    int[] starts = new int[lengths.length + 1];
    for (int i = 0; i < lengths.length; i++) {
      starts[i + 1] = starts[i] + lengths[i];
    }
    return new Batch(sample.tokens(), starts, null, null);
  }

  private static void write(SafetensorsWriter file, String name, FloatBuffer values) {
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    while (values.hasRemaining()) {
      piece.clear();
      int count = Math.min(values.remaining(), piece.capacity() / 4);
      piece.asFloatBuffer().put(values.slice(values.position(), count));
      values.position(values.position() + count);
      file.write(name, piece.limit(4 * count));
    }
  }
}
