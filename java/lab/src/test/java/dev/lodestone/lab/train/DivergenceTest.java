package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private static Divergence of(DoubleStream losses) {
    var divergence = new Divergence();
    losses.forEach(divergence::add);
    return divergence;
  }

  @Test
  void aLossThatStaysFarAboveTheFirstIsLost() {
    var divergence = of(DoubleStream.concat(DoubleStream.of(4), DoubleStream.generate(() -> 6.1).limit(19)));
    assertEquals(19, divergence.streak());
    assertFalse(divergence.lost());
    divergence.add(6.1);
    assertTrue(divergence.lost());
    assertEquals(4, divergence.best());
  }

  @Test
  void theBestIsAMeanOfManySteps() {
    // One batch of 0.1 among losses of 2 is luck: with it as the best a later 2.5 would be far above.
    var lucky = of(DoubleStream.iterate(0, i -> i + 1).map(i -> i == 10 ? 0.1 : 2).limit(40));
    DoubleStream.generate(() -> 2.5).limit(40).forEach(lucky::add);
    assertFalse(lucky.lost());
    DoubleStream.generate(() -> 3.1).limit(20).forEach(lucky::add);
    assertTrue(lucky.lost());
  }

  @Test
  void spikesAndSlowRisesAreNot() {
    assertFalse(of(DoubleStream.iterate(0, i -> i + 1).map(i -> i % 20 == 19 ? 0.1 : 9).limit(200)).lost());
    assertFalse(of(DoubleStream.iterate(0.01, x -> x + 0.005).limit(190)).lost()); // up to 0.96: noise of short answers
  }

  @Test
  void aLossNearZeroIsLostOneNatAboveIt() {
    var learned = of(DoubleStream.generate(() -> 0.05).limit(50));
    DoubleStream.generate(() -> 1.0).limit(50).forEach(learned::add);
    assertFalse(learned.lost());
    DoubleStream.generate(() -> 1.1).limit(20).forEach(learned::add);
    assertTrue(learned.lost());
  }
}
