package dev.lodestone.data;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.io.Lines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The wording of a prompt over documents, with places that a sample fills in. The prompt has {@code {documents}} and
 * {@code {question}}, and may have {@code {count}} (of documents) and, where the task has one, {@code {topic}}. The form
 * of one document has {@code {text}}, and may have {@code {index}} (from 1) and, where documents have one,
 * {@code {title}}. A brace that is meant as such is doubled. What is filled in is never looked at again.
 *
 * <p>Spans: {@code document:i} for every document, {@code needle} for each gold one, {@code answer} wherever an answer
 * stands in a gold one, {@code query} for the question (the last time it is put). White space at the end of the form is
 * no part of the spans; it stands between documents, before the line feed that is always there.
 */
public final class PromptTemplate {
  private static final List<String> PROMPT_PLACES = List.of("documents", "question", "count", "topic");
  private static final List<String> DOCUMENT_PLACES = List.of("index", "title", "text");
  private static final Pattern SPECIAL = Pattern.compile("\\{\\{|\\}\\}|\\{([^{}\\n]*)\\}|[{}]");
  private static final Pattern DIVIDER = Pattern.compile("(?m)^---\\r?\\n");

  /** Marks the spans of a document that was just added. */
  @FunctionalInterface
  public interface Marks {
    /**
     * @param index of the document, from 0
     * @param start where it begins, in code points; it ends at the builder's position
     * @param text where its text begins
     */
    void document(PromptBuilder out, int index, int start, int text);
  }

  /** Words, or a place by its name. */
  private record Piece(boolean place, String text) {}

  private final List<Piece> prompt;
  private final List<Piece> document;
  private final String between; // documents

  private PromptTemplate(List<Piece> prompt, List<Piece> document, String between) {
    this.prompt = prompt;
    this.document = document;
    this.between = between;
  }

  /**
   * A template from its two texts; LodestoneException if a place is unknown, or {@code {documents}}, {@code {question}}
   * or {@code {text}} is missing.
   */
  public static PromptTemplate of(String prompt, String document) {
    return of(prompt, document, "prompt template").require("prompt template");
  }

  /** Reads a file: the form of one document, a line {@code ---}, the prompt. The line feed at its end does not count. */
  public static PromptTemplate read(Path file) {
    var parts = DIVIDER.split(Lines.readString(file), 2);
    if (parts.length < 2) {
      throw new LodestoneException(file + ": expected the form of one document, a line ---, and the prompt"
          + " but found no line ---.");
    }
    return of(withoutLineEnd(parts[1]), withoutLineEnd(parts[0]), file.toString()).require(file.toString());
  }

  private static String withoutLineEnd(String text) {
    return text.replace("\r\n", "\n").replaceFirst("\\n\\z", "");
  }

  /** As {@link #of(String, String)} for the published prompts, one of which shows no documents. */
  static PromptTemplate of(String prompt, String document, String where) {
    var form = document.stripTrailing();
    return new PromptTemplate(parse(prompt, PROMPT_PLACES, where), parse(form, DOCUMENT_PLACES, where),
        document.substring(form.length()) + "\n");
  }

  private static List<Piece> parse(String text, List<String> places, String where) {
    List<Piece> pieces = new ArrayList<>();
    var words = new StringBuilder();
    var special = SPECIAL.matcher(text);
    while (special.find()) {
      special.appendReplacement(words, "");
      if (special.group().matches("\\{\\{|}}")) {
        words.append(text.charAt(special.start()));
      } else if (special.group(1) != null && places.contains(special.group(1))) {
        pieces.add(new Piece(false, words.toString()));
        pieces.add(new Piece(true, special.group(1)));
        words.setLength(0);
      } else {
        throw new LodestoneException(where + ": expected places among {" + String.join("}, {", places)
            + "} but found " + special.group() + "; a brace that is meant as such is doubled.");
      }
    }
    pieces.add(new Piece(false, special.appendTail(words).toString()));
    return pieces;
  }

  private PromptTemplate require(String where) {
    for (var name : List.of("documents", "question", "text")) {
      if (!(name.equals("text") ? document : prompt).contains(new Piece(true, name))) {
        throw new LodestoneException(where + ": expected the place {" + name + "} in "
            + (name.equals("text") ? "the form of a document" : "the prompt") + " but it is not there.");
      }
    }
    return this;
  }

  /**
   * The prompt with its spans.
   *
   * @param topic null if the task has none
   * @param documents shown in this order; a title may be null
   * @param answers looked for in the gold documents
   */
  PromptBuilder fill(String topic, String question, List<Document> documents, Collection<String> answers) {
    return fill(topic, question, documents, (out, i, start, text) -> {
      if (documents.get(i).gold()) {
        out.mark("needle", start, out.position());
        out.markAnswers(answers, start);
      }
    });
  }

  /** The prompt with {@code document:i}, {@code query} and the spans that the caller marks. */
  public PromptBuilder fill(String topic, String question, List<Document> documents, Marks marks) {
    int query = prompt.lastIndexOf(new Piece(true, "question"));
    var out = new PromptBuilder();
    for (int i = 0; i < prompt.size(); i++) {
      var piece = prompt.get(i);
      if (i == query) {
        out.add("query", question);
      } else if (piece.place() && piece.text().equals("documents")) {
        addDocuments(out, documents, marks);
      } else {
        out.add(piece.place() ? value(piece, topic, question, documents.size()) : piece.text());
      }
    }
    return out;
  }

  private void addDocuments(PromptBuilder out, List<Document> documents, Marks marks) {
    for (int i = 0; i < documents.size(); i++) {
      out.add(i == 0 ? "" : between);
      int start = out.position();
      int text = start;
      for (var piece : document) {
        text = piece.place() && piece.text().equals("text") ? out.position() : text;
        out.add(piece.place() ? value(piece, i + 1, documents.get(i)) : piece.text());
      }
      out.mark("document:" + (i + 1), start, out.position());
      marks.document(out, i, start, text);
    }
  }

  /** What a document adds to a prompt: itself, and what parts it from the one before. */
  public String shown(int index, Document shown) {
    var text = new StringBuilder(between);
    document.forEach(piece -> text.append(piece.place() ? value(piece, index, shown) : piece.text()));
    return text.toString();
  }

  private static String value(Piece place, String topic, String question, int count) {
    return switch (place.text()) {
      case "question" -> question;
      case "count" -> String.valueOf(count);
      default -> there(place, topic);
    };
  }

  private static String value(Piece place, int index, Document shown) {
    return switch (place.text()) {
      case "index" -> String.valueOf(index);
      case "title" -> there(place, shown.title());
      default -> shown.text();
    };
  }

  private static String there(Piece place, String value) {
    if (value == null) {
      throw new LodestoneException("The prompt template has the place {" + place.text()
          + "}, for which this task has nothing: take it out.");
    }
    return value;
  }
}
