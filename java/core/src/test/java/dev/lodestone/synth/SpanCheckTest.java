package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.Rows;
import dev.lodestone.data.Sample;
import dev.lodestone.data.SampleEncoder;
import dev.lodestone.data.SharedFiles;
import dev.lodestone.data.Span;
import dev.lodestone.data.SpanCheck;
import dev.lodestone.data.TokenSample;
import dev.lodestone.io.Json;
import dev.lodestone.text.SentencePieceTokenizer;
import dev.lodestone.text.TinyTokenizer;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every span of what niah and kv make gives its text when its tokens are decoded. */
class SpanCheckTest {
  /** Combining marks, characters of several code points, writing from right to left, blanks of several kinds. */
  private static final HaystackText UNICODE = new HaystackText(List.of(
      "Cafe\u0301 nai\u0308ve a\u030a\u0323 re\u0301sume\u0301.",
      "The family \ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66 waves \ud83d\udc4b\ud83c\udffd!",
      "\u0627\u0644\u0633\u0644\u0627\u0645 \u0639\u0644\u064a\u0643\u0645"
          + " \u064a\u0627 \u0635\u062f\u064a\u0642\u064a.",
      "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, said Rachel.",
      "\u5343\u91cc\u4e4b\u884c\uff0c\u59cb\u4e8e\u8db3\u4e0b\u3002",
      "A\u00a0narrow\u202fblank \u2014 and"
          + " \ud835\udd2c\ud835\udd31\ud835\udd25\ud835\udd22\ud835\udd2f letters.",
      "Plain words end here."), true);
  private static final NeedleText NEEDLE = new NeedleText("unicode",
      "\ud83d\udd11 Rene\u0301e keeps \u0645\u0641\u062a\u0627\u062d \ud83e\uddd1\u200d\ud83d\ude80 in the"
          + " re\u0301serve\u0301 drawer.",
      "What does Rene\u0301e keep?", "\u0645\u0641\u062a\u0627\u062d \ud83e\uddd1\u200d\ud83d\ude80");

  private static List<Generator> generators(Budget budget, ChatTemplate chat) {
    List<Generator> generators = new ArrayList<>();
    generators.add(new NeedleTask(
        new NeedleTask.Options(List.of(budget), 10, Needle.WRITTEN, Haystack.REAL, chat, 1), List.of(NEEDLE), UNICODE));
    for (var haystack : List.of(Haystack.REAL, Haystack.VARIED)) {
      generators.add(new RulerTask(new RulerTask.Options(RulerTask.Variant.MULTI_KEY, 3, RulerWords.WORDS,
          RulerWords.UUIDS, List.of(budget), 40, haystack, chat, 2), UNICODE));
    }
    generators.add(new KeyValueTask(new KeyValueTask.Options(0, budget, 10, true, chat, 3)));
    return generators;
  }

  /** Alone and packed; the prompts within the budget; cut only where no span is lost. */
  private static void checkAll(Tokenizer tokenizer, int length, int count) {
    var check = new SpanCheck(tokenizer);
    var encoder = new SampleEncoder(tokenizer, false);
    var budget = Budget.tokens(new TokenCounter(tokenizer), length);
    for (var chat : List.of(ChatTemplate.NONE, ChatTemplate.parse("chatml"))) {
      for (var generator : generators(budget, chat)) {
        List<Sample> texts = new ArrayList<>();
        List<TokenSample> rows = new ArrayList<>();
        for (var text : generator.stream(count / 2).toList()) {
          var row = encoder.encode(text);
          assertEquals(List.of(), check.check(row));
          assertEquals(row.tokens().length, text.meta().get("tokens").intValue());
          assertTrue(row.tokens().length <= length);
          texts.add(text);
          rows.add(row);
          if (rows.size() == 5) {
            var packed = Rows.pack("row", rows);
            assertEquals(List.of(), check.check(packed, texts));
            assertEquals(packed.tokens().length, rows.stream().mapToInt(r -> r.tokens().length).sum());
            texts.clear();
            rows.clear();
          }
          int end = row.spans().stream().mapToInt(Span::end).max().orElseThrow();
          assertEquals(List.of(), check.check(Rows.truncate(row, end)));
          assertThrows(LodestoneException.class, () -> Rows.truncate(row, end - 1));
        }
      }
    }
  }

  @Test
  void smallByteLevel() {
    try (var tokenizer = Tokenizer.parse(TinyTokenizer.json().toString(), "test")) {
      checkAll(tokenizer, 1200, 40);
    }
  }

  @Test
  void smallSentencePiece() {
    try (var tokenizer = sentencePiece()) {
      checkAll(tokenizer, 900, 40);
    }
  }

  @Test
  void aThousandSamplesOfARealByteLevelTokenizer() {
    try (var tokenizer = Tokenizer.load(SharedFiles.get("models/smollm2-135m-instruct"))) {
      checkAll(tokenizer, 600, 1000);
    }
  }

  @Test
  void aThousandSamplesOfSentencePiece() {
    try (var tokenizer = sentencePiece()) {
      checkAll(tokenizer, 900, 1000);
    }
  }

  private static Tokenizer sentencePiece() {
    var book = String.join(" ", HaystackText.builtin().sentences().subList(0, 400));
    return Tokenizer.parse(SentencePieceTokenizer.json(book, 300).toString(), "test");
  }

  @Test
  void noticesSpansThatAreOff() {
    try (var tokenizer = Tokenizer.parse(TinyTokenizer.json().toString(), "test")) {
      var text = new Sample("s", "", "the key is \u5343 in the box", List.of(), List.of(new Span("needle", 4, 7),
          new Span("answer", 11, 12)), Json.mapper().createObjectNode());
      var row = new SampleEncoder(tokenizer, false).encode(text);
      var check = new SpanCheck(tokenizer);
      assertEquals(List.of(), check.check(row));
      for (int by : new int[] {-1, 1}) {
        for (int spanIndex = 0; spanIndex < 2; spanIndex++) {
          for (boolean start : new boolean[] {true, false}) {
            List<Span> spans = new ArrayList<>(row.spans());
            var span = spans.get(spanIndex);
            if (start ? span.length() - by < 1 : span.length() + by < 1) {
              continue;
            }
            spans.set(spanIndex, start ? new Span(span.name(), span.start() + by, span.end())
                : new Span(span.name(), span.start(), span.end() + by));
            var wrong = check.check(new TokenSample("s", row.tokens(), null, spans, null, text));
            assertEquals(1, wrong.size(), () -> spans + " for " + row.spans());
            assertTrue(wrong.get(0).startsWith("Sample s: expected the span " + span.name()), wrong.get(0));
          }
        }
      }
      var missing = new TokenSample("s", row.tokens(), null, row.spans().subList(0, 1), null, text);
      assertEquals(List.of("Sample s: the span answer is missing."), check.check(missing));
    }
  }
}
