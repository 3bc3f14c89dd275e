package dev.lodestone.lab.quickstart;

import dev.lodestone.data.TokenSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Text to learn retrieval from: random tokens in which snippets of 3 to 12 tokens come back at random distances. Once the
 * first token of a snippet has come back the others can be known, but only by looking up where it stood before; those
 * alone have labels.
 */
final class SnippetText {
  private static final int SHORTEST = 3;
  private static final int LONGEST = 12;

  private SnippetText() {}

  /** {@code count} documents of {@code length} tokens, the same for the same seed. */
  static List<TokenSample> documents(int count, int length, long seed) {
    var random = new Random(seed);
    var documents = new ArrayList<TokenSample>(count);
    while (documents.size() < count) {
      TokenSample document = document("snippets-%d-%d".formatted(length, documents.size()), length, random);
      if (Arrays.stream(document.labels()).anyMatch(label -> label != TokenSample.IGNORED)) { // now and then nothing came back
        documents.add(document);
      }
    }
    return documents;
  }

  private static TokenSample document(String id, int length, Random random) {
    int[] tokens = new int[length];
    int[] labels = new int[length];
    Arrays.fill(labels, TokenSample.IGNORED);
    var snippets = new ArrayList<int[]>();
    for (int at = 0; at < length; ) {
      boolean again = !snippets.isEmpty() && random.nextBoolean();
      int[] snippet = again ? snippets.get(random.nextInt(snippets.size())) : snippet(random);
      for (int k = 0; k < snippet.length && at < length; k++, at++) {
        tokens[at] = snippet[k];
        labels[at] = again && k > 0 ? snippet[k] : TokenSample.IGNORED;
      }
      if (!again) {
        snippets.add(snippet);
      }
    }
    return new TokenSample(id, tokens, labels, List.of(), null, null);
  }

  private static int[] snippet(Random random) {
    int length = SHORTEST + random.nextInt(LONGEST - SHORTEST + 1);
    return random.ints(length, 0, TinyModel.VOCABULARY).toArray();
  }
}
