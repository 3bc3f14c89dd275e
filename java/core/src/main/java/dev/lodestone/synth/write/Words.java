package dev.lodestone.synth.write;

/** Words of a text. */
final class Words {
  private Words() {}

  /** Whether {@code part} stands in the text with no letter or digit joined to it at either end. */
  static boolean contains(String text, String part, boolean ignoreCase) {
    for (int i = 0; i + part.length() <= text.length(); i++) {
      if (text.regionMatches(ignoreCase, i, part, 0, part.length()) && !joins(text, i)
          && !joins(text, i + part.length())) {
        return true;
      }
    }
    return false;
  }

  /** Runs of characters between white space. */
  static int count(String text) {
    return text.isBlank() ? 0 : text.strip().split("\\s+").length;
  }

  /** Whether letters, digits or marks stand on both sides of a position. */
  private static boolean joins(String text, int position) {
    return position > 0 && position < text.length() && isWord(text.codePointBefore(position))
        && isWord(text.codePointAt(position));
  }

  private static boolean isWord(int codePoint) {
    int type = Character.getType(codePoint);
    return Character.isLetterOrDigit(codePoint) || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }
}
