package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Which tokens of a prompt a detector looks for attention on. */
public enum Target {
  /** The spans {@code answer}; without one the spans {@code needle}. */
  ANSWER("a span answer or needle") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("answer").findAny().isPresent() ? sample.spans("answer") : sample.spans("needle");
    }
  },
  /** The gold documents: the spans {@code needle}; without one the spans {@code answer}. */
  GOLD("a span needle or answer") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("needle").findAny().isPresent() ? sample.spans("needle") : sample.spans("answer");
    }
  },
  /** The spans {@code answer} inside gold documents, that is inside spans {@code needle}. */
  GOLD_ANSWER("a span answer inside a span needle") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("answer").filter(a -> sample.spans("needle").anyMatch(n -> contains(n, a)));
    }
  },
  /** The gold documents of all hops but the last: the spans {@code hop:i} below the highest i. */
  INTERMEDIATE("spans hop:1, hop:2 (a sample of several hops)") {
    @Override
    Stream<Span> find(TokenSample sample) {
      int last = sample.spans().stream().mapToInt(Target::hop).max().orElse(0);
      return sample.spans().stream().filter(s -> hop(s) > 0 && hop(s) < last);
    }
  },
  /** What one hop hands to the next: the spans {@code bridge}. */
  BRIDGE("a span bridge (a sample of several hops)") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("bridge");
    }
  },
  /** The numbers of the gold documents: the spans {@code citation}. */
  CITATION("a span citation, or gold documents with their number: a span needle that is a document:i") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("citation");
    }
  },
  /** The gold documents, each without its number and what stands before it. */
  BODY("a span needle") {
    @Override
    Stream<Span> find(TokenSample sample) {
      return sample.spans("needle").map(n -> body(n, sample)).filter(n -> n != null);
    }
  };

  private final String wanted;

  Target(String wanted) {
    this.wanted = wanted;
  }

  abstract Stream<Span> find(TokenSample sample);

  /** The spans in the order of the text, overlapping ones as one; a LodestoneException if there is none. */
  public List<Span> of(TokenSample sample) {
    List<Span> merged = new ArrayList<>();
    for (Span span : find(sample).sorted(Comparator.comparingInt(Span::start)).toList()) {
      Span before = merged.isEmpty() ? null : merged.get(merged.size() - 1);
      if (before == null || span.start() >= before.end()) {
        merged.add(span);
      } else {
        int end = Math.max(before.end(), span.end());
        merged.set(merged.size() - 1, new Span(before.name(), before.start(), end));
      }
    }
    if (merged.isEmpty()) {
      throw new LodestoneException("sample " + sample.id() + ": expected " + wanted + " to look for but found "
          + (sample.spans().isEmpty() ? "no span" : sample.spans().stream().map(Span::name).distinct().toList()));
    }
    return List.copyOf(merged);
  }

  private static boolean contains(Span outer, Span inner) {
    return outer.start() <= inner.start() && inner.end() <= outer.end();
  }

  /** i of {@code hop:i}; 0 for other names. */
  private static int hop(Span span) {
    return span.name().matches("hop:[0-9]{1,6}") ? Integer.parseInt(span.name().substring(4)) : 0;
  }

  private static Span body(Span needle, TokenSample sample) {
    int start = sample.spans("citation").filter(c -> contains(needle, c)).mapToInt(Span::end).max()
        .orElse(needle.start());
    return start < needle.end() ? new Span(needle.name(), start, needle.end()) : null;
  }
}
