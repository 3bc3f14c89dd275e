package dev.lodestone.lab.report;

import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import dev.lodestone.stats.Descriptive;
import java.util.List;
import java.util.Map;

/** Task scores with outputs of heads taken from another model. */
record PatchSection(List<Patch> patches) implements Section {
  @Override
  public String heading() {
    return "Patching";
  }

  @Override
  public boolean isEmpty() {
    return patches.isEmpty();
  }

  @Override
  public List<String> inShort() {
    return patches.stream().map(p -> {
      var best = p.sets().stream().reduce((a, b) -> b.score() > a.score() ? b : a).orElseThrow();
      return "%s: %s is %s, and %s with the %s taken from the donor, whose own is %s.".formatted(p.name(), p.metric(),
          Section.said(p.receiver()), Section.said(best.score()), heads(best), Section.said(p.donorScore()));
    }).toList();
  }

  private static String heads(Patch.Heads set) {
    return set.heads().isEmpty() ? set.set() + " heads"
        : Section.count(set.heads().size(), "head") + " of the " + set.set();
  }

  @Override
  public void write(HtmlPage page) {
    page.section(heading()).text("The receiver answers with the outputs of some heads replaced by the donor's. The set"
        + " is the heads that both models use (intersection), those of the donor alone (complement), or random ones of"
        + " the same layers. Gap closed is the share of the way from the receiver's own score to the donor's.")
        .table(table());
  }

  private Table table() {
    var table = new Table("patch", "metric", "samples", "set", "heads", "score", "receiver", "donor", "gap closed",
        "draws", "low", "high");
    for (var patch : patches) {
      for (var set : patch.sets()) {
        table.row(patch.name(), patch.metric(), patch.samples(), set.set(), set.heads().size(), set.score(),
            patch.receiver(), patch.donorScore(), patch.closed(set.score()), set.draws().length,
            quantile(set.draws(), 0.025), quantile(set.draws(), 0.975));
      }
    }
    return table;
  }

  private static double quantile(double[] draws, double q) {
    return draws.length == 0 ? Double.NaN : Descriptive.quantile(draws, q);
  }

  @Override
  public Map<String, Table> data() {
    return Map.of("patch", table());
  }
}
