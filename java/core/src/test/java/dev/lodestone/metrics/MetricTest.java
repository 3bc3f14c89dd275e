package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Span;
import dev.lodestone.io.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricTest {
  private static final String GOLD = "{\"citations\": [1, 4], \"supports\": [0, 3], \"labels\": [\"port blair\", \"x\"]}";

  static Sample sample(List<String> answers, ObjectNode meta) {
    return new Sample("s", "", "where is it", answers, List.of(new Span("query", 0, 11)), meta);
  }

  private static Sample sample(String... answers) {
    return sample(List.of(answers), (ObjectNode) Json.parse(GOLD, "meta"));
  }

  @Test
  void parsesItsOwnNamesAndListsThemOtherwise() {
    for (var metric : Metric.values()) {
      assertEquals(metric, Metric.parse(metric.id()));
    }
    var e = assertThrows(LodestoneException.class, () -> Metric.parse("bleu"));
    assertTrue(e.getMessage().contains("best_subspan_em") && e.getMessage().contains("\"bleu\""), e.getMessage());
  }

  @Test
  void isOneForARightAnswerAndZeroForAWrongOne() {
    for (var metric : Metric.values()) {
      boolean cited = metric.id().startsWith("citation") || metric == Metric.SUPPORT_F1;
      assertEquals(1, metric.score(Prediction.of(cited ? "[1][4]" : "port blair"), sample("Port Blair")), metric.id());
      assertEquals(0, metric.score(Prediction.of(cited ? "[2]" : "Stanley"), sample("Port Blair")), metric.id());
    }
  }

  @Test
  void onlyStringMatchAllWantsEveryAnswer() {
    for (var metric : Metric.values()) {
      if (!metric.id().startsWith("citation") && metric != Metric.SUPPORT_F1) {
        assertEquals(metric == Metric.STRING_MATCH_ALL ? 0.5 : 1,
            metric.score(Prediction.of("port blair"), sample("Stanley", "Port Blair")), metric.id());
      }
    }
  }

  @Test
  void saysWhatASampleLacks() {
    var empty = sample(List.of(), Json.mapper().createObjectNode());
    for (var metric : Metric.values()) {
      metric.check(sample("Port Blair"));
      var e = assertThrows(LodestoneException.class, () -> metric.check(empty), metric.id());
      assertTrue(e.getMessage().startsWith("sample s: "), e.getMessage());
    }
    var broken = sample(List.of("x"), Json.mapper().createObjectNode().put("citations", "1, 4"));
    var e = assertThrows(LodestoneException.class, () -> Metric.CITATION_F1.check(broken));
    assertEquals("sample s: meta.citations: expected an array of whole numbers to score against but found \"1, 4\".",
        e.getMessage());
  }

  @Test
  void supportsThatAPredictionNamesWinOverItsCitations() {
    assertEquals(0.5, Metric.SUPPORT_F1.score(new Prediction("[1][4]", List.of(3, 7), null), sample("a")));
  }

  @Test
  void helmetTakesTheBetterOfRawAndParsed() {
    assertEquals(1, Metric.HELMET_F1.score(Prediction.of("I think.\nAnswer: Port Blair\nIs it?"), sample("Port Blair")));
    assertEquals(1, Metric.HELMET_SUBSTRING_EM.score(Prediction.of("x\nPort Blair"), sample("Port Blair")));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "mdqa|best_subspan_em, em, f1", "musique|em, f1", "kv|kv_accuracy", "niah|rouge1_recall, string_match_all",
    "summhay|citation_precision, citation_recall, citation_f1, citation_precision_lenient, citation_recall_lenient,"
        + " citation_f1_lenient", "other|best_subspan_em, em, f1"})
  void everyTaskHasItsUsualMetrics(String task, String metrics) {
    assertEquals("[" + metrics + "]", Metric.usual(task).toString());
  }

  @Test
  void stemsAWordOfAMillionLetters() {
    assertEquals(1_000_000, PorterStemmer.stem("y".repeat(1_000_000)).length());
  }
}
