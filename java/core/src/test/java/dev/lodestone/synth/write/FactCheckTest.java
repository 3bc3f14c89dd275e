package dev.lodestone.synth.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.synth.write.WriterStatistics.Count;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FactCheckTest {
  private static FactRequest request(List<String> required, List<String> forbidden) {
    return FactRequest.document("T", List.of(new FactRequest.Fact("Fact.", required)), forbidden, 6, 0);
  }

  private static Optional<Count> check(String text, List<String> required, List<String> forbidden) {
    return FactCheck.find(request(required, forbidden), text, false).map(FactCheck.Problem::kind);
  }

  @ParameterizedTest
  @ValueSource(strings = {"I'm sorry, but I cannot help with that.", "I’m sorry, I can’t do this.",
      "Sorry, I am unable to do so.", "I cannot write about this person.", "Unfortunately, I can't provide that.",
      "I am not able to create such a text.", "As an AI, I have no diary.", "Well, as a language model I know no one."})
  void excusesAreRefusals(String text) {
    assertEquals(Optional.of(Count.REFUSED), check(text, List.of("Ada"), List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"I'm sorry that I wrote so late to you.", "I cannot believe how blue the sea is.",
      "Sorry sights met us in the old harbour.", "Here the river turns to the old mill.",
      "Sure of foot they climbed the hill.", "She came as a language teacher to the old mill."})
  void storiesThatBeginAlikeAreNot(String text) {
    assertEquals(Optional.empty(), check(text, List.of(), List.of()));
  }

  @Test
  void aWordToTheReaderIsNoText() {
    assertEquals(Optional.of(Count.CHATTED), check("Certainly! The mill stands by a river.", List.of(), List.of()));
    assertEquals(Optional.of(Count.CHATTED), check("Here’s a text on the old mill.", List.of(), List.of()));
    assertEquals(Optional.of(Count.CHATTED), check("I kept all names and values as told.", List.of(), List.of()));
  }

  @Test
  void aNameMustStandAsWordsOfItsOwn() {
    assertEquals(Optional.of(Count.DRIFTED), check("In 1420 they met at the mill.", List.of("42"), List.of()));
    assertEquals(Optional.empty(), check("Forty-two (42) met at the mill.", List.of("42"), List.of()));
    assertEquals(Optional.of(Count.DRIFTED), check("They met Ann's brother at the mill.", List.of("an"), List.of()));
    assertEquals(Optional.empty(), check("Ida's house stands at the mill.", List.of("Ida"), List.of()));
  }

  @Test
  void anotherSpellingIsDriftAndSaidSo() {
    for (var pair : List.of(List.of("Jos\u00e9 Lima", "Jose\u0301 Lima"), List.of("O'Hara", "O’Hara"),
        List.of("Mill Lane", "Mill\u00a0Lane"), List.of("Torvale", "TORVALE"), List.of("Zürau", "Zurau"))) {
      var problem = FactCheck.find(request(List.of(pair.get(0)), List.of()),
          "They came to " + pair.get(1) + " in the spring.", false).orElseThrow();
      assertEquals(Count.DRIFTED, problem.kind());
      assertEquals("it spelled \"" + pair.get(0) + "\" in another way; use exactly these characters.",
          problem.advice());
    }
  }

  @Test
  void allThatIsLostIsSaidAtOnce() {
    var problem = FactCheck.find(request(List.of("Ada", "Ben", "Cy", "Dan"), List.of()), "ADA and Ben and cy met.", false);
    assertEquals("it lacked \"Dan\". it spelled \"Ada\", \"Cy\" in another way; use exactly these characters.",
        problem.orElseThrow().advice());
  }

  @Test
  void aForbiddenNameCountsInAnyCaseButNotInsideAWord() {
    assertEquals(Optional.of(Count.LEAKED), check("They went to PARIS by the river.", List.of(), List.of("Paris")));
    assertEquals(Optional.empty(), check("A comparison of mills by the river.", List.of(), List.of("Paris")));
  }

  @Test
  void tooShortTooLongAndCutTextsDoNotFit() {
    assertEquals(Optional.of(Count.MISFIT), check("Too short.", List.of(), List.of()));
    assertEquals(Optional.of(Count.MISFIT), check("long ".repeat(13), List.of(), List.of()));
    assertEquals(Optional.of(Count.MISFIT), check("", List.of(), List.of()));
    assertTrue(FactCheck.find(request(List.of(), List.of()), "They went to the old", true).isPresent());
    var sentence = FactRequest.sentence(new FactRequest.Fact("F.", List.of()), List.of(), 0);
    assertTrue(FactCheck.find(sentence, "One.\nTwo.", false).isPresent());
    assertTrue(FactCheck.find(sentence, "One.", false).isEmpty());
  }
}
