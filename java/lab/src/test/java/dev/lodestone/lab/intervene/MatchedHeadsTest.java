package dev.lodestone.lab.intervene;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.heads.Head;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class MatchedHeadsTest {
  private static final int LAYERS = 6;
  private static final int HEADS = 8;
  private static final List<Head> NAMED = Head.parseList("3-1,3-5,4-0,5-7");
  private static final List<Head> EXCLUDED = Head.parseList("3-0,3-2,4-7");

  private static MatchedHeads draw(int draws, long seed) {
    return MatchedHeads.draw(NAMED, EXCLUDED, LAYERS, HEADS, draws, seed);
  }

  @Test
  void everyDrawHasAsManyHeadsInEachLayerAndNoneOfTheNamedOrExcluded() {
    var drawn = draw(200, 1);
    assertEquals(0, drawn.offLayer());
    var seen = new HashSet<Head>();
    for (var draw : drawn.draws()) {
      assertEquals(List.of(3, 3, 4, 5), draw.stream().map(Head::layer).toList());
      assertEquals(draw.size(), new HashSet<>(draw).size());
      assertTrue(Collections.disjoint(draw, NAMED) && Collections.disjoint(draw, EXCLUDED), draw.toString());
      seen.addAll(draw);
    }
    assertEquals(4 + 6 + 7, seen.size(), "every other head of the layers comes up in 200 draws");
  }

  @Test
  void drawsFollowFromTheSeed() {
    assertEquals(draw(10, 1), draw(10, 1));
    assertNotEquals(draw(10, 1), draw(10, 2));
    assertEquals(draw(3, 1).draws(), draw(10, 1).draws().subList(0, 3));
    assertEquals(10, new HashSet<>(draw(10, 1).draws()).size());
  }

  @Test
  void theNearestLayerStandsInForOneThatIsUsedUp() {
    var named = Head.parseList("2-0,2-1,2-2,4-0");
    for (var draw : MatchedHeads.draw(named, List.of(), 6, 4, 50, 3).draws()) {
      assertEquals(2, draw.stream().filter(h -> h.layer() == 1 || h.layer() == 3).count(), draw.toString());
      assertTrue(draw.contains(new Head(2, 3)) && draw.stream().anyMatch(h -> h.layer() == 4), draw.toString());
    }
    assertEquals(2, MatchedHeads.draw(named, List.of(), 6, 4, 1, 3).offLayer());
  }

  @Test
  void tooFewOthersAreOneSentence() {
    var named = Head.parseList("0-0,0-1,1-0");
    var e = assertThrows(LodestoneException.class, () -> MatchedHeads.draw(named, List.of(), 2, 2, 1, 0));
    assertTrue(e.getMessage().contains("at least 3 other heads") && e.getMessage().contains("found 1"), e.getMessage());
  }
}
