package dev.lodestone.heads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadTest {
  @Test
  void readsWhatItWrites() {
    assertEquals(new Head(12, 3), Head.parse(" 12-3 "));
    assertEquals("12-3", new Head(12, 3).toString());
    assertEquals(List.of(new Head(0, 1), new Head(2, 3)), Head.parseList("0-1, 2-3,0-1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "1", "1-", "-1-2", "1-2-3", "a-b", "1-+2", "99999999999-0"})
  void refusesAnythingElse(String text) {
    var e = assertThrows(LodestoneException.class, () -> Head.parse(text));
    assertTrue(e.getMessage().contains("12-3"), e.getMessage());
  }

  @Test
  void ordersByLayerThenHead() {
    assertEquals(List.of(new Head(1, 9), new Head(2, 0), new Head(10, 1)),
        List.of(new Head(10, 1), new Head(1, 9), new Head(2, 0)).stream().sorted().toList());
  }
}
