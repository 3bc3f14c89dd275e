package dev.lodestone.text;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Counts the tokens of text that is put together from pieces, without encoding it again and again: {@link #exact}
 * encodes, {@link #estimate} adds up remembered counts of words.
 *
 * <p>An estimate is exact for byte-level BPE with the usual rules for words (GPT-2, Llama 3, Qwen2), because no token
 * reaches over the places where it cuts, and nearly so for SentencePiece models. Cut text before a blank or a line
 * feed, never behind one, and estimates of the pieces add up to that of the whole. Special tokens that are written out
 * are not seen: measure what holds them.
 *
 * <p>May be used from several threads; the memory is bounded.
 */
public final class TokenCounter {
  private static final int MOST_WORDS = 1 << 17;
  private static final int LONGEST_WORD = 64; // of those that are remembered, in UTF-16 units
  /** What a word is counted behind. */
  private static final String LINE = "\n";
  private static final String LETTERS = "a";
  private static final int OTHER = 0;
  private static final int SPACE = 1;
  private static final int LETTER = 2;
  private static final int NUMBER = 3;

  private static final int[] ASCII = IntStream.range(0, 128).map(TokenCounter::kindOf).toArray();
  private static final int DIGITS = 3; // of a token, at most, where numbers are cut
  /** Tell whether a tokenizer cuts numbers from the left by threes, as Llama 3 does, or into single digits. */
  private static final List<List<String>> NUMBERS = List.of(List.of("655", "36"), List.of("123", "456", "789", "0"),
      List.of("271", "828", "182", "8"), List.of("429", "496", "729", "6"), List.of("200", "719", "69"),
      List.of("100", "000", "000", "7"), List.of("a", "1", "b", "22", "c-", "333", "d", "4", ".", "5", "f"));

  private final Tokenizer tokenizer;
  private final int lineTokens;
  private final int lettersTokens;
  private final boolean cutsNumbers;
  private final Map<String, Integer> words = new ConcurrentHashMap<>();

  public TokenCounter(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    lineTokens = tokenizer.count(LINE);
    lettersTokens = tokenizer.count(LETTERS);
    cutsNumbers = NUMBERS.stream().allMatch(parts -> parts.stream().mapToInt(this::count).sum()
        == count(String.join("", parts)));
  }

  /** The number of tokens of a text, no special ones added. */
  public int exact(String text) {
    return tokenizer.count(text);
  }

  /** About how many tokens a piece adds to the text before it. */
  public int estimate(String piece) {
    int total = 0;
    int start = 0;
    int before = OTHER; // kind of the character before i
    int run = 0; // characters of that kind before i
    for (int i = 0; i < piece.length(); ) {
      int character = piece.codePointAt(i);
      int kind = kind(character);
      if (i > start && isCut(piece, i, kind, before, run)) {
        total += word(piece.substring(start, i));
        start = i;
        run = 0;
      }
      run = kind == before ? run + 1 : 1;
      before = kind;
      i += Character.charCount(character);
    }
    return start < piece.length() ? total + word(piece.substring(start)) : total;
  }

  /**
   * Before the blank between two words, around numbers where no token reaches over their ends, and behind letters with
   * byte-level BPE. White space stays with what follows it, because its tokens depend on that.
   */
  private boolean isCut(String text, int i, int kind, int before, int run) {
    if (kind == NUMBER && before == NUMBER) {
      return cutsNumbers && run == DIGITS;
    }
    if ((cutsNumbers || tokenizer.byteLevel()) && (before == NUMBER || kind == NUMBER && before != SPACE)) {
      return true;
    }
    if (before == LETTER && kind != LETTER && (tokenizer.byteLevel() || text.charAt(i) == '-')) {
      return true;
    }
    return text.charAt(i) == ' ' && before != SPACE && i + 1 < text.length() && kind(text.codePointAt(i + 1)) != SPACE;
  }

  private int word(String word) {
    Integer known = words.get(word);
    if (known != null) {
      return known;
    }
    int count = count(word);
    if (word.length() <= LONGEST_WORD) {
      if (words.size() >= MOST_WORDS) {
        words.clear();
      }
      words.put(word, count);
    }
    return count;
  }

  /** Counted behind something, since some tokenizers put a blank before a text; it must not grow together with it. */
  private int count(String word) {
    int first = kind(word.codePointAt(0));
    return first == LETTER || first == NUMBER ? tokenizer.count(LINE + word) - lineTokens
        : tokenizer.count(LETTERS + word) - lettersTokens;
  }

  int remembered() {
    return words.size();
  }

  private static int kind(int character) {
    return character < ASCII.length ? ASCII[character] : kindOf(character);
  }

  private static int kindOf(int character) {
    return switch (Character.getType(character)) {
      case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER, Character.OTHER_LETTER -> LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
      default -> Character.isWhitespace(character) || character == 0x85 ? SPACE : OTHER;
    };
  }
}
