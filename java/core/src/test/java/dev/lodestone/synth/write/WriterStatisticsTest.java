package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lodestone.synth.write.WriterStatistics.Count;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class WriterStatisticsTest {
  @Test
  void aListenerHearsEveryChange() {
    var heard = new ArrayList<String>();
    var statistics = new WriterStatistics(s -> heard.add(s.toString()));
    statistics.add(Count.REQUESTS);
    statistics.add(Count.ANSWER_TOKENS, 1200);
    assertEquals("1 requests", heard.get(0));
    assertEquals("1 requests, 1,200 answer tokens", heard.get(1));
    assertEquals(1200, statistics.toJson().get("answer_tokens").asInt());
    assertEquals(0, statistics.toJson().get("dropped").asInt());
  }
}
