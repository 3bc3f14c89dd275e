package dev.lodestone.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.data.QaPrompt.Document;
import dev.lodestone.data.SummHayTopic.Insight;
import dev.lodestone.data.SummHayTopic.Subtopic;
import dev.lodestone.io.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Prompts over a haystack of Summary of a Haystack (Laban et al. 2024, arXiv 2407.01370). The published task is the
 * summary: the insights on a subtopic, each with the articles it is from. The citation task, which needs no judge, is
 * this project's own: which articles support a given insight. Both word their prompt anew; the summary's has the parts
 * of the published news prompt in its order, and articles look as there. Spans: {@link PromptTemplate}, where the query
 * is the insight or the subtopic, and needles are the supporting articles.
 */
public final class SummHayPrompt {
  private static final String ARTICLE = "Article {index}:\n{text}\n";

  /** The citation task; its question is the insight. */
  public static final PromptTemplate CITATION = PromptTemplate.of("""
      Here are {count} numbered news articles on "{topic}".

      {documents}

      Which of the articles support the following insight?
      Insight: {question}
      Name every article that states it and no other, by number alone and each in brackets of its own. If it stands in
      articles 1 and 4, the answer is [1][4].
      Answer:""", ARTICLE);

  /** The summary; its question is the subtopic. {@code %d} is the number of insights. */
  private static final String SUMMARY = """
      You see {count} news articles on the subject "{topic}".

      ```
      {documents}
      ```

      One thing that some of them write about is "{question}".
      Summarize the %d most important insights that the articles give on it.
      Mind these rules:
      - [Format] The summary is a list of bullet points. A bullet point is one insight in one sentence.
      - [References] Every insight ends with the numbers of all articles that it is from, each in brackets of its own: \
      "... [1][4]" says that articles 1 and 4 support it. Write "[14]", not "Article 14".
      - [Length] No more than 300 words in all.""";

  /** An article; {@code supports} if it states the insight. */
  public record Article(String text, boolean supports) {}

  private SummHayPrompt() {}

  /** The citation task; {@code meta} gets {@code citations}, the numbers of the supporting articles, rising. */
  public static Sample render(String id, String topic, String insight, List<Article> articles, ObjectNode meta) {
    return render(id, topic, insight, articles, CITATION, meta);
  }

  public static Sample render(String id, String topic, String insight, List<Article> articles,
      PromptTemplate template, ObjectNode meta) {
    var citations = IntStream.rangeClosed(1, articles.size()).filter(i -> articles.get(i - 1).supports()).toArray();
    Arrays.stream(citations).forEach(meta.putArray("citations")::add);
    return template.fill(topic, insight, documents(articles), List.of())
        .build(id, "summhay", List.of(cite(citations)), meta);
  }

  /** The published task for a subtopic. Its one answer is the insights of the subtopic with their articles. */
  public static Sample summary(String id, SummHayTopic topic, Subtopic subtopic) {
    var cited = subtopic.insights().stream().flatMapToInt(i -> Arrays.stream(topic.citations(i))).distinct().boxed()
        .toList();
    List<Article> articles = new ArrayList<>();
    for (var document : topic.documents()) {
      articles.add(new Article(document.text(), cited.contains(articles.size() + 1)));
    }
    var answer = subtopic.insights().stream().map(i -> "- " + i.text() + " " + cite(topic.citations(i)))
        .collect(Collectors.joining("\n"));
    var meta = Json.mapper().createObjectNode().put("documents", articles.size()).put("subtopic", subtopic.id());
    return PromptTemplate.of(SUMMARY.formatted(subtopic.insights().size()), ARTICLE)
        .fill(topic.topic(), subtopic.description(), documents(articles), List.of())
        .build(id, "summhay_summary", List.of(answer), meta);
  }

  /** The citation task for an insight of a published topic. */
  static Sample render(SummHayTopic topic, Insight insight, PromptTemplate template) {
    List<Article> articles = topic.documents().stream()
        .map(d -> new Article(d.text(), d.insightsIncluded().contains(insight.id()))).toList();
    var meta = Json.mapper().createObjectNode().put("documents", articles.size());
    return render(topic.id() + "/" + insight.id(), topic.topic(), insight.text(), articles, template, meta);
  }

  private static List<Document> documents(List<Article> articles) {
    return articles.stream().map(a -> new Document(null, a.text(), a.supports())).toList();
  }

  private static String cite(int[] articles) {
    return Arrays.stream(articles).mapToObj(i -> "[" + i + "]").collect(Collectors.joining());
  }
}
