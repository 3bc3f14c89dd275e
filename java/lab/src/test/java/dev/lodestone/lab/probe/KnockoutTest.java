package dev.lodestone.lab.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.engine.Edit;
import dev.lodestone.heads.Head;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KnockoutTest {
  @Test
  void readsModeAndHeads() {
    var knockout = Knockout.parse("uniform:0-1,2-3");
    assertEquals(new Knockout(Knockout.Mode.UNIFORM, List.of(new Head(0, 1), new Head(2, 3))), knockout);
    assertEquals(List.of(Edit.uniform(new Head(0, 1)), Edit.uniform(new Head(2, 3))), knockout.edits());
    assertTrue(Knockout.parse("zero:1-1").edits().get(0) instanceof Edit.Zero);
    assertTrue(Knockout.parse("mean:1-1").edits().get(0) instanceof Edit.Mean);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zero", "remove:0-1", "zero:", "zero:0", "zero:a-b", ":0-1"})
  void otherWordsAreRefused(String text) {
    assertThrows(LodestoneException.class, () -> Knockout.parse(text));
  }
}
