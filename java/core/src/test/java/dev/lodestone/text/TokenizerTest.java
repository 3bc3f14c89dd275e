package dev.lodestone.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import dev.lodestone.io.SharedFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final int SPACE_THE = TinyTokenizer.tokens().indexOf("Ġthe");

  @TempDir Path folder;

  @Test
  void encodesAndDecodes() {
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      Tokenizer.Encoding encoded = tokenizer.encode("x the", false);
      assertArrayEquals(new int[] {2 + 'x', SPACE_THE}, encoded.ids());
      assertArrayEquals(new int[] {0, 1}, encoded.starts());
      assertArrayEquals(new int[] {1, 5}, encoded.ends());
      assertEquals("x the", tokenizer.decode(encoded.ids()));
      assertEquals(0, tokenizer.encode("", false).ids().length);
      assertEquals("", tokenizer.decode());
      assertEquals(265, tokenizer.vocabularySize());
      assertEquals(Set.of(0, 1), tokenizer.specialIds());
    }
  }

  /**
   * The bytes of the tokens, one after another, are the text in UTF-8; so a token that holds bytes [b, e) covers the
   * characters from the one of byte b to the one of byte e − 1.
   */
  @ParameterizedTest
  @ValueSource(strings = {
    "plain words in the text", "😀", " 😀 the 👩‍👩‍👧‍👦 in", "e\u0301a\u0308 the q\u0323\u0307", "שלום עולם the مرحبا",
    "圜 圜圝 in\t\r\n 𝔘𝔫𝔦 ", "a\u0000b\u0001 \ufeff", "<|start|>in the<|end|>😀<|start", "   the   in  "})
  void spansAreExact(String text) {
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      assertSpans(tokenizer, text);
      assertEquals(text, tokenizer.decode(tokenizer.encode(text, false).ids(), false));
    }
  }

  @Test
  void spansAreExactInRandomText() {
    int[] alphabet = "the in😀\u0301ש圜𝔘\n<|end|>".codePoints().toArray();
    var random = new Random(5);
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      for (int i = 0; i < 200; i++) {
        var text = new StringBuilder();
        random.ints(random.nextInt(40), 0, alphabet.length).forEach(c -> text.appendCodePoint(alphabet[c]));
        assertSpans(tokenizer, text.toString());
      }
    }
  }

  private static void assertSpans(Tokenizer tokenizer, String text) {
    Tokenizer.Encoding encoded = tokenizer.encode(text, false);
    int[] codePoints = text.codePoints().toArray();
    int[] characterOfByte = IntStream.range(0, codePoints.length)
        .flatMap(c -> IntStream.generate(() -> c)
            .limit(Character.toString(codePoints[c]).getBytes(StandardCharsets.UTF_8).length))
        .toArray();
    int at = 0;
    for (int i = 0; i < encoded.ids().length; i++) {
      int end = at + TinyTokenizer.bytes(encoded.ids()[i]).length;
      String where = "token " + i + " of \"" + text + "\"";
      assertEquals(characterOfByte[at], encoded.starts()[i], where);
      assertEquals(characterOfByte[end - 1] + 1, encoded.ends()[i], where);
      at = end;
    }
    assertEquals(characterOfByte.length, at);
  }

  @Test
  void takesWrittenOutSpecialTokensAsTokens() {
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      assertArrayEquals(new int[] {TinyTokenizer.START, 2 + 'x', TinyTokenizer.END},
          tokenizer.encode("<|start|>x<|end|>", false).ids());
      assertEquals("x", tokenizer.decode(TinyTokenizer.START, 2 + 'x', TinyTokenizer.END));
      assertEquals("<|start|>x", tokenizer.decode(new int[] {TinyTokenizer.START, 2 + 'x'}, false));
    }
  }

  @Test
  void addsTokensOnlyWhenAsked() {
    ObjectNode json = TinyTokenizer.json();
    json.set("post_processor", Json.parse("""
        {"type": "Sequence", "processors": [
          {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
          {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "<|start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
           "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
           "special_tokens": {"<|start|>": {"id": "<|start|>", "ids": [0], "tokens": ["<|start|>"]}}}]}
        """, "test"));
    try (Tokenizer tokenizer = tiny(json)) {
      Tokenizer.Encoding with = tokenizer.encode("a the", true);
      assertArrayEquals(new int[] {TinyTokenizer.START, 2 + 'a', SPACE_THE}, with.ids());
      assertArrayEquals(new int[] {0, 0, 1}, with.starts(), "and the space belongs to its token");
      assertArrayEquals(new int[] {0, 1, 5}, with.ends());
      assertArrayEquals(new int[] {2 + 'a', SPACE_THE}, tokenizer.encode("a the", false).ids());
    }
  }

  @Test
  void neverCutsOrPads() {
    ObjectNode json = TinyTokenizer.json();
    json.putObject("truncation").put("direction", "Right").put("max_length", 4).put("strategy", "LongestFirst")
        .put("stride", 0);
    ObjectNode padding = json.putObject("padding").put("direction", "Right").put("pad_id", 1).put("pad_type_id", 0)
        .put("pad_token", "<|end|>").putNull("pad_to_multiple_of");
    padding.putObject("strategy").put("Fixed", 1000);
    try (Tokenizer tokenizer = tiny(json)) {
      assertEquals(600, tokenizer.encode("xy".repeat(300), false).ids().length);
      assertEquals(1, tokenizer.encode("x", false).ids().length);
    }
  }

  @Test
  void countsIdsThatWereAdded() {
    ObjectNode json = TinyTokenizer.json();
    json.withArray("added_tokens").addObject().put("id", 265).put("content", "<extra>")
        .put("single_word", false).put("lstrip", false).put("rstrip", false).put("normalized", true)
        .put("special", false);
    try (Tokenizer tokenizer = tiny(json)) {
      assertEquals(266, tokenizer.vocabularySize());
      assertEquals(Set.of(0, 1), tokenizer.specialIds());
      tokenizer.requireFits(266);
      String message = assertThrows(LodestoneException.class, () -> tokenizer.requireFits(265)).getMessage();
      assertEquals("tiny: expected a tokenizer for the model's vocabulary of 265 but its ids go up to 265; use the"
          + " tokenizer that the model was trained with", message);
    }
  }

  @Test
  void standsLoneSurrogates() {
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      Tokenizer.Encoding encoded = tokenizer.encode("a\ud83db", false);
      assertEquals("a\ufffdb", tokenizer.decode(encoded.ids()));
      assertEquals(3, encoded.ends()[encoded.ids().length - 1]);
    }
  }

  @Test
  void worksInParallel() {
    try (Tokenizer tokenizer = tiny(TinyTokenizer.json())) {
      List<Integer> lengths = IntStream.range(0, 200).parallel()
          .mapToObj(i -> tokenizer.encode("the ".repeat(i), false).ids().length).toList();
      // "the", then " the" ..., and a space at the end
      assertEquals(IntStream.range(0, 200).mapToObj(i -> i == 0 ? 0 : i + 1).toList(), lengths);
    }
  }

  @Test
  void refusesWhatIsNoTokenizer() throws Exception {
    assertMessage("expected JSON", () -> Tokenizer.parse("{", "t.json"));
    assertMessage("found no object model", () -> Tokenizer.parse("{}", "t.json"));
    assertMessage("t.json: expected a tokenizer", () -> Tokenizer.parse("{\"model\": {\"type\": \"X\"}}", "t.json"));
    ObjectNode json = TinyTokenizer.json();
    ((ObjectNode) json.get("model")).withArray("merges").addArray().add("the").add("in");
    assertMessage("t.json: expected a tokenizer", () -> Tokenizer.parse(json.toString(), "t.json"));
    assertMessage("expected a tokenizer.json but there is none", () -> Tokenizer.load(folder));
    Path file = folder.resolve("tokenizer.json");
    assertMessage("there is no such file", () -> Tokenizer.load(file));
    Files.writeString(file, TinyTokenizer.json().toString());
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertMessage("at least 0 but found -1", () -> tokenizer.decode(-1));
    }
  }

  @Test
  void refusesUseAfterClose() {
    Tokenizer tokenizer = tiny(TinyTokenizer.json());
    tokenizer.close();
    tokenizer.close();
    assertThrows(LodestoneException.class, () -> tokenizer.encode("x", false));
    assertThrows(LodestoneException.class, () -> tokenizer.decode(5));
  }

  /** Lengths and places of the answers that transformers found in 100 prompts of SmolLM2. */
  @Test
  void findsAnswersWhereTransformersDoes() {
    Path model = SharedFolder.require("models/smollm2-135m-instruct");
    int seen = 0;
    try (Tokenizer tokenizer = Tokenizer.load(model);
        var lines = Lines.open(model.resolve("reference/niah.jsonl.gz"))) {
      for (Lines.Line line : (Iterable<Lines.Line>) lines::iterator) {
        var sample = Json.parse(line.text(), "line " + line.number());
        Tokenizer.Encoding encoded = tokenizer.encode(sample.get("prompt").asText(), false);
        assertEquals(sample.get("meta").get("length").intValue(), encoded.ids().length);
        for (var span : sample.get("spans")) {
          if (span.get("name").asText().equals("answer")) {
            int[] touched = IntStream.range(0, encoded.ids().length)
                .filter(i -> encoded.starts()[i] < span.get("end").intValue()
                    && encoded.ends()[i] > span.get("start").intValue())
                .toArray();
            var expected = sample.get("meta").get("token_answer_span");
            assertEquals(expected.get(0).intValue(), touched[0]);
            assertEquals(expected.get(1).intValue(), touched[touched.length - 1] + 1);
            seen++;
          }
        }
      }
    }
    assertEquals(100, seen);
  }

  private static void assertMessage(String part, org.junit.jupiter.api.function.Executable action) {
    String message = assertThrows(LodestoneException.class, action).getMessage();
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count());
  }

  private static Tokenizer tiny(ObjectNode json) {
    return Tokenizer.parse(json.toString(), "tiny");
  }
}
