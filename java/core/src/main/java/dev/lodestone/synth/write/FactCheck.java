package dev.lodestone.synth.write;

import dev.lodestone.synth.write.WriterStatistics.Count;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Whether a text keeps its facts. The rules are ours. */
final class FactCheck {
  /**
   * What is wrong.
   *
   * @param advice what to do better, for the next attempt
   */
  record Problem(Count kind, String advice) {}

  private static final Pattern REFUSAL = Pattern.compile("(?is)^(?:(?:i'm|i am) )?sorry\\b.{0,80}"
      + "\\b(?:can't|cannot|can not|unable|won't)\\b.*"
      + "|^(?:unfortunately,? )?i(?: (?:cannot|can't|can not|won't)|(?:'m| am) (?:unable|not able) to) (?:\\w+ )?"
      + "(?:help|assist|write|create|provide|generate|fulfil|comply|produce|complete|do|continue)\\b.*"
      + "|^.{0,200}\\bas an? (?:ai|artificial intelligence|(?:large )?language model)\\b.*");
  private static final Pattern CHAT = Pattern.compile(
      "(?i)^(?:(?:sure|certainly|of course|absolutely)[,!]|here(?: is|'s) (?:a|an|the|your|one) )"
          + "|\\b(?:names and values|everyday detail|in your own words|earlier draft)\\b"); // words of the prompt

  private FactCheck() {}

  /** The first problem of a cleaned answer, if it has one. */
  static Optional<Problem> find(FactRequest request, String text, boolean cut) {
    String plain = text.replace('’', '\'');
    if (REFUSAL.matcher(plain).matches()) {
      return problem(Count.REFUSED, "it was no text but an excuse. Everything here is invented and harmless.");
    }
    if (CHAT.matcher(plain).find()) {
      return problem(Count.CHATTED, "it spoke of the request. Write the text itself and nothing else.");
    }
    List<String> lost = request.required().stream().filter(r -> !Words.contains(text, r, false)).toList();
    List<String> leaked = request.forbidden().stream().filter(f -> Words.contains(text, f, true)).toList();
    int words = Words.count(text);
    int least = request.isSentence() ? 1 : (request.words() + 1) / 2;
    int most = 2 * request.words();
    if (cut || words > most) {
      return problem(Count.MISFIT, "it was too long. Write no more than " + request.words() + " words.");
    }
    if (!lost.isEmpty()) {
      return problem(Count.DRIFTED, explain(text, lost));
    }
    if (!leaked.isEmpty()) {
      return problem(Count.LEAKED, "it must not mention " + quote(leaked) + ".");
    }
    if (words < least) {
      return problem(Count.MISFIT, "it had only " + words + " words. Write at least " + request.words() + ".");
    }
    if (request.isSentence() && text.contains("\n")) {
      return problem(Count.MISFIT, "it had several paragraphs. Write one sentence.");
    }
    return Optional.empty();
  }

  private static Optional<Problem> problem(Count kind, String advice) {
    return Optional.of(new Problem(kind, advice));
  }

  /** Says of a lost name that is there in another spelling that it is. */
  private static String explain(String text, List<String> lost) {
    String folded = fold(text);
    Map<Boolean, List<String>> respelled =
        lost.stream().collect(Collectors.partitioningBy(r -> Words.contains(folded, fold(r), false)));
    String lacked = respelled.get(false).isEmpty() ? "" : "it lacked " + quote(respelled.get(false)) + ".";
    String spelled = respelled.get(true).isEmpty() ? ""
        : "it spelled " + quote(respelled.get(true)) + " in another way; use exactly these characters.";
    return (lacked + " " + spelled).strip();
  }

  /** Compatible characters, quotes, dashes and blanks made alike. */
  private static String fold(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("\\p{M}+", "")
        .replaceAll("[‘’‛`´]", "'").replaceAll("[“”„]", "\"").replaceAll("\\p{Pd}", "-").replaceAll("\\s+", " ")
        .toLowerCase(Locale.ROOT);
  }

  private static String quote(List<String> strings) {
    return strings.stream().map(s -> '"' + s + '"').collect(Collectors.joining(", "));
  }
}
