package dev.lodestone.lab.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowRangeTest {
  @ParameterizedTest
  @CsvSource({"2:5, 2, 5", ":, 0, 10", "-4:, 6, 10", ":-1, 0, 9", "0:10, 0, 10", "-3:-1, 7, 9"})
  void sidesAreThoseOfPython(String text, int begin, int end) {
    assertEquals(new RowRange.Resolved(begin, end), RowRange.parse(text).resolve(10, "a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3", "a:b", "1:2:3", "1-2", "99999999999:"})
  void otherWordsAreRefused(String text) {
    assertThrows(LodestoneException.class, () -> RowRange.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0:11", "-11:", "5:5", "6:2", "10:"})
  void rowsOutsideTheSampleAreRefusedWithItsLength(String text) {
    var e = assertThrows(LodestoneException.class, () -> RowRange.parse(text).resolve(10, "a"));
    assertTrue(e.getMessage().contains("10 tokens") && e.getMessage().contains(text), e.getMessage());
  }

  @Test
  void anOpenRangeIsEveryRow() {
    assertEquals(RowRange.ALL, RowRange.parse(":"));
  }
}
