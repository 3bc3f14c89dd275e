package dev.lodestone.data;

import dev.lodestone.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A haystack of Summary of a Haystack (Laban et al. 2024, arXiv 2407.01370): documents on one topic, each of which
 * includes some of the insights that belong to its subtopics. Articles are cited by their place, from 1.
 */
public record SummHayTopic(String id, String topic, List<Subtopic> subtopics, List<Document> documents) {
  /**
   * @param name a word or two
   * @param description the subtopic as the summary prompt names it
   * @param query the subtopic as a question
   */
  public record Subtopic(String id, String name, String description, String query, List<Insight> insights) {
    public Subtopic {
      insights = List.copyOf(insights);
    }
  }

  /** A statement of one sentence or two. */
  public record Insight(String id, String name, String text) {}

  /** @param insightsIncluded ids of insights */
  public record Document(String id, String text, List<String> insightsIncluded) {
    public Document {
      insightsIncluded = List.copyOf(insightsIncluded);
    }
  }

  public SummHayTopic {
    subtopics = List.copyOf(subtopics);
    documents = List.copyOf(documents);
  }

  /** Reads a whole file, gzip or plain. */
  public static SummHayTopic read(Path file) {
    return of(Fields.of(Json.readFile(file), file.toString()));
  }

  static SummHayTopic of(Fields topic) {
    var ids = new HashSet<String>(); // of subtopics, insights and documents
    var insightIds = new TreeSet<String>();
    List<Subtopic> subtopics = new ArrayList<>();
    for (var subtopic : topic.objects("subtopics")) {
      List<Insight> insights = new ArrayList<>();
      for (var insight : subtopic.objects("insights")) {
        insights.add(new Insight(newId(insight, "insight_id", ids), insight.text("insight_name"),
            insight.text("insight")));
        insightIds.add(insights.get(insights.size() - 1).id());
      }
      subtopics.add(new Subtopic(newId(subtopic, "subtopic_id", ids), subtopic.text("subtopic_name"),
          subtopic.text("subtopic"), subtopic.text("query"), insights));
    }
    List<Document> documents = new ArrayList<>();
    for (var document : topic.objects("documents")) {
      var included = document.texts("insights_included");
      for (int i = 0; i < included.size(); i++) {
        if (!insightIds.contains(included.get(i))) {
          throw document.bad("insights_included[" + i + "]", "the id of an insight of this topic", included.get(i));
        }
      }
      documents.add(new Document(newId(document, "document_id", ids), document.text("document_text"), included));
    }
    documents.forEach(d -> d.insightsIncluded().forEach(insightIds::remove));
    if (!insightIds.isEmpty()) {
      throw topic.bad("documents", "some document that includes each insight", "none for " + insightIds);
    }
    return new SummHayTopic(topic.text("topic_id"), topic.text("topic"), subtopics, documents);
  }

  private static String newId(Fields fields, String name, Set<String> ids) {
    var id = fields.text(name);
    if (!ids.add(id)) {
      throw fields.bad(name, "an id that was not there before", id);
    }
    return id;
  }

  /** The documents that include an insight, as they are cited: from 1, rising. */
  public int[] citations(Insight insight) {
    return IntStream.rangeClosed(1, documents.size())
        .filter(i -> documents.get(i - 1).insightsIncluded().contains(insight.id())).toArray();
  }
}
