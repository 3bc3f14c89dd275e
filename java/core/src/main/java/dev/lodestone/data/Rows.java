package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Token samples put together, or cut, with their spans. */
public final class Rows {
  private Rows() {}

  /** Samples one after the other as the documents of one row; their spans, in order, moved along. */
  public static TokenSample pack(String id, List<TokenSample> samples) {
    var tokens = samples.stream().flatMapToInt(s -> Arrays.stream(s.tokens())).toArray();
    boolean labelled = samples.stream().anyMatch(s -> s.labels() != null);
    var labels = samples.stream().flatMapToInt(Rows::labels).toArray();
    var lengths = samples.stream().flatMapToInt(Rows::lengths).toArray();
    List<Span> spans = new ArrayList<>();
    int start = 0;
    for (var sample : samples) {
      for (var span : sample.spans()) {
        spans.add(span.shift(start));
      }
      start += sample.tokens().length;
    }
    return new TokenSample(id, tokens, labelled ? labels : null, spans, lengths, null);
  }

  /** The first tokens of a sample. Refused if a span would be cut: the sample would ask for what is not there. */
  public static TokenSample truncate(TokenSample sample, int length) {
    int tokens = sample.tokens().length;
    if (tokens <= length) {
      return sample;
    }
    for (var span : sample.spans()) {
      if (span.end() > length) {
        throw new LodestoneException("Sample " + sample.id() + ": expected its span " + span.name() + ", tokens "
            + span.start() + " to " + span.end() + ", within the first " + length
            + " tokens; make the sample shorter.");
      }
    }
    var labels = sample.labels() == null ? null : Arrays.copyOf(sample.labels(), length);
    return new TokenSample(sample.id(), Arrays.copyOf(sample.tokens(), length), labels, sample.spans(),
        sample.packedLengths() == null ? null : cut(sample.packedLengths(), length), sample.text());
  }

  /** What is learned of a sample: without labels, everything. */
  private static IntStream labels(TokenSample sample) {
    return Arrays.stream(sample.labels() == null ? sample.tokens() : sample.labels());
  }

  private static IntStream lengths(TokenSample sample) {
    return sample.packedLengths() == null ? IntStream.of(sample.tokens().length)
        : Arrays.stream(sample.packedLengths());
  }

  private static int[] cut(int[] lengths, int total) {
    var kept = IntStream.builder();
    for (int i = 0, left = total; left > 0; left -= lengths[i++]) {
      kept.add(Math.min(left, lengths[i]));
    }
    return kept.build().toArray();
  }
}
