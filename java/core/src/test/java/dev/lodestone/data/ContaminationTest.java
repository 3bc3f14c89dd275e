package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContaminationTest {
  private static final String TEXT = "It is a truth universally acknowledged, that a single man in possession of a good"
      + " fortune, must be in want of a wife.";

  @TempDir Path dir;

  private static Sample sample(String prompt, String... answers) {
    return new Sample("s", "", prompt, List.of(answers), List.of(), Json.mapper().createObjectNode());
  }

  private Contamination against(int n, Sample... samples) {
    var file = dir.resolve("eval.jsonl.gz");
    Samples.write(file, Arrays.stream(samples));
    return Contamination.of(List.of(file), n);
  }

  @Test
  void findsThirteenWordsInARow() {
    var contamination = against(13, sample("x " + TEXT + " y"));
    assertTrue(contamination.touches(sample("He said: “it is A TRUTH universally\nacknowledged that -- a single man"
        + " in possession of” nothing")), "13 words, whatever stands between them");
    assertFalse(contamination.touches(
        sample("it is a truth universally acknowledged that a single man in possession or")));
    assertTrue(contamination.touches(sample("no", TEXT)), "an answer counts");
    var report = contamination.report();
    assertEquals(new Contamination.Report(13, List.of("eval.jsonl.gz"), 13, 3, 2), report);
    assertEquals(2 / 3.0, report.share());
  }

  @Test
  void aRunDoesNotReachFromThePromptIntoAnAnswer() {
    var contamination = against(3, sample("one two", "three four"), sample("five six seven"));
    assertEquals(1, contamination.report().evaluationRuns());
    assertFalse(contamination.touches(sample("one two three")));
    assertTrue(contamination.touches(sample("zero five six seven eight")));
  }

  @Test
  void knowsWordsOfAllScripts() {
    var contamination = against(2,
        sample("caf\u00c9 e\u0301t\u00e9 \u0645\u0631\u062d\u0628\u0627 \ud835\udc00\ud835\udc01"));
    assertTrue(contamination.touches(sample("Caf\u00e9 E\u0301T\u00c9!")));
    assertTrue(contamination.touches(sample("\u0645\u0631\u062d\u0628\u0627, \ud835\udc00\ud835\udc01")));
    assertFalse(contamination.touches(sample("e\u0301t\u00e9 caf\u00e9")), "the order counts");
  }

  /** Against sets of strings. */
  @Test
  void agreesWithComparingTheWords() {
    var random = new Random(4);
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      samples.add(sample(String.join(" ", random.ints(40, 0, 12).mapToObj(w -> "w" + w).toList())));
    }
    var contamination = against(4, samples.subList(0, 20).toArray(Sample[]::new));
    Set<String> known = new HashSet<>();
    samples.subList(0, 20).forEach(s -> known.addAll(runs(s.prompt())));
    assertEquals(known.size(), contamination.report().evaluationRuns());
    for (var sample : samples) {
      assertEquals(runs(sample.prompt()).stream().anyMatch(known::contains), contamination.touches(sample));
    }
  }

  private static List<String> runs(String text) {
    var words = List.of(text.split(" "));
    return IntStream.rangeClosed(0, words.size() - 4).mapToObj(i -> String.join(" ", words.subList(i, i + 4))).toList();
  }

  @Test
  void refusesWhatCannotBeCompared() throws IOException {
    var e = assertThrows(LodestoneException.class, () -> against(13, sample("too short")));
    assertTrue(e.getMessage().contains("at least 13 words"), e.getMessage());
    assertThrows(LodestoneException.class, () -> Contamination.of(List.of(dir.resolve("none.jsonl")), 13));
    assertThrows(LodestoneException.class, () -> against(0, sample(TEXT)));
  }
}
