package dev.lodestone.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.lodestone.data.Samples.Format;
import dev.lodestone.text.Tokenizer;
import org.junit.jupiter.api.Test;

class SampleEncoderTest {
  // Tokens 2 and 3 are halves of a character, 4 was added and covers nothing, 5 carries the blank before it.
  private static final int[] STARTS = {0, 2, 3, 3, 4, 4};
  private static final int[] ENDS = {2, 3, 4, 4, 4, 7};

  private static Span touching(int start, int end) {
    return SampleEncoder.touching(new Span("s", start, end), STARTS, ENDS);
  }

  @Test
  void takesTheTokensWhoseCharactersTouchTheSpan() {
    assertEquals(new Span("s", 0, 1), touching(0, 2));
    assertEquals(new Span("s", 0, 2), touching(1, 3));
    assertEquals(new Span("s", 2, 4), touching(3, 4), "both halves of a character");
    assertEquals(new Span("s", 5, 6), touching(5, 7), "the token that carries the blank before");
    assertEquals(new Span("s", 5, 6), touching(4, 5));
    assertNull(touching(7, 9));
  }

  /** The reference computed the token span of the answer on its own. */
  @Test
  void agreesWithTheReferenceTokenizer() {
    var folder = SharedFiles.get("models/smollm2-135m-instruct");
    int trials = 0;
    try (var tokenizer = Tokenizer.load(folder);
        var samples = Samples.streamTokens(folder.resolve("reference/niah.jsonl.gz"), Format.AUTO,
            new SampleEncoder(tokenizer, false), tokenizer.vocabularySize())) {
      for (var it = samples.iterator(); it.hasNext(); trials++) {
        var sample = it.next();
        var expected = sample.text().meta().get("token_answer_span");
        assertEquals(new Span("answer", expected.get(0).asInt(), expected.get(1).asInt()),
            sample.spans("answer").findFirst().orElseThrow(), sample.id());
      }
    }
    assertEquals(100, trials);
  }
}
