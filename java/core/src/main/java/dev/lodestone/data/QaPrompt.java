package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Multi-document question answering, rendered as Lost in the Middle does it (Liu et al. 2023, arXiv 2307.03172; the
 * wording is its published prompt, MIT licence), so that results compare. Spans: {@code document:i} for every document,
 * i from 1 as shown; {@code needle} for each gold one; {@code answer} wherever an answer stands in a gold one;
 * {@code query} for the question (the last time it is put).
 */
public final class QaPrompt {
  /** The published variants. */
  public enum Style {
    PLAIN,
    /** The instruction says that the results are in random order. */
    ORDERED_RANDOMLY,
    /** The question is put before the documents too. */
    QUERY_AWARE,
    /** No documents. */
    CLOSED_BOOK
  }

  /** A document; {@code gold} if it holds the answer. */
  public record Document(String title, String text, boolean gold) {}

  private static final String INSTRUCTION = "Write a high-quality answer for the given question using only the provided"
      + " search results (some of which might be irrelevant).";
  private static final String RANDOM_ORDER = " The search results are ordered randomly.";

  private QaPrompt() {}

  public static Sample render(String id, String task, String question, List<String> answers, List<Document> documents,
      Style style, ObjectNode meta) {
    var prompt = new PromptBuilder();
    if (style != Style.CLOSED_BOOK) {
      prompt.add(INSTRUCTION).add(style == Style.ORDERED_RANDOMLY ? RANDOM_ORDER : "").add("\n\n");
      if (style == Style.QUERY_AWARE) {
        prompt.add("Question: " + question + "\n\n");
      }
      for (int i = 0; i < documents.size(); i++) {
        addDocument(prompt, i + 1, documents.get(i), answers);
      }
      prompt.add("\n");
    }
    return prompt.add("Question: ").add("query", question).add("\nAnswer:").build(id, task, answers, meta);
  }

  private static void addDocument(PromptBuilder prompt, int number, Document document, List<String> answers) {
    int start = prompt.position();
    var line = "Document [" + number + "](Title: " + document.title() + ") " + document.text();
    prompt.add("document:" + number, line).add("\n");
    if (document.gold()) {
      prompt.mark("needle", start, prompt.position() - 1);
      Occurrences.of(answers, line).forEach(s -> prompt.mark("answer", start + s.start(), start + s.end()));
    }
  }
}
