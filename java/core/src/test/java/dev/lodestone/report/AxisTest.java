package dev.lodestone.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AxisTest {
  private static List<Double> linear(double... values) {
    return Axis.linear(values, 0, 100).ticks();
  }

  private static List<Double> log(double... values) {
    return Axis.log(values, 0, 100).ticks();
  }

  @Test
  void linearTicksAreRoundAndHoldTheData() {
    assertEquals(List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0), linear(0.03, 0.97));
    assertEquals(List.of(0.0, 500.0, 1000.0, 1500.0), linear(7, 1234));
    assertEquals(List.of(-0.4, -0.2, 0.0, 0.2), linear(-0.31, 0.2));
    assertEquals(List.of(0.3, 0.35, 0.4, 0.45, 0.5), linear(0.3, 0.5));
    assertEquals(List.of(1e-9, 2e-9, 3e-9, 4e-9), linear(1.2e-9, 3.9e-9));
  }

  @Test
  void oneValueGetsRoomOnBothSides() {
    assertEquals(List.of(-1.0, -0.5, 0.0, 0.5, 1.0), linear(0, 0));
    var axis = Axis.linear(new double[] {4}, 0, 100);
    assertTrue(axis.low() < 4 && axis.high() > 4, axis.toString());
  }

  @Test
  void logarithmicTicksArePowersOfTen() {
    assertEquals(List.of(1.0, 10.0, 100.0, 1000.0), log(1, 3000));
    assertEquals(List.of(0.2, 0.5, 1.0, 2.0), log(0.2, 3));
    assertTrue(log(1e-12, 1e12).size() <= 10);
  }

  @Test
  void placesAreLinearInTheValueOrItsLogarithm() {
    assertEquals(50, Axis.linear(new double[] {0, 1}, 0, 100).at(0.5), 1e-12);
    assertEquals(50, Axis.log(new double[] {1, 100}, 0, 100).at(10), 1e-12);
    assertEquals(0, Axis.linear(new double[] {0, 1}, 100, 0).at(1), 1e-12);
  }
}
