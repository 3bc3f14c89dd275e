package dev.lodestone.synth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.ChatTemplate;
import dev.lodestone.data.Sample;
import dev.lodestone.text.SentencePieceTokenizer;
import dev.lodestone.text.TinyTokenizer;
import dev.lodestone.text.TokenCounter;
import dev.lodestone.text.Tokenizer;
import java.util.List;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class KeyValueTaskTest {
  private static final Pattern PAIR = Pattern.compile("\"([0-9a-f-]{36})\": \"([0-9a-f-]{36})\"");

  private static KeyValueTask task(int pairs, int length, long seed) {
    var budget = length == 0 ? Budget.none() : Budget.characters(length);
    return new KeyValueTask(new KeyValueTask.Options(pairs, budget, 3, false, ChatTemplate.NONE, seed));
  }

  private static List<MatchResult> pairs(Sample sample) {
    return PAIR.matcher(sample.prompt()).results().toList();
  }

  @Test
  void asksForThePairAtEachDepth() {
    var samples = task(75, 0, 1).stream(3).toList();
    for (int i = 0; i < 3; i++) {
      var sample = samples.get(i);
      var pairs = pairs(sample);
      int gold = new int[] {0, 37, 74}[i];
      assertEquals(75, pairs.size());
      assertEquals(gold, sample.meta().get("gold").asInt());
      assertEquals(sample.answers(), List.of(pairs.get(gold).group(2)));
      assertEquals(pairs.get(gold).group(1), sample.text(sample.spans("query").findFirst().orElseThrow()));
      assertEquals(150, pairs.stream().flatMap(p -> List.of(p.group(1), p.group(2)).stream()).distinct().count());
      for (var pair : pairs) {
        var uuid = UUID.fromString(pair.group(1));
        assertTrue(uuid.version() == 4 && uuid.variant() == 2, "a random UUID");
      }
    }
  }

  @Test
  void fillsTheLengthAndNeverExceedsIt() {
    for (int length : new int[] {300, 1000, 100_000}) {
      for (var sample : task(0, length, 2).stream(4).toList()) {
        assertTrue(sample.prompt().length() <= length);
        assertTrue(sample.prompt().length() + 83 > length, "one more pair is 83 characters");
        assertEquals(pairs(sample).size(), sample.meta().get("pairs").asInt());
      }
    }
  }

  /** As many pairs as trying every number of pairs finds, with a tokenizer of each kind. */
  @Test
  void fitsAsTryingEveryNumberOfPairsDoes() {
    var book = String.join(" ", HaystackText.builtin().sentences().subList(0, 100));
    for (var json : List.of(TinyTokenizer.json(), SentencePieceTokenizer.json(book, 100))) {
      try (var tokenizer = Tokenizer.parse(json.toString(), "test")) {
        var counter = new TokenCounter(tokenizer);
        for (int limit = 400; limit < 1400; limit += 77) {
          for (int index = 0; index < 3; index++) {
            int most = 1;
            while (counter.exact(task(most + 1, 0, 5).sample(index).prompt()) <= limit) {
              most++;
            }
            var options = new KeyValueTask.Options(0, Budget.tokens(counter, limit), 3, false, ChatTemplate.NONE, 5);
            var sample = new KeyValueTask(options).sample(index);
            assertEquals(most, sample.meta().get("pairs").asInt(), "limit " + limit);
            assertEquals(counter.exact(sample.prompt()), sample.meta().get("tokens").asInt());
          }
        }
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameSample() {
    assertEquals(task(0, 1000, 3).sample(5), task(0, 1000, 3).sample(5));
    assertNotEquals(task(0, 1000, 3).sample(5).prompt(), task(0, 1000, 4).sample(5).prompt());
    // A longer context starts with the same pairs: only the number grows.
    assertEquals(pairs(task(5, 0, 3).sample(2)).get(0).group(), pairs(task(9, 0, 3).sample(2)).get(0).group());
  }

  @Test
  void saysWhatDoesNotFit() {
    assertThrows(LodestoneException.class, () -> task(0, 0, 0));
    assertThrows(LodestoneException.class, () -> task(-1, 10, 0));
    var e = assertThrows(LodestoneException.class, () -> task(0, 100, 0).sample(0));
    assertTrue(e.getMessage().contains("1 pair, but found 100"), e.getMessage());
    assertThrows(LodestoneException.class, () -> task(75, 1000, 0).sample(0));
  }
}
