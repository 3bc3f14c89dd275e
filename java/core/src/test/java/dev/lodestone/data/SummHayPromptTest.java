package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.SummHayPrompt.Article;
import dev.lodestone.io.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummHayPromptTest {
  @Test
  void asksWhichArticlesSupportTheInsight() {
    var sample = SummHayPrompt.render("x", "Banks", "The bank fell.",
        List.of(new Article("It fell.", true), new Article("It rose.", false), new Article("Fell, it did.", true)),
        Json.mapper().createObjectNode());
    assertTrue(sample.prompt().startsWith("Here are 3 numbered news articles on \"Banks\".\n\nArticle 1:\nIt fell.\n\n"
        + "Article 2:\nIt rose.\n\nArticle 3:\nFell, it did.\n\nWhich "), sample.prompt());
    assertTrue(sample.prompt().endsWith("\nAnswer:"));
    assertEquals(List.of("[1][3]"), sample.answers());
    assertEquals("{\"citations\":[1,3]}", sample.meta().toString());
    assertEquals(List.of("Article 1:\nIt fell.", "Article 3:\nFell, it did."),
        sample.spans("needle").map(sample::text).toList());
    assertEquals("Article 2:\nIt rose.", sample.text(sample.spans("document:2").findFirst().orElseThrow()));
    assertEquals("The bank fell.", sample.text(sample.spans("query").findFirst().orElseThrow()));
  }

  @Test
  void theSummaryNamesAllInsightsWithTheirArticles() {
    var topic = RealSamples.summHay();
    var subtopic = topic.subtopics().get(0);
    var sample = SummHayPrompt.summary("x", topic, subtopic);
    assertTrue(sample.prompt().startsWith("You see 100 news articles on the subject \"" + topic.topic() + "\"."));
    assertTrue(sample.prompt().contains("Summarize the " + subtopic.insights().size() + " most important"));
    assertEquals(subtopic.description(), sample.text(sample.spans("query").findFirst().orElseThrow()));
    assertEquals(subtopic.insights().size(), sample.answers().get(0).lines().count());
    var first = subtopic.insights().get(0);
    assertTrue(sample.answers().get(0).startsWith("- " + first.text() + " [" + topic.citations(first)[0] + "]["));
  }
}
