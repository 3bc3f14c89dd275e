package dev.lodestone.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MarkupTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"0|0", "-0.0|0", "0.12345|0.123", "0.5|0.5", "-0.25|−0.25", "75|75",
    "32768|32,768", "1234.56|1,235", "12.345|12.3", "0.00001234|1.23e−5", "1e-5|1e−5", "1e20|1e20", "NaN|n/a",
    "Infinity|∞", "0.9999|1"})
  void numbersForPeople(double value, String text) {
    assertEquals(text, Markup.number(value));
  }

  @Test
  void placesAreFiniteAndShort() {
    assertEquals("12.35", Markup.place(12.3456));
    assertEquals("0", Markup.place(-0.001));
    assertEquals("100", Markup.place(100));
    assertThrows(IllegalArgumentException.class, () -> Markup.place(Double.NaN));
  }

  @Test
  void escapesMarkupAndWhatXmlForbids() {
    assertEquals("&lt;a href=&quot;x&quot;&gt;&amp;&#39; \ufffd 頭 😀", Markup.escape("<a href=\"x\">&' \u0001 頭 😀"));
    assertEquals("\ufffd", Markup.escape("\ud800"));
  }
}
