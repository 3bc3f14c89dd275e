package dev.lodestone.synth.write;

import java.util.List;
import java.util.stream.Collectors;

/** The words in which a model is asked for a text around facts. */
final class FactPrompt {
  static final String SYSTEM = "You write texts for a library about invented people, places and things. Your answer is"
      + " the text alone: no heading, no list, no Markdown, no word to the reader of this request.";

  private static final List<String> DOCUMENTS = List.of("an encyclopedia article", "a news report", "a diary entry",
      "a letter to a friend", "a page of a web site", "an interview", "a portrait in a magazine", "a travel report",
      "a blog post", "a chapter of a local chronicle", "a speech at a dinner", "a post in an online forum");
  private static final List<String> SENTENCES = List.of("as a historian would put it", "as a newspaper would put it",
      "as one would tell it to a friend", "as it might stand in a letter", "as a guide would tell visitors",
      "as it might stand in a diary");

  private FactPrompt() {}

  /**
   * For the first draft, or another one.
   *
   * @param drafts how many there were; their number makes the prompt a new one for a model that does not sample
   * @param advice what was wrong with the last of them
   */
  static String of(FactRequest request, int drafts, String advice) {
    var text = new StringBuilder();
    if (request.isSentence()) {
      text.append("Write one sentence, ").append(pick(SENTENCES, request.seed())).append(", that says:\n");
    } else {
      text.append("Write ").append(pick(DOCUMENTS, request.seed())).append(" with the title \"")
          .append(request.title()).append("\", about ").append(request.words()).append(" words long. It must say:\n");
    }
    request.facts().forEach(fact -> text.append("- ").append(fact.statement()).append('\n'));
    text.append("\nUse these names and values exactly as they are spelled here: ")
        .append(request.required().stream().map(r -> '"' + r + '"').collect(Collectors.joining(", "))).append(".\n");
    if (!request.isSentence()) {
      text.append("Spread the facts over the text and put them in your own words. Add everyday detail, but no other")
          .append(" names of people, places or works, no other dates and no other numbers.\n");
    }
    if (drafts > 0) {
      text.append("\nEarlier draft ").append(drafts).append(" could not be used: ").append(advice)
          .append(" Write the text anew.\n");
    }
    return text.toString();
  }

  private static String pick(List<String> kinds, long seed) {
    return kinds.get((int) Math.floorMod(seed, (long) kinds.size()));
  }
}
