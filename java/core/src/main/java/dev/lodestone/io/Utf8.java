package dev.lodestone.io;

/** Text that UTF-8 can hold. */
public final class Utf8 {
  private Utf8() {}

  /** The text with U+FFFD instead of each half of a surrogate pair that stands alone: still one code point. */
  public static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (isAlone(text, i)) {
          return replaced(text);
        }
        i++;
      }
    }
    return text;
  }

  private static boolean isAlone(String text, int i) {
    return Character.charCount(text.codePointAt(i)) == 1;
  }

  private static String replaced(String text) {
    return text.codePoints().map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
  }
}
