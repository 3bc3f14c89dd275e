package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Multi-document question answering, rendered as Lost in the Middle does it (Liu et al. 2023, arXiv 2307.03172; the
 * wording is its published prompt, MIT licence), so that results compare; or by a template of the user's. For the spans
 * see {@link PromptTemplate}.
 */
public final class QaPrompt {
  private static final String INSTRUCTION = "Write a high-quality answer for the given question using only the provided"
      + " search results (some of which might be irrelevant).";
  private static final String RANDOM_ORDER = " The search results are ordered randomly.";
  private static final String QUESTION = "Question: {question}";
  private static final String DOCUMENT = "Document [{index}](Title: {title}) {text}";

  /** The published variants. */
  public enum Style {
    PLAIN(INSTRUCTION + "\n\n{documents}\n\n" + QUESTION + "\nAnswer:"),
    /** The instruction says that the results are in random order. */
    ORDERED_RANDOMLY(INSTRUCTION + RANDOM_ORDER + "\n\n{documents}\n\n" + QUESTION + "\nAnswer:"),
    /** The question is put before the documents too. */
    QUERY_AWARE(INSTRUCTION + "\n\n" + QUESTION + "\n\n{documents}\n\n" + QUESTION + "\nAnswer:"),
    /** No documents. */
    CLOSED_BOOK(QUESTION + "\nAnswer:");

    private final PromptTemplate template;

    Style(String prompt) {
      template = PromptTemplate.of(prompt, DOCUMENT, name());
    }

    public PromptTemplate template() {
      return template;
    }
  }

  /** A document; {@code gold} if it holds the answer. */
  public record Document(String title, String text, boolean gold) {}

  private QaPrompt() {}

  public static Sample render(String id, String task, String question, List<String> answers, List<Document> documents,
      Style style, ObjectNode meta) {
    return render(id, task, question, answers, documents, style.template(), meta);
  }

  public static Sample render(String id, String task, String question, List<String> answers, List<Document> documents,
      PromptTemplate template, ObjectNode meta) {
    return template.fill(null, question, documents, answers).build(id, task, answers, meta);
  }
}
