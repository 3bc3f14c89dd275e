package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.lodestone.engine.MemoryPlan;
import dev.lodestone.engine.Recompute;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecomputePolicyTest {
  /** A layer takes 10 bytes, 6 without gate and up, 3 if only attention is kept. */
  private static RecomputePolicy withRoomFor(long available) {
    return RecomputePolicy.fitting(4, layers -> {
      long total = layers.isEmpty() ? 40
          : layers.stream().mapToLong(l -> l == Recompute.NONE ? 10 : l == Recompute.MLP ? 6 : 3).sum();
      return new MemoryPlan(0, 0, 0, 0, total, 0, 0, total, available);
    });
  }

  @Test
  void asLittleAsFits() {
    assertEquals(List.of(), withRoomFor(40).layers());
    assertEquals(List.of(Recompute.MLP, Recompute.NONE, Recompute.NONE, Recompute.NONE), withRoomFor(39).layers());
    assertEquals(List.of(Recompute.MLP, Recompute.MLP, Recompute.MLP, Recompute.MLP), withRoomFor(24).layers());
    assertEquals(List.of(Recompute.SELECTIVE, Recompute.SELECTIVE, Recompute.MLP, Recompute.MLP),
        withRoomFor(20).layers());
    assertFalse(withRoomFor(11).plan().fits());
  }

  @Test
  void saysWhatItDoes() {
    assertEquals("", withRoomFor(40).toString());
    assertEquals("recomputes gate and up of 1 of 4 layers", withRoomFor(39).toString());
    assertEquals("recomputes gate and up of 2, all but attention of 2 of 4 layers", withRoomFor(20).toString());
    assertEquals("recomputes all but attention of 4 of 4 layers", withRoomFor(12).toString());
  }
}
