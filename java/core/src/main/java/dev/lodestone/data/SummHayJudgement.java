package dev.lodestone.data;

import dev.lodestone.io.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A judge's word, in a topic file of Summary of a Haystack, on how a model's summary states an insight.
 *
 * @param id of the topic and of the insight, with a slash between
 * @param coverage {@code FULL_COVERAGE}, {@code PARTIAL_COVERAGE} or {@code NO_COVERAGE}
 * @param bullets the lines of the summary
 * @param bulletId the line that states it, from 1; judges also write {@code NA}
 * @param documents the numbers of the documents that include the insight, from 1
 */
public record SummHayJudgement(String id, String coverage, List<String> bullets, String bulletId,
    List<Integer> documents) {
  private static final String KEY = "summary_subtopic_";

  /**
   * The judgements of a file, gzip or plain, in its order; subtopics that have none for this model are passed over.
   *
   * @param model as in the names of {@code summaries} behind {@code summary_subtopic_}, such as {@code gpt-4o} for the
   *     whole haystack or {@code oracle_gpt-4o} behind a retriever
   */
  public static List<SummHayJudgement> read(Path file, String model) {
    var topic = Fields.of(Json.readFile(file), file.toString());
    Map<String, List<Integer>> documents = new HashMap<>(); // by insight
    int number = 1;
    for (var document : topic.objects("documents")) {
      for (var insight : document.texts("insights_included")) {
        documents.computeIfAbsent(insight, i -> new ArrayList<>()).add(number);
      }
      number++;
    }
    List<SummHayJudgement> judgements = new ArrayList<>();
    for (var subtopic : topic.objects("subtopics")) {
      var summaries = subtopic.child("summaries");
      var evals = subtopic.child("eval_summaries");
      if (summaries.has(KEY + model) && evals.has(KEY + model)) {
        for (var eval : evals.objects(KEY + model)) {
          var insight = eval.text("insight_id");
          judgements.add(new SummHayJudgement(topic.text("topic_id") + "/" + insight, eval.text("coverage"),
              summaries.texts(KEY + model), eval.label("bullet_id", ""), documents.getOrDefault(insight, List.of())));
        }
      }
    }
    if (judgements.isEmpty()) {
      var names = new TreeSet<String>();
      topic.objects("subtopics").forEach(subtopic -> subtopic.child("summaries").node().fieldNames()
          .forEachRemaining(name -> names.add(name.replace(KEY, ""))));
      throw topic.bad("subtopics", "summaries and eval_summaries of the model " + model, "those of " + names);
    }
    return judgements;
  }
}
