package dev.lodestone.lab.detect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.text.Tokenizer;
import java.util.List;
import org.junit.jupiter.api.Test;

class CitationSpansTest {
  private static final String TOKENIZER = """
      {"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
       "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
       "model": {"type": "WordLevel", "unk_token": "x",
                 "vocab": {"x": 0, "Article": 1, "1": 2, "2": 3, ":": 4, "text": 5}}}""";

  @Test
  void theFirstNumberOfAGoldDocumentIsItsCitation() {
    // Article 1 : text | Article 2 : text 2
    var sample = new TokenSample("s", new int[] {1, 2, 4, 5, 1, 3, 4, 5, 3}, null, List.of(
        new Span("document:1", 0, 4), new Span("document:2", 4, 9), new Span("needle", 4, 9)), null, null);
    try (var tokenizer = Tokenizer.parse(TOKENIZER, "test")) {
      var marked = CitationSpans.mark(sample, tokenizer);
      assertEquals(List.of(new Span("citation", 5, 6)), marked.spans("citation").toList());
      assertSame(marked, CitationSpans.mark(marked, tokenizer), "marked already");
    }
    assertSame(sample, CitationSpans.mark(sample, null));
  }
}
