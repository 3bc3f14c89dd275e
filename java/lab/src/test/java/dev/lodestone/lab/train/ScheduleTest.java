package dev.lodestone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {
  @Test
  void constantWithoutWarmupIsThePeak() {
    var schedule = new Schedule(Schedule.Shape.CONSTANT, 0.01, 0, 3);
    for (int step = 1; step <= 3; step++) {
      assertEquals(0.01, schedule.at(step));
    }
  }

  @ParameterizedTest
  @EnumSource(Schedule.Shape.class)
  void warmsUpInEqualStepsAndThenStartsAtThePeak(Schedule.Shape shape) {
    var schedule = new Schedule(shape, 2.0, 4, 10);
    assertEquals(0.5, schedule.at(1), 1e-15);
    assertEquals(1.0, schedule.at(2), 1e-15);
    assertEquals(2.0, schedule.at(4), 1e-15);
    assertEquals(2.0, schedule.at(5), 1e-15);
  }

  @Test
  void decaysToJustAboveZero() {
    var cosine = new Schedule(Schedule.Shape.COSINE, 1.0, 0, 100);
    assertEquals(0.5, cosine.at(51), 1e-12); // half of the way
    assertEquals(0.5 * (1 + Math.cos(Math.PI * 0.99)), cosine.at(100), 1e-12);
    var linear = new Schedule(Schedule.Shape.LINEAR, 1.0, 20, 100);
    assertEquals(0.5, linear.at(61), 1e-12);
    assertEquals(1.0 / 80, linear.at(100), 1e-12);
    for (int step = 22; step <= 100; step++) {
      assertTrue(linear.at(step) < linear.at(step - 1) && linear.at(step) > 0);
      assertTrue(cosine.at(step) < cosine.at(step - 1) && cosine.at(step) > 0);
    }
  }

  @Test
  void aWarmupAsLongAsTheRunIsFine() {
    assertEquals(1.0, new Schedule(Schedule.Shape.COSINE, 1.0, 5, 5).at(5));
  }

  @Test
  void namesTheShapes() {
    assertEquals(Schedule.Shape.LINEAR, Schedule.Shape.parse("linear"));
    var e = assertThrows(LodestoneException.class, () -> Schedule.Shape.parse("wsd"));
    assertTrue(e.getMessage().contains("expected constant, cosine or linear but found 'wsd'"));
  }
}
