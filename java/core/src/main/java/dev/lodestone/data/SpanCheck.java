package dev.lodestone.data;

import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Decodes the tokens of every span and compares with the span's text. The tokens of a span must give its text and
 * beside it only what the first and the last of them carry as well: characters that stand there in the prompt, such as
 * the blank before a word, or a part of a character, which decodes as U+FFFD. Each of the two must give something to
 * the text. A blank at the beginning may be missing, since SentencePiece decoders drop it. (This definition is ours.)
 */
public final class SpanCheck {
  private final Tokenizer tokenizer;

  public SpanCheck(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** What is wrong, a sentence each, with the spans of a sample that was encoded from a text. */
  public List<String> check(TokenSample sample) {
    return check(sample, List.of(sample.text()));
  }

  /** The same for a row packed from several ({@link Rows#pack}): the texts in their order. */
  public List<String> check(TokenSample row, List<Sample> texts) {
    List<String> wrong = new ArrayList<>();
    int next = 0;
    for (var text : texts) {
      for (var characters : text.spans()) {
        if (next == row.spans().size()) {
          wrong.add("Sample " + text.id() + ": the span " + characters.name() + " is missing.");
          continue;
        }
        var span = row.spans().get(next++);
        var ids = Arrays.copyOfRange(row.tokens(), span.start(), span.end());
        if (!span.name().equals(characters.name()) || !matches(ids, text, characters)) {
          wrong.add("Sample " + text.id() + ": expected the span " + characters.name() + " to give \""
              + text.text(characters) + "\" but its tokens, " + span.name() + ", give \"" + tokenizer.decode(ids, false)
              + "\".");
        }
      }
    }
    return wrong;
  }

  private boolean matches(int[] ids, Sample sample, Span span) {
    int start = sample.prompt().offsetByCodePoints(0, span.start());
    int end = sample.prompt().offsetByCodePoints(start, span.length());
    var wanted = sample.prompt().substring(start, end);
    var decoded = trimmed(tokenizer.decode(ids, false), wanted);
    if (wanted.startsWith(" ") && decoded.startsWith(wanted.substring(1))) {
      decoded = " " + decoded;
    }
    int first = tokenizer.decode(new int[] {ids[0]}, false).length();
    int last = tokenizer.decode(new int[] {ids[ids.length - 1]}, false).length();
    for (int at = decoded.indexOf(wanted); at >= 0; at = decoded.indexOf(wanted, at + 1)) {
      var after = decoded.substring(at + wanted.length());
      boolean carried = at <= Math.max(0, first - 1) && after.length() <= Math.max(0, last - 1);
      if (carried && sample.prompt().startsWith(decoded.substring(0, at), start - at)
          && sample.prompt().startsWith(after, end)) {
        return true;
      }
    }
    return false;
  }

  /** Without the parts of characters at the ends, unless the text itself has U+FFFD there. */
  private static String trimmed(String decoded, String wanted) {
    int start = 0;
    int end = decoded.length();
    while (start < end && decoded.charAt(start) == 0xfffd && !wanted.startsWith("\ufffd")) {
      start++;
    }
    while (start < end && decoded.charAt(end - 1) == 0xfffd && !wanted.endsWith("\ufffd")) {
      end--;
    }
    return decoded.substring(start, end);
  }
}
