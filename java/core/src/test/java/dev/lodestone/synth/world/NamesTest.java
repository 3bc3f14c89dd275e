package dev.lodestone.synth.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.metrics.Normalize;
import dev.lodestone.synth.SplitMix;
import java.text.Normalizer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NamesTest {
  /** Stems can be taken apart in one way only, so names of different types and splits differ. */
  @Test
  void noEndingIsTheBeginningOfAnother() {
    var endings = Names.endings().values().stream().flatMap(list -> list.stream()).toList();
    for (int i = 0; i < endings.size(); i++) {
      for (int j = 0; j < endings.size(); j++) {
        assertFalse(i != j && endings.get(i).startsWith(endings.get(j)), endings.get(i) + ", " + endings.get(j));
      }
    }
    assertTrue(endings.stream().noneMatch(e -> "aeiou".indexOf(e.charAt(0)) >= 0), "endings begin with a consonant");
  }

  @ParameterizedTest
  @EnumSource(EntityType.class)
  void splitsShareNoName(EntityType type) {
    Set<String> train = draw(type, Split.TRAIN);
    Set<String> eval = draw(type, Split.EVAL);
    assertTrue(train.size() > 2500, type + ": " + train.size());
    train.retainAll(eval);
    assertEquals(Set.of(), train);
  }

  private static Set<String> draw(EntityType type, Split split) {
    var names = Names.of(split);
    var random = new SplitMix(1, type.ordinal());
    Set<String> drawn = new HashSet<>();
    for (int i = 0; i < 3000; i++) {
      drawn.add(plain(names.name(type, names.draw(type, random), random)));
    }
    return drawn;
  }

  /** Without diacritics. */
  private static String plain(String name) {
    return Normalizer.normalize(name, Normalizer.Form.NFD).replaceAll("\\p{M}", "").replace('ł', 'l')
        .replace('ø', 'o');
  }

  @ParameterizedTest
  @EnumSource(EntityType.class)
  void aNumberIsItsName(EntityType type) {
    var names = Names.of(Split.ALL);
    var random = new SplitMix(2, type.ordinal());
    var numbers = new HashMap<String, Long>();
    for (int i = 0; i < 20_000; i++) {
      long number = names.draw(type, random);
      var name = plain(names.name(type, number, random));
      var before = numbers.putIfAbsent(name, number);
      assertTrue(before == null || before == number, name);
    }
  }

  @ParameterizedTest
  @EnumSource(EntityType.class)
  void normalisesAsSquadDoes(EntityType type) {
    var names = Names.of(Split.ALL);
    var random = new SplitMix(3, type.ordinal());
    for (int i = 0; i < 2000; i++) {
      var name = names.name(type, names.draw(type, random), random);
      assertEquals(Normalize.SQUAD.apply(name), Names.normalised(name));
    }
  }

  @Test
  void someNamesCarryDiacriticsInTheComposedForm() {
    var names = Names.of(Split.ALL);
    var random = new SplitMix(4, 0);
    int accented = 0;
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < 8000; i++) {
      var name = names.name(EntityType.CITY, names.draw(EntityType.CITY, random), random);
      var marks = name.chars().filter(c -> c > 127).boxed().collect(Collectors.toSet());
      accented += marks.isEmpty() ? 0 : 1;
      seen.addAll(marks);
      assertTrue(Normalizer.isNormalized(name, Normalizer.Form.NFC), name);
    }
    assertEquals(1000, accented, 100);
    assertEquals("áéíøüł".chars().boxed().collect(Collectors.toSet()), seen);
  }

  @Test
  void datesAndNumbersReadAsUsual() {
    var names = Names.of(Split.ALL);
    var random = new SplitMix(5, 0);
    for (int i = 0; i < 1000; i++) {
      var date = names.name(EntityType.DATE, names.draw(EntityType.DATE, random), random);
      assertTrue(date.matches("([1-9]|1\\d|2[0-8]) [A-Z][a-z]{2,8} 1[789]\\d\\d"), date);
      var number = names.name(EntityType.NUMBER, names.draw(EntityType.NUMBER, random), random);
      assertTrue(number.matches("[1-9]\\d{1,2},\\d{3}"), number);
    }
  }
}
