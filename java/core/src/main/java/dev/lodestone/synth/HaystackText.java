package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/**
 * The sentences that a needle is hidden among.
 *
 * @param endless whether they may be used over and over in one sample
 */
public record HaystackText(List<String> sentences, boolean endless) {
  private static final Set<String> ABBREVIATIONS = Set.of("Mr.", "Mrs.", "Dr.", "St.", "Messrs.", "Esq.", "No.");
  private static final int LONGEST_SENTENCE = 100; // words; a longer run, such as a table, is cut here

  public HaystackText {
    sentences = List.copyOf(sentences);
  }

  /** The first half of Pride and Prejudice (Jane Austen, 1813): about 100,000 tokens. */
  public static HaystackText builtin() {
    try (var in = new GZIPInputStream(HaystackText.class.getResourceAsStream("pride_and_prejudice.txt.gz"))) {
      return new HaystackText(split(new String(in.readAllBytes(), StandardCharsets.UTF_8)), false);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The filler of the passkey test (Mohtashami and Jaggi 2023, arXiv 2305.16300). */
  public static HaystackText filler() {
    return new HaystackText(List.of("The grass is green.", "The sky is blue.", "The sun is yellow.", "Here we go.",
        "There and back again."), true);
  }

  /** Sentence i; after the last the first follows. */
  String sentence(long i) {
    return sentences.get((int) (i % sentences.size()));
  }

  LodestoneException tooShort(Budget budget, int found) {
    return new LodestoneException("Expected a haystack that fills " + budget.limit() + " " + budget.unit()
        + " but the whole text gives " + found + "; add more text with --source or use --haystack repeated.");
  }

  /** The sentences of text files, UTF-8, gzip or plain. */
  public static HaystackText read(List<Path> files) {
    List<String> sentences = new ArrayList<>();
    for (var file : files) {
      var found = split(Lines.readString(file));
      if (found.isEmpty()) {
        throw new LodestoneException(file + ": expected text for the haystack but found none.");
      }
      sentences.addAll(found);
    }
    return new HaystackText(sentences, false);
  }

  /** Sentences end with . ! or ?, closing quotes included, or at a blank line; white space becomes single blanks. */
  static List<String> split(String text) {
    List<String> sentences = new ArrayList<>();
    for (var paragraph : text.split("\\n\\s*\\n")) {
      var sentence = new ArrayList<String>();
      for (var word : paragraph.strip().split("\\s+")) {
        sentence.add(word);
        if (endsSentence(word) || sentence.size() == LONGEST_SENTENCE) {
          sentences.add(String.join(" ", sentence));
          sentence.clear();
        }
      }
      sentences.add(String.join(" ", sentence));
    }
    sentences.removeIf(String::isBlank);
    return sentences;
  }

  private static boolean endsSentence(String word) {
    int end = word.length();
    while (end > 0 && "\"'”’)]".indexOf(word.charAt(end - 1)) >= 0) {
      end--;
    }
    return end > 0 && ".!?".indexOf(word.charAt(end - 1)) >= 0 && !ABBREVIATIONS.contains(word);
  }
}
