package dev.lodestone.engine;

import dev.lodestone.engine.bind.LsProbe;
import dev.lodestone.model.ModelConfig;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;

/**
 * What a pass measures of the attention probabilities of every head, for the query rows asked for. No S×S matrix is
 * made. Without a word about statistics: log-sum-exp, best and second-best key, and the mass on spans where there are
 * any.
 */
public final class Probe {
  /** The kinds of statistics; {@link ProbeResult} says their shapes. */
  public enum Stat {
    /** Natural log of the sum of exponentials of the scaled scores. */
    LSE,
    /** Best and second-best key with their probabilities. */
    TOP2,
    /** Probability mass on each span. */
    MASS,
    /** Sum over the rows of the probability on each key. Not in a decoder step. */
    COLUMNS,
    /** Mass on previous-token, duplicate and induction keys. Not in a decoder step. */
    PATTERN
  }

  private final int[] rows;
  private List<TokenSpan> spans = List.of();
  private Set<Stat> stats = EnumSet.of(Stat.LSE, Stat.TOP2, Stat.MASS);

  private Probe(int[] rows) {
    this.rows = rows;
  }

  /** Query rows of the batch, ascending. */
  public static Probe rows(int... rows) {
    return new Probe(rows);
  }

  /** The query rows {@code [from, to)}. */
  public static Probe range(int from, int to) {
    return new Probe(IntStream.range(from, to).toArray());
  }

  /** The one new row of a decoder step. */
  public static Probe step() {
    return new Probe(new int[1]);
  }

  /** Key ranges whose mass is wanted: tokens of the batch, or positions of the sequence in a decoder. */
  public Probe spans(List<TokenSpan> spans) {
    this.spans = List.copyOf(spans);
    return this;
  }

  public Probe stats(Set<Stat> stats) {
    this.stats = Set.copyOf(stats);
    return this;
  }

  int rowCount() {
    return rows.length;
  }

  /**
   * Fills a zeroed struct with this request and with room for its results, for a pass over {@code tokens} tokens. All
   * of it lives as long as the open scope; {@link Room#read} copies the results out before that.
   */
  Room fill(LsProbe struct, ModelConfig config, int tokens) {
    struct.rows(rows.length).row(new LongPointer(IntStream.of(rows).asLongStream().toArray()));
    struct.spans(spans.size());
    struct.span_begin(new LongPointer(spans.stream().mapToLong(TokenSpan::start).toArray()));
    struct.span_end(new LongPointer(spans.stream().mapToLong(TokenSpan::end).toArray()));
    long layers = config.layers();
    long heads = config.heads();
    int cells = Native.elements("a statistic of the probe", layers, heads, rows.length);
    if (stats.contains(Stat.LSE)) {
      struct.lse(new FloatPointer(cells));
    }
    if (stats.contains(Stat.TOP2)) {
      struct.argmax(new IntPointer(cells)).max_prob(new FloatPointer(cells));
      struct.second(new IntPointer(cells)).second_prob(new FloatPointer(cells));
    }
    int masses = Native.elements("the probe's span mass", layers, heads, rows.length, spans.size());
    if (stats.contains(Stat.MASS) && masses > 0) {
      struct.span_mass(new FloatPointer(masses));
    }
    int columns = Native.elements("the probe's column sum", layers, heads, tokens);
    if (stats.contains(Stat.COLUMNS)) {
      struct.column_sum(new FloatPointer(columns));
    }
    int patterns = Native.elements("the probe's pattern mass", layers, heads, rows.length, 3);
    if (stats.contains(Stat.PATTERN)) {
      struct.pattern(new FloatPointer(patterns));
    }
    return () -> new ProbeResult(config.layers(), config.heads(), rows.length, spans.size(), tokens,
        floats(struct.lse(), cells), ints(struct.argmax(), cells), floats(struct.max_prob(), cells),
        ints(struct.second(), cells), floats(struct.second_prob(), cells), floats(struct.span_mass(), masses),
        floats(struct.column_sum(), columns), floats(struct.pattern(), patterns));
  }

  /** Native room for results; {@code read} copies them. */
  interface Room {
    ProbeResult read();
  }

  private static float[] floats(FloatPointer from, int count) {
    if (from == null || from.isNull()) {
      return null;
    }
    var values = new float[count];
    from.get(values);
    return values;
  }

  private static int[] ints(IntPointer from, int count) {
    if (from == null || from.isNull()) {
      return null;
    }
    var values = new int[count];
    from.get(values);
    return values;
  }
}
