package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsCapture;
import dev.lodestone.engine.bind.LsPass;
import dev.lodestone.engine.bind.LsProbe;
import dev.lodestone.heads.Head;
import dev.lodestone.model.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;

/** A native pass under construction: its struct, and room for what it hands back. Lives as long as the open scope. */
final class NativePass {
  final LsPass struct = new LsPass();
  private final ModelConfig config;
  private final int rows;
  private final Map<Head, FloatPointer> captured = new LinkedHashMap<>();
  private FloatBuffer logits;
  private Probe.Room probe;

  /** {@code rows}: tokens of the batch, or sequences of a decoder step. */
  NativePass(ModelConfig config, int rows) {
    this.config = config;
    this.rows = rows;
    struct.zero();
  }

  /** The request of a forward pass or of a pass over a prompt. */
  static NativePass of(ModelConfig config, int rows, Pass pass) {
    var made = new NativePass(config, rows);
    made.edits(pass.edits);
    made.captures(pass.captures);
    if (pass.allLogits) {
      made.logits(LongStream.range(0, rows).toArray());
    } else if (pass.logitRows.length > 0) {
      made.logits(Arrays.stream(pass.logitRows).asLongStream().toArray());
    }
    if (pass.loss) {
      made.struct.loss(new DoublePointer(1));
    }
    if (pass.probe != null) {
      var probe = new LsProbe();
      probe.zero();
      made.probe = pass.probe.fill(probe, config, rows);
      made.struct.probe(probe);
    }
    return made;
  }

  void edits(List<Edit> edits) {
    if (!edits.isEmpty()) {
      struct.edit_count(edits.size()).edits(Edit.toNative(edits, rows, config.headDim()));
    }
  }

  void captures(List<Head> heads) {
    if (heads.isEmpty()) {
      return;
    }
    var structs = new LsCapture(heads.size());
    structs.zero();
    for (int i = 0; i < heads.size(); i++) {
      var values = new FloatPointer(Native.elements("a captured head", rows, config.headDim()));
      structs.position(i).layer(heads.get(i).layer()).head(heads.get(i).head()).values(values);
      captured.put(heads.get(i), values);
    }
    struct.capture_count(heads.size()).captures(structs.position(0));
  }

  /** Room for the logits of these rows. */
  void logits(long[] wanted) {
    int count = Native.elements("logits of " + wanted.length + " rows", wanted.length, config.vocabulary());
    try {
      logits = ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    } catch (OutOfMemoryError e) {
      throw new EngineException(EngineException.OUT_OF_MEMORY, "logits of " + wanted.length + " rows need " + 4L * count
          + " bytes outside the Java heap, more than -XX:MaxDirectMemorySize leaves; ask for fewer rows", e);
    }
    struct.logit_rows(wanted.length).logit_row(new LongPointer(wanted)).logits(new FloatPointer(logits));
  }

  /** Copies out what the native call has written; logits stand in their buffer already. */
  Pass.Result result() {
    var values = new LinkedHashMap<Head, float[]>();
    captured.forEach((head, from) -> {
      var copy = new float[rows * config.headDim()];
      from.get(copy);
      values.put(head, copy);
    });
    var loss = struct.loss();
    return new Pass.Result(logits, loss == null ? Double.NaN : loss.get(), values,
        probe == null ? null : probe.read());
  }
}
