package dev.lodestone.metrics;

import dev.lodestone.LodestoneException;
import dev.lodestone.data.Sample;
import java.util.ArrayList;
import java.util.List;

/** What a sample's {@code meta} says about the right answer. */
final class Gold {
  private Gold() {}

  /** An array of whole numbers of {@code meta}. */
  static List<Integer> integers(Sample sample, String field) {
    List<Integer> values = new ArrayList<>();
    var array = sample.meta().path(field);
    array.forEach(n -> values.add(n.canConvertToInt() && n.isIntegralNumber() ? n.intValue() : null));
    if (!array.isArray() || values.contains(null)) {
      throw missing(sample, field, "an array of whole numbers", array);
    }
    return values;
  }

  /** An array of texts of {@code meta}. */
  static List<String> texts(Sample sample, String field) {
    List<String> values = new ArrayList<>();
    var array = sample.meta().path(field);
    array.forEach(n -> values.add(n.textValue()));
    if (!array.isArray() || values.contains(null)) {
      throw missing(sample, field, "an array of texts", array);
    }
    return values;
  }

  private static LodestoneException missing(Sample sample, String field, String expected, Object found) {
    var shown = String.valueOf(found);
    return new LodestoneException("sample " + sample.id() + ": meta." + field + ": expected " + expected
        + " to score against but found " + (shown.isEmpty() ? "nothing" : shown) + ".");
  }
}
