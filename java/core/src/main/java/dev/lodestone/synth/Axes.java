package dev.lodestone.synth;

import dev.lodestone.LodestoneException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The names of the axes' values on the command line and in {@code meta}. */
final class Axes {
  private Axes() {}

  static String id(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static <T extends Enum<T>> T parse(T[] values, String what, String name) {
    return Arrays.stream(values).filter(v -> id(v).equals(name)).findFirst().orElseThrow(() -> new LodestoneException(
        "Expected " + what + " among " + ids(List.of(values)) + " but found \"" + name + "\"."));
  }

  private static String ids(List<? extends Enum<?>> values) {
    return values.stream().map(Axes::id).collect(Collectors.joining(", "));
  }

  /** A LodestoneException if a task does not make data of that kind. */
  static <T extends Enum<T>> void require(String task, String what, T found, List<T> offered) {
    if (!offered.contains(found)) {
      throw new LodestoneException("Expected for the task " + task + " " + what + " among " + ids(offered)
          + " but found \""
          + id(found) + "\".");
    }
  }

  /** Depths from 0 to 100 % in equal steps, rounded; 50 if it is one. */
  static int depth(long index, int depths) {
    return depths == 1 ? 50 : Math.toIntExact(Math.round(100.0 * (index % depths) / (depths - 1)));
  }
}
