package dev.lodestone.lab.report;

import dev.lodestone.heads.Head;
import java.util.List;

/**
 * What {@code patch} wrote: the receiver's task score with outputs of heads taken from a donor.
 *
 * @param receiver its score as it is
 * @param donorScore the donor's own
 */
record Patch(String name, String model, String donor, int samples, String metric, double receiver, double donorScore,
    List<Heads> sets) {
  /** @param draws the score of each draw, for random sets; empty for others */
  record Heads(String set, List<Head> heads, double score, double[] draws) {
    static Heads read(Fields json) {
      return new Heads(json.text("set"), json.heads("heads"), json.number("score"),
          json.node().has("draws") ? json.numbers("draws") : new double[0]);
    }
  }

  static Patch read(Fields json, String name) {
    return new Patch(name, json.text("model", ""), json.text("donor", ""), json.whole("samples"), json.text("metric"),
        json.number("receiver"), json.number("donor_score"), json.objects("sets").stream().map(Heads::read).toList());
  }

  /** The share of the way from the receiver's score to the donor's; NaN where they are the same. */
  double closed(double score) {
    return donorScore == receiver ? Double.NaN : (score - receiver) / (donorScore - receiver);
  }
}
