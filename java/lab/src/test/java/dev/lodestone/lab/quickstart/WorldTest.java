package dev.lodestone.lab.quickstart;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Sample;
import dev.lodestone.data.Span;
import dev.lodestone.data.TokenSample;
import dev.lodestone.lab.quickstart.World.Facts;
import dev.lodestone.lab.quickstart.World.Filler;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WorldTest {
  static Stream<Arguments> kinds() {
    return Variant.all().stream().flatMap(v -> Stream.of(64, 128, 512).map(n -> Arguments.of(v.facts(), v.filler(), n)));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theAnswerStandsInTheNeedle(Facts facts, Filler filler, int length) {
    for (Sample sample : World.trials(facts, filler, length, 30, 4)) {
      String needle = sample.text(sample.spans("needle").findFirst().orElseThrow());
      String answer = sample.text(sample.spans("answer").findFirst().orElseThrow());
      assertEquals(List.of(answer), sample.answers());
      assertTrue(needle.endsWith(".") && needle.contains(answer), needle);
      String[] words = sample.prompt().split(" ");
      assertEquals(length - World.ANSWER, words.length);
      // The question names who the needle is about.
      assertTrue(needle.contains(words[words.length - 3] + " " + words[words.length - 2]), needle);
      assertEquals(1, sample.prompt().split(needle.replace(".", "\\."), -1).length - 1, needle);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void onlyAnswersHaveLabels(Facts facts, Filler filler, int length) {
    for (TokenSample document : World.documents(facts, filler, length, 10, 5)) {
      assertEquals(length, document.tokens().length);
      int[] labelled = Arrays.stream(document.labels()).filter(l -> l != TokenSample.IGNORED).toArray();
      assertEquals(3 * World.ANSWER, labelled.length);
      for (int q = 0; q < 3; q++) {
        int[] answer = Arrays.copyOfRange(labelled, q * World.ANSWER, q * World.ANSWER + 2);
        Span needle = document.spans().get(q);
        int[] sentence = Arrays.copyOfRange(document.tokens(), needle.start(), needle.end());
        assertTrue((" " + Words.text(sentence, 0, sentence.length)).contains(" " + Words.text(answer, 0, 2) + " "));
        assertEquals(Words.of("end")[0], labelled[q * World.ANSWER + 2]);
      }
    }
  }

  @Test
  void aRealisticQuestionOftenUsesAnotherWord() {
    long same = World.trials(Facts.REALISTIC, Filler.VARIED, 64, 200, 6).stream().filter(WorldTest::namesTheRelation)
        .count();
    assertTrue(same > 40 && same < 95, same + " of 200, expected a third");
    assertEquals(200, World.trials(Facts.TEMPLATED, Filler.VARIED, 64, 200, 6).stream()
        .filter(WorldTest::namesTheRelation).count());
  }

  private static boolean namesTheRelation(Sample sample) {
    String relation = sample.prompt().substring(sample.prompt().lastIndexOf(' ') + 1);
    return sample.text(sample.spans("needle").findFirst().orElseThrow()).contains(" " + relation + " ");
  }

  @Test
  void theSameSeedIsTheSameText() {
    assertArrayEquals(World.documents(Facts.SYMBOLIC, Filler.VARIED, 64, 3, 7).get(2).tokens(),
        World.documents(Facts.SYMBOLIC, Filler.VARIED, 64, 3, 7).get(2).tokens());
  }

  @Test
  void aLengthThatDoesNotHoldTheFactsIsRefused() {
    assertThrows(IllegalArgumentException.class,
        () -> new World(Facts.REALISTIC, Filler.VARIED, 30, 3, 3, new Random(1)));
  }
}
