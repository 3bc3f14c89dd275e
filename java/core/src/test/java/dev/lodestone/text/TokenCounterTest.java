package dev.lodestone.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.SharedFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class TokenCounterTest {
  private static final List<String> TEXTS = List.of("", "one", " the in thing", "It's 12 o'clock, isn't it?",
      "“Quoted”, he said.\n\nQuestion: who?\n\n\n  Answer:", "{\"2a8d-77f0\": \"bb3b12\",\n \"k\": \"v\"}",
      "cafe\u0301 nai\u0308ve e\u0301 \ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67 family \ud83e\udea1.",
      "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645, \u05e9\u05dc\u05d5\u05dd!",
      "tabs\tand\r\nlines \n x", "trailing blanks   ", "\u5343\u91cc\u4e4b\u884c 3\u4e2a \u2163 \u00bd");

  private static String book() throws Exception {
    try (var in = new GZIPInputStream(TokenCounterTest.class.getResourceAsStream(
        "/dev/lodestone/synth/pride_and_prejudice.txt.gz"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Sentences by blanks and line feeds kept in front, as texts are put together. */
  private static List<String> pieces(String text) {
    return List.of(text.substring(0, 100_000).split("(?<=[.!?,])(?=[ \n])"));
  }

  private static double share(TokenCounter counter, List<String> pieces) {
    int estimate = pieces.stream().mapToInt(counter::estimate).sum();
    return estimate / (double) counter.exact(String.join("", pieces));
  }

  private static void assertExact(TokenCounter counter) throws Exception {
    for (int round = 0; round < 2; round++) { // the second from memory
      for (var text : TEXTS) {
        assertEquals(counter.exact(text), counter.estimate(text), text);
      }
    }
    for (var piece : pieces(book())) {
      assertEquals(counter.exact("a" + piece) - counter.exact("a"), counter.estimate(piece), piece);
    }
    assertEquals(1.0, share(counter, pieces(book())));
  }

  @Test
  void isExactForByteLevelTokenizers() throws Exception {
    try (var tokenizer = Tokenizer.parse(TinyTokenizer.json().toString(), "test")) {
      assertExact(new TokenCounter(tokenizer));
    }
  }

  @Test
  void isExactForARealOne() throws Exception {
    try (var tokenizer = Tokenizer.load(SharedFiles.get("models/smollm2-135m-instruct"))) {
      assertExact(new TokenCounter(tokenizer));
    }
  }

  @Test
  void isNearForSentencePiece() throws Exception {
    var book = book();
    try (var tokenizer = Tokenizer.parse(
        SentencePieceTokenizer.json(book.substring(0, 50_000), 400).toString(), "test")) {
      assertEquals(1.0, share(new TokenCounter(tokenizer), pieces(book)), 0.002);
    }
  }

  @Test
  void countsAsEncodingDoes() {
    try (var tokenizer = Tokenizer.parse(TinyTokenizer.json().toString(), "test")) {
      for (var text : TEXTS) {
        assertEquals(tokenizer.encode(text, false).ids().length, tokenizer.count(text));
      }
      assertEquals(3, tokenizer.count("\ud83d"), "half a pair is read as U+FFFD, of three bytes");
    }
  }

  /** Words that never come again do not fill the memory, and threads see the same counts. */
  @Test
  void keepsItsMemoryBounded() {
    try (var tokenizer = Tokenizer.parse(TinyTokenizer.json().toString(), "test")) {
      var counter = new TokenCounter(tokenizer);
      var random = new Random(1);
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < 300_000; i++) {
        var word = random.ints(12, 'u', 'z').mapToObj(Character::toString).collect(Collectors.joining());
        texts.add(" " + word);
      }
      assertTrue(IntStream.range(0, texts.size()).parallel().allMatch(
          i -> counter.estimate(texts.get(i)) == texts.get(i).length()));
      assertTrue(counter.remembered() <= 1 << 17);
    }
  }
}
