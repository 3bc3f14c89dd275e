package dev.lodestone.lab.quickstart;

import dev.lodestone.data.TokenSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Text to learn retrieval from: random snippets of 3 to 12 tokens that come back at random distances. A token belongs to
 * one snippet of a document only, so once the first token of a snippet has come back the others are certain, but only
 * for who looks up where it stood before; those alone have labels.
 */
final class SnippetText {
  private static final int SHORTEST = 3;
  private static final int LONGEST = 12;

  private final Random random;
  /** The vocabulary of the document in random order; what is left of it begins at {@code used}. */
  private final int[] pool;
  private final List<int[]> snippets = new ArrayList<>();
  private final int[] tokens;
  private final int[] labels;
  private int used;

  private SnippetText(int length, int[] vocabulary, Random random) {
    this.random = random;
    this.pool = vocabulary.clone();
    this.tokens = new int[length];
    this.labels = new int[length];
    shuffle(pool, random);
    Arrays.fill(labels, TokenSample.IGNORED);
    fill();
  }

  /** {@code count} documents of {@code length} tokens, the same for the same seed. */
  static List<TokenSample> documents(int count, int length, long seed) {
    var random = new Random(seed);
    int[] vocabulary = IntStream.range(0, Words.COUNT).toArray();
    var documents = new ArrayList<TokenSample>(count);
    while (documents.size() < count) {
      var text = new SnippetText(length, vocabulary, random);
      if (Arrays.stream(text.labels).anyMatch(label -> label != TokenSample.IGNORED)) { // now and then nothing came back
        String id = "snippets-%d-%d".formatted(length, documents.size());
        documents.add(new TokenSample(id, text.tokens, text.labels, List.of(), null, null));
      }
    }
    return documents;
  }

  /** {@code length} tokens of such text over a vocabulary. */
  static int[] tokens(int length, int[] vocabulary, Random random) {
    return new SnippetText(length, vocabulary, random).tokens;
  }

  private void fill() {
    for (int at = 0; at < tokens.length; ) {
      int length = SHORTEST + random.nextInt(LONGEST - SHORTEST + 1);
      boolean again = !snippets.isEmpty() && random.nextBoolean() || used + length > pool.length;
      int[] snippet = again ? snippets.get(random.nextInt(snippets.size()))
          : Arrays.copyOfRange(pool, used, used += length);
      for (int k = 0; k < snippet.length && at < tokens.length; k++, at++) {
        tokens[at] = snippet[k];
        labels[at] = again && k > 0 ? snippet[k] : TokenSample.IGNORED;
      }
      if (!again) {
        snippets.add(snippet);
      }
    }
  }

  /** Fisher-Yates. */
  static void shuffle(int[] values, Random random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }
}
