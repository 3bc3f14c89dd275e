package dev.lodestone.synth;

import dev.lodestone.data.PromptBuilder;
import dev.lodestone.data.Span;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A sentence that is put between others.
 *
 * @param marks spans in code points of the sentence
 * @param depth its place, in percent of the sentences around it
 */
record Hidden(String text, List<Span> marks, int depth) {
  Hidden {
    marks = List.copyOf(marks);
  }

  /** A sentence with a span over all of it and one over a part, which begins at that UTF-16 position. */
  static Hidden of(String text, String whole, String part, int partStart, int partLength, int depth) {
    int start = text.codePointCount(0, partStart);
    int end = start + text.codePointCount(partStart, partStart + partLength);
    return new Hidden(text, List.of(new Span(whole, 0, text.codePointCount(0, text.length())),
        new Span(part, start, end)), depth);
  }

  /** A sentence without spans. */
  static Hidden plain(String text) {
    return new Hidden(text, List.of(), 0);
  }

  /** Adds sentences 0 to count - 1 with the hidden ones between them; those of one place in their order. */
  static void add(PromptBuilder prompt, int count, IntFunction<Hidden> sentence, List<Hidden> hidden,
      String separator) {
    var next = hidden.stream().sorted(Comparator.comparingInt(Hidden::depth)).iterator();
    var waiting = next.hasNext() ? next.next() : null;
    boolean first = true;
    for (int i = 0; i <= count; i++) {
      while (waiting != null && Math.round(count * (waiting.depth / 100.0)) == i) {
        waiting.addTo(prompt.add(first ? "" : separator));
        waiting = next.hasNext() ? next.next() : null;
        first = false;
      }
      if (i < count) {
        sentence.apply(i).addTo(prompt.add(first ? "" : separator));
        first = false;
      }
    }
  }

  private void addTo(PromptBuilder prompt) {
    int at = prompt.position();
    prompt.add(text);
    marks.forEach(m -> prompt.mark(m.name(), at + m.start(), at + m.end()));
  }
}
