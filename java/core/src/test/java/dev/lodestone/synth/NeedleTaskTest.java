package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.Sample;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.data.Span;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.StringTokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NeedleTaskTest {
  /** A tokenizer stands behind a budget; words do too. */
  private record Words(int limit) implements Budget {
    @Override
    public int measure(String prompt) {
      return new StringTokenizer(prompt).countTokens();
    }

    @Override
    public int estimate(String piece) {
      return measure(piece);
    }

    @Override
    public String unit() {
      return "tokens";
    }
  }

  static Budget words(int limit) {
    return new Words(limit);
  }

  private static int words(String text) {
    return new Words(0).measure(text);
  }

  private static NeedleTask task(int length, int depths, Needle needle, Haystack haystack, long seed) {
    var options = new NeedleTask.Options(List.of(words(length)), depths, needle, haystack, ChatTemplate.NONE, seed);
    return NeedleTask.builtin(options);
  }

  private static String text(Sample sample, String span) {
    return sample.text(sample.spans(span).findFirst().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"WRITTEN,REAL", "WRITTEN,REPEATED", "TEMPLATED,REAL", "TEMPLATED,REPEATED"})
  void fillsTheLengthAndNeverExceedsIt(Needle needle, Haystack haystack) {
    for (int length : new int[] {60, 200, 1000, 20_000}) {
      var samples = task(length, 3, needle, haystack, 5).stream(9).toList();
      for (var sample : samples) {
        int found = words(sample.prompt());
        assertEquals(found, sample.meta().get("tokens").asInt());
        assertTrue(found <= length, found + " of " + length);
        assertTrue(found + 101 > length, "one more sentence (of at most 100 words) would not fit");
        assertTrue(text(sample, "needle").contains(text(sample, "answer")));
        assertEquals(sample.answers().get(0), text(sample, "answer"));
        assertTrue(sample.prompt().endsWith("Question: " + text(sample, "query") + "\nAnswer:"));
        assertFalse(sample.prompt().contains("  "), "single blanks between sentences");
      }
    }
  }

  @Test
  void hidesTheNeedleAtTheDepthAskedFor() {
    var samples = task(1000, 5, Needle.WRITTEN, Haystack.REPEATED, 0).stream(5).toList();
    assertEquals(List.of(0, 25, 50, 75, 100), samples.stream().map(s -> s.meta().get("depth").asInt()).toList());
    for (var sample : samples) {
      int start = sample.prompt().indexOf("\n\n") + 2;
      int end = sample.prompt().lastIndexOf("\n\nQuestion: ");
      var needle = sample.spans("needle").findFirst().orElseThrow();
      double place = (needle.start() - start) / (double) (end - start - needle.length());
      // Sentences of the filler have at most 29 characters, the text about 4,000: the place is right to 1 %.
      assertEquals(sample.meta().get("depth").asInt() / 100.0, place, 0.01);
    }
    assertEquals(1, samples.stream().map(s -> s.meta().get("needle_id").asText()).distinct().count());
  }

  @Test
  void runsThroughDepthsNeedlesAndLengths() {
    var options = new NeedleTask.Options(List.of(words(100), words(200)), 2, Needle.WRITTEN, Haystack.REAL,
        ChatTemplate.NONE, 0);
    var task = new NeedleTask(options, NeedleText.wu(), HaystackText.builtin());
    var axes = task.stream(8).map(s -> s.meta().get("depth") + " " + s.meta().get("needle_id").asText() + " "
        + s.meta().get("context_length")).toList();
    assertEquals(List.of("0 wmo 100", "100 wmo 100", "0 beijing 100", "100 beijing 100", "0 green 100", "100 green 100",
        "0 wmo 200", "100 wmo 200"), axes);
  }

  @Test
  void marksAnAnswerThatTheNeedleSpellsInAnotherCase() {
    var options = new NeedleTask.Options(List.of(words(100)), 1, Needle.WRITTEN, Haystack.REAL, ChatTemplate.NONE, 0);
    var sample = new NeedleTask(options, NeedleText.wu().subList(2, 3), HaystackText.builtin())
        .sample(0);
    assertEquals("because he is a mean person and also he can't ride a horse or dive a car", text(sample, "answer"));
  }

  @Test
  void theSameSeedGivesTheSameSamplesInAnyOrder() throws Exception {
    var task = task(300, 3, Needle.TEMPLATED, Haystack.REAL, 7);
    var forward = task.stream(4).map(s -> s.toJson().toString()).toList();
    for (int i = 3; i >= 0; i--) {
      assertEquals(forward.get(i), task(300, 3, Needle.TEMPLATED, Haystack.REAL, 7).sample(i).toJson().toString());
    }
    assertNotEquals(forward.get(0), task(300, 3, Needle.TEMPLATED, Haystack.REAL, 8).sample(0).toJson().toString());
    assertEquals(4, forward.stream().distinct().count());
    // Bytes that must not change from one Java version, or one release of this project, to the next.
    var bytes = String.join("\n", forward).getBytes(StandardCharsets.UTF_8);
    var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
    assertEquals("9bafc147e8d03c93", HexFormat.of().formatHex(digest).substring(0, 16));
  }

  @Test
  void wrapsForChatModelsAndMovesTheSpans() {
    var chat = ChatTemplate.parse("chatml");
    var options = new NeedleTask.Options(List.of(words(100)), 3, Needle.WRITTEN, Haystack.REAL, chat, 0);
    var sample = NeedleTask.builtin(options).sample(1);
    assertTrue(sample.prompt().startsWith("<|im_start|>system\n"));
    assertTrue(sample.prompt().endsWith("\nAnswer:<|im_end|>\n<|im_start|>assistant\n"));
    assertTrue(words(sample.prompt()) <= 100);
    assertEquals(sample.answers().get(0), text(sample, "answer"));
  }

  @Test
  void saysWhatIsTooShort() {
    var e = assertThrows(LodestoneException.class, () -> task(20, 3, Needle.WRITTEN, Haystack.REAL, 0).sample(0));
    assertTrue(e.getMessage().contains("at least") && e.getMessage().contains("found 20"), e.getMessage());
    var options = new NeedleTask.Options(List.of(words(5000)), 1, Needle.WRITTEN, Haystack.REAL, ChatTemplate.NONE, 0);
    var tiny = new HaystackText(List.of("One.", "Two."), false);
    e = assertThrows(LodestoneException.class,
        () -> new NeedleTask(options, NeedleText.builtin(), tiny).sample(0));
    assertTrue(e.getMessage().contains("--source"), e.getMessage());
    e = assertThrows(LodestoneException.class, () -> task(100, 1, Needle.SYMBOLIC, Haystack.REAL, 0));
    assertTrue(e.getMessage().contains("written, templated"), e.getMessage());
    assertThrows(LodestoneException.class, () -> task(100, 0, Needle.WRITTEN, Haystack.REAL, 0));
    assertThrows(LodestoneException.class, () -> Haystack.parse("messy"));
    assertEquals(Needle.TEMPLATED, Needle.parse("templated"));
  }

  @Test
  void fitsARealTokenizer() {
    try (var tokenizer = Tokenizer.load(SharedFiles.get("models/smollm2-135m-instruct"))) {
      var counter = new TokenCounter(tokenizer);
      var lengths = List.of(Budget.tokens(counter, 512), Budget.tokens(counter, 4096));
      var options = new NeedleTask.Options(lengths, 5, Needle.WRITTEN, Haystack.REAL, ChatTemplate.parse("chatml"), 0);
      var encoder = new SampleEncoder(tokenizer, false);
      var task = NeedleTask.builtin(options);
      for (var sample : task.stream(60).toList()) {
        var tokens = encoder.encode(sample);
        int length = sample.meta().get("context_length").asInt();
        assertEquals(sample.meta().get("tokens").asInt(), tokens.tokens().length);
        int found = tokens.tokens().length;
        assertTrue(found <= length && found > length - 250, found + " of " + length);
        Span answer = tokens.spans("answer").findFirst().orElseThrow();
        var decoded = tokenizer.decode(Arrays.copyOfRange(tokens.tokens(), answer.start(), answer.end()), true);
        assertEquals(sample.answers().get(0), decoded.strip());
      }
    }
  }
}
