package dev.lodestone.synth.world;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import dev.lodestone.synth.SplitMix;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorldTest {
  private static final Relations RELATIONS = Relations.builtin();

  private static World world(long seed) {
    return new World(RELATIONS, Split.ALL, new SplitMix(seed, 0), Set.of());
  }

  private static Relation relation(String id) {
    return RELATIONS.all().stream().filter(r -> r.id().equals(id)).findFirst().orElseThrow();
  }

  /** All that a sample asks for. */
  private static List<Fact> facts(World world) {
    List<Fact> facts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      var chain = world.chain(1 + i % 4);
      facts.addAll(chain);
      facts.addAll(world.likeness(chain.get(0), 3));
      facts.addAll(world.around(chain.get(0).subject(), 3));
      facts.add(world.fact());
    }
    return facts;
  }

  @Test
  void theSeedDecides() {
    assertEquals(facts(world(1)), facts(world(1)));
    assertNotEquals(facts(world(1)), facts(world(2)));
  }

  @Test
  void worldsOfTwoSplitsAreNotTwins() {
    var train = new World(RELATIONS, Split.TRAIN, new SplitMix(1, 0), Set.of()).entity(EntityType.CITY).name();
    var eval = new World(RELATIONS, Split.EVAL, new SplitMix(1, 0), Set.of()).entity(EntityType.CITY).name();
    assertNotEquals(train.substring(0, 3), eval.substring(0, 3));
  }

  @Test
  void noNameTwiceAndNoneWithinAnother() {
    for (var world : List.of(world(3), World.symbolic(RELATIONS, Split.ALL, new SplitMix(3, 0)))) {
      Set<String> names = new HashSet<>();
      for (var fact : facts(world)) {
        assertTrue(names.add(fact.object().name()), () -> "object again: " + fact);
      }
    }
    var world = world(4);
    List<String> names = new ArrayList<>();
    for (var type : EntityType.values()) {
      for (int i = 0; i < 150 && type != EntityType.DATE && type != EntityType.NUMBER; i++) {
        names.add(world.entity(type).name());
      }
    }
    for (var a : names) {
      for (var b : names) {
        assertTrue(a == b || !a.contains(b), () -> a + " contains " + b);
      }
    }
  }

  @Test
  void chainsHangTogether() {
    var world = world(5);
    Set<EntityType> starts = EnumSet.noneOf(EntityType.class);
    for (int i = 0; i < 1000; i++) {
      int hops = 1 + i % 4;
      var chain = world.chain(hops);
      assertEquals(hops, chain.size());
      for (int j = 1; j < hops; j++) {
        assertSame(chain.get(j - 1).object(), chain.get(j).subject());
      }
      assertEquals(hops, chain.stream().map(Fact::relation).distinct().count());
      chain.forEach(f -> assertEquals(f.relation().object(), f.object().type()));
      if (hops == 4) {
        starts.add(chain.get(0).subject().type());
      }
    }
    assertTrue(starts.size() >= 6, starts + "");
    assertThrows(IllegalArgumentException.class, () -> world.chain(5));
  }

  @Test
  void hardNegativesShareTheRelationOnly() {
    var world = world(6);
    var fact = world.fact(relation("capital"));
    var like = world.likeness(fact, 500);
    assertEquals(500, like.size());
    Set<Entity> entities = new HashSet<>(Set.of(fact.subject(), fact.object()));
    for (var f : like) {
      assertSame(fact.relation(), f.relation());
      assertTrue(entities.add(f.subject()) && entities.add(f.object()));
    }
  }

  @Test
  void aSubjectHasOneObjectARelation() {
    var world = world(7);
    var fact = world.fact(relation("author"));
    var around = world.around(fact.subject(), 2);
    around = new ArrayList<>(around);
    around.addAll(world.around(fact.subject(), 99));
    assertEquals(RELATIONS.of(EntityType.WORK).size() - 1, around.size());
    assertEquals(around.size(), around.stream().map(Fact::relation).distinct().count());
    assertFalse(around.stream().anyMatch(f -> f.relation() == fact.relation() || f.subject() != fact.subject()));
    assertThrows(IllegalArgumentException.class, () -> world.fact(fact.subject(), fact.relation()));
    assertThrows(IllegalArgumentException.class, () -> world.fact(fact.subject(), relation("mayor")));
  }

  @Test
  void namesToAvoidDoNotOccur() {
    List<String> free = new ArrayList<>();
    var open = world(8);
    for (int i = 0; i < 50; i++) {
      free.add(open.entity(EntityType.WORK).name());
    }
    var avoid = Set.of(Names.normalised(free.get(0)), Names.normalised(free.get(7)));
    var world = new World(RELATIONS, Split.ALL, new SplitMix(8, 0), avoid);
    for (int i = 0; i < 50; i++) {
      var name = world.entity(EntityType.WORK).name();
      assertFalse(name.equals(free.get(0)) || name.equals(free.get(7)), name);
    }
  }

  @Test
  void saysWhenNoNameIsLeft() {
    var everything = new AbstractSet<String>() {
      @Override
      public boolean contains(Object name) {
        return true;
      }

      @Override
      public Iterator<String> iterator() {
        return List.of("x").iterator();
      }

      @Override
      public int size() {
        return 1;
      }
    };
    var world = new World(RELATIONS, Split.ALL, new SplitMix(9, 0), everything);
    var e = assertThrows(LodestoneException.class, () -> world.entity(EntityType.CITY));
    assertTrue(e.getMessage().contains("city"), e.getMessage());
  }
}
