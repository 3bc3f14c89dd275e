package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RealSamplesTest {
  @Test
  void mdqaHasTheGoldDocumentFirst() {
    var records = RealSamples.mdqa();
    assertEquals(12, records.size());
    for (var record : records) {
      assertEquals(20, record.documents().size());
      assertEquals(1, record.gold().length);
      assertEquals(0, record.gold()[0]);
    }
  }

  @Test
  void musiqueHasTwoToFourHops() {
    var records = RealSamples.musique();
    assertEquals("{2=6, 3=8, 4=5}",
        records.stream().collect(Collectors.groupingBy(r -> r.decomposition().size(), Collectors.counting()))
            .toString());
    for (var record : records) {
      assertTrue(record.answerable() && record.paragraphs().size() == 20, record.id());
      for (var step : record.decomposition()) {
        assertTrue(record.paragraphs().get(step.supportIndex()).supporting(), record.id());
      }
    }
  }

  @Test
  void everyInsightIsInSomeDocuments() {
    var topic = RealSamples.summHay();
    assertEquals(100, topic.documents().size());
    var insights = topic.subtopics().stream().flatMap(s -> s.insights().stream()).toList();
    assertEquals(72, insights.size());
    for (var insight : insights) {
      assertTrue(topic.citations(insight).length >= 4, insight.name());
    }
  }
}
