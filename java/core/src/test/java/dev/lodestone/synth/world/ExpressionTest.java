package dev.lodestone.synth.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.data.Span;
import dev.lodestone.synth.SplitMix;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final Relations RELATIONS = Relations.builtin();
  private static final Templated ENGLISH = new Templated(RELATIONS);
  private static final Symbolic SYMBOLS = new Symbolic(RELATIONS);

  private static Relation relation(String id) {
    return RELATIONS.all().stream().filter(r -> r.id().equals(id)).findFirst().orElseThrow();
  }

  private static World world(boolean symbolic, long index) {
    var random = new SplitMix(1, index);
    return symbolic ? World.symbolic(RELATIONS, Split.ALL, random) : new World(RELATIONS, Split.ALL, random, Set.of());
  }

  private static String decode(Passage passage, String name) {
    Span span = passage.spans().stream().filter(s -> s.name().equals(name)).findFirst().orElseThrow();
    var codePoints = passage.text().codePoints().toArray();
    return new String(codePoints, span.start(), span.length());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void spansDecodeToFactAndAnswer(boolean symbolic) {
    Expression expression = symbolic ? SYMBOLS : ENGLISH;
    for (int i = 0; i < 3000; i++) {
      var world = world(symbolic, i);
      var random = new SplitMix(2, i);
      var fact = world.fact();
      var passage = expression.document(fact, world.around(fact.subject(), i % 4), random);
      assertEquals(expression.answer(fact), decode(passage, "answer"));
      var sentence = decode(passage, "fact");
      assertTrue(sentence.contains(fact.subject().name()) && sentence.contains(fact.object().name()), sentence);
      assertTrue(sentence.endsWith("."), sentence);
      assertEquals(passage.text().indexOf(fact.object().name()), passage.text().lastIndexOf(fact.object().name()));
      assertTrue(passage.title().contains(fact.subject().name()), passage.title());
      assertFalse(passage.title().contains(fact.object().name()), passage.title());
    }
  }

  @Test
  void spansCountCodePointsBeyondTheFirstPlane() {
    var person = new Entity(EntityType.PERSON, "Ada 𝔏ovel");
    var city = new Entity(EntityType.CITY, "Kor𝔱a");
    var other = new Fact(person, relation("wedding"), new Entity(EntityType.CITY, "𝔅el"));
    for (int i = 0; i < 50; i++) {
      var passage = ENGLISH.document(new Fact(person, relation("birthplace"), city), List.of(other),
          new SplitMix(1, i));
      assertEquals("Kor𝔱a", decode(passage, "answer"));
      assertTrue(decode(passage, "fact").matches("(\\p{Lu}|𝔏).*\\."), decode(passage, "fact"));
    }
  }

  @Test
  void documentsHaveTheLengthOfAPassageAndEveryFact() {
    Set<Integer> places = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      var world = world(false, i);
      var fact = world.fact(relation("mayor"));
      var others = world.around(fact.subject(), 3);
      var text = ENGLISH.document(fact, others, new SplitMix(3, i)).text();
      int words = text.split(" ").length;
      assertTrue(words >= 50 && words <= 120, words + ": " + text);
      others.forEach(f -> assertTrue(text.contains(f.object().name()), text));
      assertFalse(text.contains("  ") || text.contains("{"), text);
      places.add(text.substring(0, text.indexOf(fact.object().name())).split("\\. ").length);
      var sentences = List.of(text.split("(?<=\\.) "));
      assertEquals(sentences.size(), Set.copyOf(sentences).size(), text);
    }
    assertTrue(places.size() >= 5, places + "");
  }

  @Test
  void variantsPutAFactByDifferentSentences() {
    var world = world(false, 4);
    var fact = world.fact();
    Set<String> sentences = new HashSet<>(Set.of(ENGLISH.statement(fact)));
    int templates = fact.relation().statements().size();
    for (int variant = 0; variant < templates - 1; variant++) {
      var sentence = decode(ENGLISH.document(fact, List.of(), variant, new SplitMix(4, variant)), "fact");
      assertTrue(sentences.add(sentence), sentence);
    }
    assertEquals(templates, sentences.size());
    assertEquals(ENGLISH.statement(fact), ENGLISH.statement(fact));
  }

  @Test
  void theSeedDecides() {
    assertEquals(text(5), text(5));
    assertNotEquals(text(5), text(6));
  }

  private static String text(long seed) {
    var world = world(false, seed);
    var random = new SplitMix(5, seed);
    var chain = world.chain(3);
    return ENGLISH.document(chain.get(0), chain.subList(1, 3), random) + ENGLISH.question(chain, random);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4"})
  void questionsNameTheFirstSubjectOnly(int hops) {
    for (int i = 0; i < 1000; i++) {
      var chain = world(false, i).chain(hops);
      var question = ENGLISH.question(chain, new SplitMix(6, i));
      assertTrue(question.contains(chain.get(0).subject().name()) && question.endsWith("?"), question);
      assertTrue(Character.isUpperCase(question.charAt(0)), question);
      chain.forEach(f -> assertFalse(question.contains(f.object().name()), question));
      assertFalse(question.contains("{") || question.contains("the the "), question);
    }
  }

  @Test
  void hopsNest() {
    var book = new Entity(EntityType.WORK, "Beyond Vesmeral");
    var writer = new Entity(EntityType.PERSON, "Ana Tarvik");
    var town = new Entity(EntityType.CITY, "Kortaham");
    var chain = List.of(new Fact(book, relation("author"), writer), new Fact(writer, relation("birthplace"), town));
    Set<String> questions = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      questions.add(ENGLISH.question(chain, new SplitMix(7, i)));
    }
    assertEquals(8, questions.size());
    assertTrue(questions.contains("Where was the author of Beyond Vesmeral born?"), questions + "");
    assertEquals("Kortaham", ENGLISH.answer(chain.get(1)));
    assertEquals("Beyond Vesmeral r26 r00 ?", SYMBOLS.question(chain, new SplitMix(7, 0)));
  }

  @Test
  void symbolsAreFactsOfThreeTokens() {
    var world = World.symbolic(RELATIONS, Split.EVAL, new SplitMix(8, 0));
    var fact = world.fact();
    var text = SYMBOLS.document(fact, world.around(fact.subject(), 2), new SplitMix(8, 1)).text();
    assertTrue(text.matches("e\\d{5}[13579] r\\d\\d e\\d{5}[13579] \\.( e\\d{6} r\\d\\d e\\d{6} \\.){2}"), text);
    assertTrue(SYMBOLS.question(List.of(fact), null).matches("e\\d{6} r\\d\\d \\?"));
    assertTrue(text.contains(SYMBOLS.statement(fact)));
  }

  @Test
  void factsOfOtherRelationsAreRefused() {
    var alien = new Relation("alien", EntityType.CITY, EntityType.CITY, List.of(), List.of(), List.of());
    var fact = new Fact(new Entity(EntityType.CITY, "A"), alien, new Entity(EntityType.CITY, "B"));
    assertThrows(IllegalArgumentException.class, () -> ENGLISH.statement(fact));
    assertThrows(IllegalArgumentException.class, () -> SYMBOLS.statement(fact));
  }

  @Test
  void fillerIsWholeSentencesOverAndOver() {
    var passage = new Filler().passage(24);
    assertEquals("The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. "
        + "The grass is green. The sky is blue.", passage.text());
    assertEquals(List.of(), passage.spans());
    assertEquals("The grass is green.", new Filler().passage(0).text());
  }
}
