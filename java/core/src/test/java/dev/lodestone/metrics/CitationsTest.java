package dev.lodestone.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The strict reading on the published cases: {@link MetricCasesTest}. */
class CitationsTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "[1][4]|[1, 4]", "[1, 4,10]|[1, 4, 10]", "[3-5] and [7–8]|[3, 4, 5, 7, 8]", "see (3) and (4; 6)|[3, 4, 6]",
    "Article 3 says so|[3]", "Articles 1, 4 and 7 to 9.|[1, 4, 7, 8, 9]", "documents 2 & 3, and article no. 5|[2, 3, 5]",
    "[Article 12], [Document #7]|[12, 7]", "1, 4, and 7.|[1, 4, 7]", "3|[3]", "- 3~- 5|[3, 5]", "* [2]~* [9]|[2, 9]",
    "Article 1, Article 4|[1, 4]", "Article 1, 4a|[1]", "[12a] (v3) in 1984 we saw 3 cats|[]", "none of them|[]",
    "[9-3]|[9, 3]", "[1-4000000]|[1, 4000000]", "[12345678901]|[]"})
  void readsLeniently(String text, String numbers) {
    assertEquals(numbers, Citations.lenient(text.replace('~', '\n')).toString());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "[1 4]|[]", "[1 4, 5]|[5]", "[٣]|[3]", "[99999999999]|[2147483647]", "Article 3, (4), [5-6]|[]"})
  void readsStrictly(String text, String numbers) {
    assertEquals(numbers, Citations.strict(text).toString());
  }

  @Test
  void longListsNeedNoStack() {
    var list = IntStream.rangeClosed(1, 50_000).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    assertEquals(50_000, Citations.lenient(list).size());
    assertEquals(50_000, Citations.strict("[" + list + "]").size());
    assertEquals(0, Citations.lenient("1" + " ".repeat(50_000) + "x").size());
  }
}
