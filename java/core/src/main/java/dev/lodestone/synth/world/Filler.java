package dev.lodestone.synth.world;

import dev.lodestone.synth.HaystackText;
import java.util.List;

/** Documents of the sentences of {@link HaystackText#filler()} over and over: the haystack {@code repeated}. */
public final class Filler {
  private static final String TITLE = "Grass, sky and sun";

  private final List<String> sentences = HaystackText.filler().sentences();
  private final int[] words = sentences.stream().mapToInt(s -> s.split(" ").length).toArray();

  /** Whole sentences, at least so many words of them; no spans. */
  public Passage passage(int least) {
    var text = new StringBuilder();
    int found = 0;
    for (int i = 0; found < least || i == 0; i++) {
      text.append(i == 0 ? "" : " ").append(sentences.get(i % sentences.size()));
      found += words[i % sentences.size()];
    }
    return new Passage(TITLE, text.toString(), List.of());
  }
}
