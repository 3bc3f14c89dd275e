package dev.lodestone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.data.RealSamples;
import dev.lodestone.data.Samples;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvalCommandTest {
  @TempDir Path folder;
  private Path data;
  private Path out;

  @BeforeEach
  void write() throws IOException {
    data = Files.writeString(folder.resolve("d.jsonl"), """
        {"id": "a", "prompt": "where is the cat", "answers": ["the mat"]}
        {"id": "b", "prompt": "where is it", "answers": ["far away", "away"]}
        """);
    out = folder.resolve("eval.jsonl.gz");
  }

  private Cli eval(Object... more) {
    var words = new ArrayList<Object>(List.of("eval", "--data", data, "--out", out, "--device", "cpu"));
    words.addAll(Arrays.asList(more));
    return Cli.run(words.toArray());
  }

  private List<JsonNode> rows() {
    var rows = new ArrayList<JsonNode>();
    Lines.forEach(out, (number, text) -> rows.add(Json.parse(text, "row")));
    return rows;
  }

  private Path predictions(String text) throws IOException {
    return Files.writeString(folder.resolve("p.jsonl"), text);
  }

  @Test
  void scoresExistingPredictionsInTheOrderOfTheData() throws IOException {
    Path predictions = predictions("""
        {"id": "b", "prediction": "It ran away."}
        {"id": "a", "prediction": "a mat"}
        """);
    Cli run = eval("--predictions", predictions, "--metric", "best_subspan_em,em,f1", "--json");
    assertEquals(0, run.code(), run.err());
    assertEquals("a", rows().get(0).get("id").asText());
    assertEquals(1, rows().get(0).get("em").asInt()); // articles do not count
    assertEquals(1, rows().get(1).get("best_subspan_em").asInt());
    assertEquals(0, rows().get(1).get("em").asInt());
    assertEquals(0.5, rows().get(1).get("f1").asDouble()); // one word of three against the only one
    var json = Json.parse(run.out(), "summary");
    assertEquals(0.5, json.get("em").asDouble());
    assertEquals(2, json.get("samples").asInt());
  }

  @Test
  void aModelAnswersEverySample() throws IOException {
    Path model = TinyModel.write(folder.resolve("model"));
    assertEquals(0, eval("--model", model, "--metric", "f1", "--max-new-tokens", "4").code());
    assertEquals(2, rows().size());
    String prediction = rows().get(1).get("prediction").asText();
    assertTrue(prediction.split(" ").length <= 4 && List.of(TinyModel.WORDS).contains(prediction.split(" ")[0]),
        prediction);
    assertTrue(rows().get(1).get("f1").isNumber());
  }

  @Test
  void predictionsThatDoNotFitAreRefused() throws IOException {
    for (String text : List.of("{\"id\": \"a\", \"prediction\": \"x\"}\n", "{\"id\": \"a\"}\n", "oops\n",
        "{\"id\": \"a\", \"prediction\": \"x\"}\n{\"id\": \"a\", \"prediction\": \"y\"}\n")) {
      Cli run = eval("--predictions", predictions(text));
      assertEquals(1, run.code(), text);
      assertEquals(1, run.errorLines().size(), run.err());
      assertFalse(Files.exists(out));
    }
  }

  @Test
  void samplesWithoutAnswersAreRefused() throws IOException {
    Path predictions = predictions("{\"id\": \"a\", \"prediction\": \"x\"}\n");
    Files.writeString(data, "{\"id\": \"a\", \"prompt\": \"the cat\"}\n");
    assertEquals(1, eval("--predictions", predictions).code());
  }

  private JsonNode summary(Object... more) {
    var words = new ArrayList<Object>(Arrays.asList(more));
    words.add("--json");
    Cli run = eval(words.toArray());
    assertEquals(0, run.code(), run.err());
    return Json.parse(run.out(), "summary");
  }

  /** The F1 of citing everything follows from the sizes of the citation lists: here 0.1703. */
  @Test
  void aWholeTopicIsScoredByInsight() throws IOException {
    data = folder.resolve("topic.json.gz");
    try (var in = RealSamples.class.getResourceAsStream("sample/summhay.json.gz")) {
      Files.copy(in, data);
    }
    var everything = IntStream.rangeClosed(1, 100).mapToObj(i -> "[" + i + "]").collect(Collectors.joining());
    var lines = new ArrayList<String>();
    for (var sample : Samples.readText(data, Samples.Format.SUMMHAY)) {
      lines.add("{\"id\": \"%s\", \"prediction\": \"Articles 1-100: %s\"}\n".formatted(sample.id(), everything));
    }
    Collections.shuffle(lines, new Random(0));
    var json = summary("--predictions", predictions(String.join("", lines)));
    assertEquals(72, json.get("samples").asInt());
    assertEquals(0.1703, json.get("citation_f1").asDouble(), 5e-5);
    assertEquals(1, json.get("citation_recall").asDouble());
    assertEquals(json.get("citation_f1"), json.get("citation_f1_lenient"));
    assertFalse(json.has("em"), "the metrics are the task's");
    assertEquals(72, rows().size());
  }

  @Test
  void pairsOfMusiqueFullAreScoredAsItsEvaluatorDoes() throws IOException {
    var question = """
        {"id": "2hop__1_2", "question": "q", "answer": "Stanley", "answer_aliases": [], "answerable": %b, \
        "paragraphs": [\
        {"idx": 0, "title": "A", "paragraph_text": "a", "is_supporting": %b}]}
        """;
    Files.writeString(data, question.formatted(true, true) + question.formatted(false, false));
    var prediction = """
        {"id": "2hop__1_2", "predicted_answer": "Stanley North Dakota", "predicted_support_idxs": [0, 5],\
         "predicted_answerable": %b}
        """;
    var told = summary("--predictions", predictions(prediction.formatted(true) + prediction.formatted(false)));
    assertEquals("{\"answer_f1\":0.5,\"answer_em\":0.0,\"support_f1\":0.667,\"group_answer_sufficiency_f1\":0.5,"
        + "\"group_support_sufficiency_f1\":0.667}", told.get("musique").toString());
    var not = summary("--predictions", predictions(prediction.formatted(true).repeat(2)), "--metric", "support_f1");
    assertEquals(0, not.get("musique").get("group_answer_sufficiency_f1").asDouble());
    var answer = "{\"id\": \"2hop__1_2\", \"prediction\": \"Stanley\"}\n";
    var text = summary("--predictions", predictions(answer.repeat(3)));
    assertEquals("{\"answer_f1\":1.0,\"answer_em\":1.0}", text.get("musique").toString());
    assertEquals(1, text.get("unused_predictions").asInt());
  }

  @Test
  void judgedSummariesAreScoredByTopic() throws IOException {
    Files.writeString(data, """
        {"topic_id": "t", "documents": [{"insights_included": ["i", "j"]}, {"insights_included": ["i"]}],
         "subtopics": [{"summaries": {"summary_subtopic_m": ["A fell [1][2].", "B rose [2]."]},
           "eval_summaries": {"summary_subtopic_m": [
             {"insight_id": "i", "coverage": "FULL_COVERAGE", "bullet_id": 1},
             {"insight_id": "j", "coverage": "PARTIAL_COVERAGE", "bullet_id": "2"},
             {"insight_id": "k", "coverage": "NO_COVERAGE", "bullet_id": "NA"}]}}]}
        """);
    var json = summary("--summaries", "m");
    assertEquals(0.5, json.get("coverage").asDouble());
    assertEquals(0.5, json.get("citation_f1").asDouble());
    assertEquals(1 / 3., json.get("joint").asDouble(), 1e-12);
    assertEquals("{\"id\":\"t/k\",\"coverage\":0.0,\"joint\":0.0}", rows().get(2).toString());
    Cli none = eval("--summaries", "n");
    assertEquals(1, none.code());
    assertTrue(none.err().contains("summaries and eval_summaries of the model n but found those of [m]"), none.err());
  }

  @Test
  void aTemplateReplacesThePrompt() throws IOException {
    Files.writeString(data, "{\"question\": \"q\", \"answers\": [\"x\"], \"ctxs\": []}\n");
    var file = Files.writeString(folder.resolve("t.txt"), "{text}\n---\n{documents} {question} {Answer}\n");
    var predictions = predictions("{\"id\": \"mdqa-0\", \"prediction\": \"x\"}\n");
    Cli run = eval("--predictions", predictions, "--prompt-template", file);
    assertEquals(1, run.code());
    assertTrue(run.err().contains("{Answer}") && run.errorLines().size() == 1, run.err());
    Files.writeString(file, "{text}\n---\n{documents} {question}\n");
    assertEquals(1, summary("--predictions", predictions, "--prompt-template", file).get("em").asInt());
  }

  @Test
  void aMetricThatTheDataHaveNothingForIsRefused() throws IOException {
    Cli run = eval("--predictions", predictions("{\"id\": \"a\", \"prediction\": \"x\"}\n"), "--metric", "citation_f1");
    assertEquals(1, run.code());
    assertTrue(run.err().contains("sample a: meta.citations"), run.err());
    assertFalse(Files.exists(out));
  }

  @Test
  void wrongWordsAreExitTwo() throws IOException {
    Path predictions = predictions("{\"id\": \"a\", \"prediction\": \"x\"}\n");
    assertEquals(2, eval().code());
    assertEquals(2, eval("--predictions", predictions, "--model", folder).code());
    assertEquals(2, eval("--predictions", predictions, "--metric", "bleu").code());
    assertEquals(2, eval("--predictions", predictions, "--format", "xml").code());
  }
}
