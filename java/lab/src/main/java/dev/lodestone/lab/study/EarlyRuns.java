package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.LinkedHashMap;
import java.util.List;

/** The short trainings of {@code study rank}: a share of the steps, and of the warm-up. */
final class EarlyRuns {
  private static final double SHARE = 0.1;

  private EarlyRuns() {}

  /** @param rank {@code share}, and options of {@code train} for short runs alone */
  static Options shorten(Options train, Place rank) {
    rank.expectKeys(List.of("share", "train"));
    double share = share(rank.at("share"));
    var values = new LinkedHashMap<>(train.values());
    for (var name : List.of("steps", "warmup")) {
      if (train.has(name)) {
        var place = values.get(name);
        long steps = (long) Math.ceil(share * place.wholes(0, List.of()).get(0));
        values.put(name, new Place(JsonNodeFactory.instance.numberNode(steps), place.file(), place.path()));
      }
    }
    return new Options(values).with(StudyFile.options(rank.at("train"), "train"));
  }

  private static double share(Place place) {
    if (!place.isThere()) {
      return SHARE;
    }
    double share = place.node().asDouble(Double.NaN);
    if (share > 0 && share <= 1) {
      return share;
    }
    throw place.wrong("expected a share of the steps above 0 and up to 1 but found " + place.node());
  }
}
