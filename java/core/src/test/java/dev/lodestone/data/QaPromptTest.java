package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.QaPrompt.Style;
import dev.lodestone.data.Samples.Format;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Prompts byte for byte as the published code renders them, and spans where they should be. */
class QaPromptTest {
  private static final Map<String, Style> STYLES = Map.of("qa", Style.PLAIN,
      "qa_ordered_randomly", Style.ORDERED_RANDOMLY, "qa_query_aware", Style.QUERY_AWARE,
      "closedbook", Style.CLOSED_BOOK);

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(QaPromptTest.class.getResource(name).toURI());
  }

  @Test
  void rendersAsPublished() throws Exception {
    var mdqa = MdqaRecord.read(resource("mdqa.jsonl.gz")).get(1);
    var kv = resource("kv.jsonl.gz");
    int[] seen = new int[1];
    Lines.forEach(resource("rendered.jsonl.gz"), (number, line) -> {
      var expected = Json.parse(line, "rendered");
      var style = expected.get("style").asText();
      if (STYLES.containsKey(style)) {
        assertEquals(expected.get("prompt").asText(), mdqa.render("x", STYLES.get(style)).prompt(), style);
      } else {
        assertEquals(expected.get("prompt").asText(), keyValues(kv, style.equals("kv_query_aware")).prompt(), style);
      }
      seen[0]++;
    });
    assertEquals(6, seen[0]);
  }

  private static Sample keyValues(Path file, boolean queryAware) {
    var first = Lines.readString(file).lines().findFirst().orElseThrow();
    return KeyValueRecord.of(Fields.parse(first, "kv")).render("x", queryAware);
  }

  @Test
  void marksDocumentsNeedleAnswersAndQuery() throws Exception {
    var sample = Samples.readText(resource("mdqa.jsonl.gz"), Format.AUTO).get(0);
    assertEquals("mdqa-0", sample.id());
    assertEquals(List.of("Wilhelm Conrad Röntgen"), sample.answers());
    assertEquals(20, sample.spans().stream().filter(s -> s.name().startsWith("document:")).count());
    var gold = sample.spans("document:10").findFirst().orElseThrow();
    var needle = sample.spans("needle").findFirst().orElseThrow();
    assertEquals(sample.text(gold), sample.text(needle));
    assertTrue(sample.text(needle).startsWith("Document [10](Title: List of Nobel laureates in Physics) The first"));
    var answers = sample.spans("answer").toList();
    assertEquals(1, answers.size());
    assertEquals("Wilhelm Conrad Röntgen", sample.text(answers.get(0)));
    assertTrue(answers.get(0).start() > needle.start() && answers.get(0).end() <= needle.end());
    assertEquals("who got the first nobel prize in physics",
        sample.text(sample.spans("query").findFirst().orElseThrow()));
    assertEquals("[9]", sample.meta().get("gold").toString());
  }

  @Test
  void marksTheKeysPair() throws Exception {
    var sample = Samples.readText(resource("kv.jsonl.gz"), Format.AUTO).get(0);
    var key = sample.text(sample.spans("key").findFirst().orElseThrow());
    assertEquals(key, sample.text(sample.spans("query").findFirst().orElseThrow()));
    assertEquals(sample.answers().get(0), sample.text(sample.spans("answer").findFirst().orElseThrow()));
    assertEquals("\"" + key + "\": \"" + sample.answers().get(0) + "\"",
        sample.text(sample.spans("needle").findFirst().orElseThrow()));
  }

  @Test
  void readsMusique() throws Exception {
    var sample = Samples.readText(resource("musique.jsonl.gz"), Format.AUTO).get(0);
    assertEquals("musique", sample.task());
    assertTrue(sample.spans("needle").count() >= 2, "each supporting paragraph is a needle");
    assertTrue(sample.spans("answer").count() >= 1);
    for (var span : sample.spans("answer").toList()) {
      assertTrue(sample.answers().stream().anyMatch(a -> a.equalsIgnoreCase(sample.text(span))), sample.text(span));
    }
  }

  /** All 200 records of a published file, if it is there: each has its answer in the gold document. */
  @Test
  void marksTheAnswerInEveryRecord() throws IOException {
    var file = SharedFiles.get("data/nq-open-20_total_documents_gold_at_4.jsonl.gz");
    var samples = Samples.readText(file, Format.AUTO);
    assertEquals(200, samples.size());
    for (var sample : samples) {
      assertTrue(sample.spans("answer").count() > 0, sample.id());
      assertEquals(1, sample.spans("needle").count(), sample.id());
    }
  }

  /** All 26 prompts that the published code rendered, if they are there. */
  @Test
  void rendersAllAsPublished() {
    var folder = SharedFiles.get("data/litm_rendered_prompts.jsonl.gz").getParent();
    int[] seen = new int[1];
    Lines.forEach(folder.resolve("litm_rendered_prompts.jsonl.gz"), (number, line) -> {
      var expected = Json.parse(line, "rendered");
      var template = expected.get("template").asText();
      var file = folder.resolve(expected.get("file").asText());
      var sample = STYLES.containsKey(template)
          ? MdqaRecord.read(file).get(expected.get("line").asInt()).render("x", STYLES.get(template))
          : keyValues(file, template.equals("kv_query_aware"));
      assertEquals(expected.get("prompt").asText(), sample.prompt());
      seen[0]++;
    });
    assertEquals(26, seen[0]);
  }
}
