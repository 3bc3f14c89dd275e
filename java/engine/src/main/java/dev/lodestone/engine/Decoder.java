package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.ls_decoder_length;
import static dev.lodestone.engine.bind.Lodestone.ls_decoder_open;
import static dev.lodestone.engine.bind.Lodestone.ls_decoder_prefill;
import static dev.lodestone.engine.bind.Lodestone.ls_decoder_step;
import static dev.lodestone.engine.bind.Lodestone.ls_decoder_truncate;

import dev.lodestone.engine.bind.Lodestone;
import dev.lodestone.engine.bind.LsDecoder;
import dev.lodestone.engine.bind.LsProbe;
import dev.lodestone.heads.Head;
import dev.lodestone.model.ModelConfig;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;

/** Greedy decoding of several independent sequences over a KV cache. */
public final class Decoder extends Handle<LsDecoder> {
  /** The greedy token after a prompt, and what the pass over the prompt handed back. */
  public record Prefill(int next, Pass.Result result) {}

  /**
   * What a step does beside running.
   *
   * @param edits their first rows count positions of the sequence
   * @param captures heads whose outputs are wanted
   * @param probes empty, or one for each sequence of the step ({@link Probe#step}); an entry may be null
   * @param logits whether the logits are wanted
   */
  public record StepOptions(List<Edit> edits, List<Head> captures, List<Probe> probes, boolean logits) {
    public static final StepOptions NONE = new StepOptions(List.of(), List.of(), List.of(), false);

    public StepOptions withEdits(List<Edit> edits) {
      return new StepOptions(edits, captures, probes, logits);
    }

    public StepOptions withCaptures(List<Head> captures) {
      return new StepOptions(edits, captures, probes, logits);
    }

    public StepOptions withProbes(List<Probe> probes) {
      return new StepOptions(edits, captures, probes, logits);
    }

    public StepOptions withLogits() {
      return new StepOptions(edits, captures, probes, true);
    }
  }

  /**
   * What a step handed back.
   *
   * @param next the greedy token of each sequence, the lowest id on ties
   * @param probes as asked for; keys are positions of the sequence
   * @param pass logits (sequences, vocabulary) and captures (sequences, head_dim)
   */
  public record StepResult(int[] next, List<ProbeResult> probes, Pass.Result pass) {
    /** The statistics of the i-th sequence of the step. */
    public ProbeResult probe(int i) {
      return probes.get(i);
    }

    /** Direct buffer (sequences, vocabulary), or null. */
    public FloatBuffer logits() {
      return pass.logits();
    }
  }

  private final ModelConfig config;

  private Decoder(ModelConfig config, LsDecoder pointer) {
    super("decoder", pointer, Lodestone::ls_decoder_close);
    this.config = config;
  }

  /** Room for so many sequences of up to {@code capacity} tokens each. */
  public static Decoder open(Model model, int sequences, int capacity) {
    var pointer = new LsDecoder();
    Native.check(ls_decoder_open(model.pointer(), sequences, capacity, pointer));
    return new Decoder(model.config(), pointer);
  }

  /** Tokens in the cache of a sequence. */
  public int length(int sequence) {
    long length = ls_decoder_length(pointer(), sequence);
    if (length < 0) {
      throw new EngineException(EngineException.INVALID, "the decoder has no sequence " + sequence);
    }
    return (int) length;
  }

  /** Empties the sequence and reads a prompt into it. */
  public Prefill prefill(int sequence, int[] ids, Pass pass) {
    try (var scope = new PointerScope()) {
      var decoder = pointer();
      var nativePass = NativePass.of(config, ids.length, pass);
      var next = new IntPointer(1);
      Native.check(ls_decoder_prefill(decoder, sequence, new IntPointer(ids), ids.length, nativePass.struct, next));
      return new Prefill(next.get(), nativePass.result());
    }
  }

  /** Forgets all but the first {@code length} tokens of a sequence, so that it goes on from there another way. */
  public void truncate(int sequence, int length) {
    Native.check(ls_decoder_truncate(pointer(), sequence, length));
  }

  /** Appends one token to each of these (different) sequences. */
  public StepResult step(int[] sequences, int[] ids, StepOptions options) {
    int count = sequences.length;
    if (ids.length != count) {
      throw new EngineException(EngineException.INVALID,
          "decoder step: expected " + count + " tokens, one for each sequence, but found " + ids.length);
    }
    if (!options.probes.isEmpty() && options.probes.size() != count) {
      throw new EngineException(EngineException.INVALID,
          "decoder step: expected " + count + " probes, one for each sequence, but found " + options.probes.size());
    }
    try (var scope = new PointerScope()) {
      var decoder = pointer();
      var pass = new NativePass(config, count);
      pass.edits(options.edits);
      pass.captures(options.captures);
      if (options.logits) {
        pass.logits(LongStream.range(0, count).toArray());
      }
      var rooms = probes(pass, sequences, options.probes);
      var next = new IntPointer(count);
      Native.check(ls_decoder_step(decoder, count,
          new LongPointer(Arrays.stream(sequences).asLongStream().toArray()), new IntPointer(ids), pass.struct, next));
      var tokens = new int[count];
      next.get(tokens);
      var results = new ArrayList<ProbeResult>();
      rooms.forEach(room -> results.add(room == null ? null : room.read()));
      return new StepResult(tokens, results, pass.result());
    }
  }

  private List<Probe.Room> probes(NativePass pass, int[] sequences, List<Probe> probes) {
    var rooms = new ArrayList<Probe.Room>();
    if (probes.isEmpty()) {
      return rooms;
    }
    var structs = new LsProbe(probes.size());
    structs.zero();
    for (int i = 0; i < probes.size(); i++) {
      rooms.add(probes.get(i) == null ? null
          : probes.get(i).fill(structs.getPointer(i), config, length(sequences[i]) + 1));
    }
    pass.struct.probe(structs);
    return rooms;
  }
}
