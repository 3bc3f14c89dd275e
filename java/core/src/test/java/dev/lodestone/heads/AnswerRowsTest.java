package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class AnswerRowsTest {
  @Test
  void findsTheFirstRunOfTheAnswersTokens() {
    assertArrayEquals(new int[] {2, 3}, AnswerRows.byTokens(new int[] {1, 5, 5, 6, 5, 6}, new int[] {5, 6}));
    assertArrayEquals(new int[0], AnswerRows.byTokens(new int[] {5, 6}, new int[] {6, 5}));
    assertArrayEquals(new int[0], AnswerRows.byTokens(new int[] {5}, new int[] {5, 6}));
    assertArrayEquals(new int[0], AnswerRows.byTokens(new int[] {5}, new int[0]));
  }

  @Test
  void findsTheTokensWhoseCharactersTouchTheAnswer() {
    // "He said" + " Port" + " Bla" + "ir" + "!" ; a token that adds no character is not a row of the answer
    var text = "He said port Blair!";
    int[] ends = {7, 12, 16, 16, 18, 19};
    assertArrayEquals(new int[] {1, 2, 4}, AnswerRows.byText(text, ends, "PORT BLAIR"));
    assertArrayEquals(new int[0], AnswerRows.byText(text, ends, "Stanley"));
    assertArrayEquals(new int[0], AnswerRows.byText(text, ends, ""));
  }
}
