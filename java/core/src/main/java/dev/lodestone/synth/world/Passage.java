package dev.lodestone.synth.world;

import dev.lodestone.data.Span;
import java.util.List;

/**
 * A document.
 *
 * @param spans of the text, in code points: {@code fact} over the sentence of the main fact, {@code answer} over its
 *     object; none in filler
 */
public record Passage(String title, String text, List<Span> spans) {
  public Passage {
    spans = List.copyOf(spans);
  }
}
