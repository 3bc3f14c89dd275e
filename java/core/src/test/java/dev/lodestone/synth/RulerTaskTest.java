package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.Sample;
import dev.lodestone.data.Span;
import dev.lodestone.synth.RulerTask.Variant;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RulerTaskTest {
  private static final Pattern SENTENCE = Pattern.compile("One of the special magic (\\w+) for (\\S+) is: (\\S+)\\.");

  private static RulerTask task(Variant variant, RulerWords keys, RulerWords values, Haystack haystack, int length) {
    return RulerTask.builtin(new RulerTask.Options(variant, 4, keys, values, List.of(Budget.characters(length)), 40,
        haystack, ChatTemplate.NONE, 3));
  }

  private static List<String> texts(Sample sample, String name) {
    return sample.spans(name).map(sample::text).toList();
  }

  @ParameterizedTest
  @CsvSource({"SINGLE,WORDS,NUMBERS,REPEATED", "SINGLE,WORDS,UUIDS,REAL", "MULTI_KEY,WORDS,NUMBERS,REAL",
    "MULTI_KEY,UUIDS,UUIDS,VARIED", "MULTI_VALUE,WORDS,NUMBERS,REAL", "MULTI_QUERY,NUMBERS,WORDS,REPEATED"})
  void asksForAllValuesOfTheKeys(Variant variant, RulerWords keys, RulerWords values, Haystack haystack) {
    int asked = variant == Variant.MULTI_QUERY ? 4 : 1;
    int needles = variant == Variant.MULTI_QUERY || variant == Variant.MULTI_VALUE ? 4 : 1;
    int distractors = variant == Variant.MULTI_KEY ? 3 : 0;
    for (var sample : task(variant, keys, values, haystack, 3000).stream(50).toList()) {
      int size = sample.prompt().codePointCount(0, sample.prompt().length());
      assertTrue(size <= 3000, size + " characters");
      assertEquals(size, sample.meta().get("characters").asInt());
      assertEquals(asked, sample.spans("query").count());
      assertEquals(needles, sample.spans("needle").count());
      assertEquals(new HashSet<>(sample.answers()), new HashSet<>(texts(sample, "answer")));
      var queries = texts(sample, "query");
      long hiddenAnswers = SENTENCE.matcher(sample.prompt()).results().filter(m -> queries.contains(m.group(2)))
          .peek(m -> assertTrue(sample.answers().contains(m.group(3)))).count();
      assertEquals(needles, hiddenAnswers, "no other sentence has a key in question");
      for (var needle : texts(sample, "needle")) {
        assertTrue(SENTENCE.matcher(needle).matches(), needle);
      }
      var others = sample.spans().stream().filter(s -> s.name().startsWith("distractor:")).toList();
      assertTrue(haystack == Haystack.VARIED ? others.size() > 10 : others.size() == distractors);
      for (int i = 0; i < others.size(); i++) {
        assertEquals("distractor:" + (i + 1), others.get(i).name(), "in the order of the text");
        assertTrue(SENTENCE.matcher(sample.text(others.get(i))).matches());
      }
      var end = "provided text " + (needles == 1 ? "is" : "are");
      assertTrue(sample.prompt().endsWith(end), sample.prompt());
    }
  }

  @Test
  void fillsTheLengthAsTryingEveryCountDoes() {
    for (int length : new int[] {400, 700, 1111}) {
      for (long i = 0; i < 40; i++) {
        var sample = task(Variant.SINGLE, RulerWords.WORDS, RulerWords.NUMBERS, Haystack.REPEATED, length).sample(i);
        int line = 1 + String.join(" ", HaystackText.filler().sentences()).length();
        assertTrue(sample.prompt().length() <= length && sample.prompt().length() + line > length);
      }
    }
  }

  @Test
  void theFirstNeedleRunsThroughFortyDepths() {
    var task = task(Variant.SINGLE, RulerWords.WORDS, RulerWords.NUMBERS, Haystack.REPEATED, 20_000);
    var depths = task.stream(40).map(s -> s.meta().get("depth").asInt()).toList();
    assertEquals(List.of(0, 3, 5, 8, 10), depths.subList(0, 5));
    assertEquals(100, depths.get(39));
    assertEquals(40, new HashSet<>(depths).size());
    for (var sample : task.stream(40).toList()) {
      var needle = sample.spans("needle").findFirst().orElseThrow();
      assertEquals(sample.meta().get("depth").asInt() / 100.0, needle.start() / 20_000.0, 0.02);
    }
    var many = task(Variant.MULTI_QUERY, RulerWords.WORDS, RulerWords.NUMBERS, Haystack.REPEATED, 20_000).sample(7);
    assertEquals(18, many.meta().get("depths").get(0).asInt());
  }

  @Test
  void beginsTheAnswerBehindTheChatTurn() {
    var options = new RulerTask.Options(Variant.MULTI_QUERY, 2, RulerWords.WORDS, RulerWords.NUMBERS,
        List.of(Budget.characters(900)), 5, Haystack.REPEATED, ChatTemplate.parse("chatml"), 0);
    var sample = RulerTask.builtin(options).sample(1);
    var keys = texts(sample, "query");
    assertTrue(sample.prompt().endsWith("\nWhat are all the special magic numbers for " + keys.get(0) + ", and "
        + keys.get(1) + " mentioned in the provided text?<|im_end|>\n<|im_start|>assistant\nThe special magic numbers"
        + " for " + keys.get(0) + ", and " + keys.get(1) + " mentioned in the provided text are"), sample.prompt());
    assertEquals(sample, RulerTask.builtin(options).sample(1), "the same seed, the same sample");
    for (Span answer : sample.spans("answer").toList()) {
      assertTrue(sample.answers().contains(sample.text(answer)));
    }
  }

  @Test
  void saysWhatIsWrong() {
    var e = assertThrows(LodestoneException.class,
        () -> task(Variant.SINGLE, RulerWords.WORDS, RulerWords.NUMBERS, Haystack.REAL, 100).sample(0));
    assertTrue(e.getMessage().matches("Expected a context length of at least \\d+ characters, .* but found 100\\."));
    assertThrows(LodestoneException.class, () -> Variant.parse("double"));
    assertThrows(LodestoneException.class, () -> RulerWords.parse("letters"));
    var options = new RulerTask.Options(Variant.MULTI_KEY, 0, RulerWords.WORDS, RulerWords.NUMBERS,
        List.of(Budget.characters(900)), 5, Haystack.REPEATED, ChatTemplate.NONE, 0);
    assertThrows(LodestoneException.class, () -> RulerTask.builtin(options));
  }
}
