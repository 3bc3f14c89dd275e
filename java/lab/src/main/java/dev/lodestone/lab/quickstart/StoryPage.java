package dev.lodestone.lab.quickstart;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.report.HeatMap;
import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.LineChart;
import dev.lodestone.report.Scatter;
import dev.lodestone.report.Table;
import dev.lodestone.stats.Descriptive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The quickstart's report: one page, no network. */
final class StoryPage {
  private static final double LOW = 0.025;

  private StoryPage() {}

  static void write(Story story, Path file) {
    try (var out = AtomicOutput.open(file)) {
      out.writer().write(html(story));
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  static String html(Story story) {
    var page = new HtmlPage("Lodestone quickstart", "A model of %,d parameters, extended from %d to %d tokens"
        .formatted(story.parameters(), Quickstart.SHORT, Quickstart.LONG));
    samples(page, story);
    extension(page, story);
    heads(page, story);
    knockout(page, story.knockout());
    return page.html();
  }

  private static void extension(HtmlPage page, Story story) {
    page.section("What each set taught").text(("The embedded model answers %.0f %% of the questions at %d tokens and %.0f %% at %d."
        + " It was extended on six sets; all were then asked the same real-like questions at %d tokens.")
        .formatted(100 * story.brief(), Quickstart.SHORT, 100 * story.far(), Quickstart.LONG, Quickstart.LONG));
    var table = new Table("extended on", "right", "cosine", "spearman", "top " + Quickstart.REMOVED + " in common",
        "heads above 0.1");
    var scatter = new Scatter("Heads against answers", "cosine of head scores with the real-like set", "right answers");
    for (var one : story.extended()) {
      var numbers = one.comparison().similarities();
      table.row(one.name(), one.right(), numbers.get("cosine"), numbers.get("spearman"),
          one.comparison().overlaps().get(1).common(), one.heads().above(0.1));
      if (Double.isFinite(numbers.get("cosine"))) {
        scatter.point(one.name(), numbers.get("cosine"), one.right());
      }
    }
    page.table(table).figure(scatter, "Each point is a set; the line is least squares with its 95 % band.")
        .text("Recall at the usual threshold of 0.1 would tell little here: the heads that retrieve are in the model"
            + " before it is extended, so that every set keeps them; cosine and rank correlation see how strong they are."
            + " In a model this small they hardly differ either, and do not order the sets by their answers.");
    var losses = new LineChart("Training", "step", "loss").logY();
    story.extended().forEach(e -> losses.series(e.name(),
        IntStream.rangeClosed(1, e.losses().length).asDoubleStream().toArray(), e.losses()));
    page.figure(losses, "Loss on answers, each set its own.");
  }

  private static void samples(HtmlPage page, Story story) {
    page.section("What it reads").text("Who has what, among sentences about nothing, and a question to complete. Shortened"
        + " to %d words; a word is a token:".formatted(Quickstart.SHORT));
    for (var sample : story.samples()) {
      page.text(sample.meta().get("facts").asText() + ": " + sample.prompt() + " … " + sample.answers().get(0));
    }
  }

  private static void heads(HtmlPage page, Story story) {
    double high = story.extended().stream().flatMapToDouble(e -> IntStream.range(0, e.heads().means().length)
        .mapToDouble(i -> e.heads().means()[i])).max().orElse(1);
    page.section("Heads that retrieve").text("Wu et al.'s retrieval score of each head: the share of the answer's"
        + " words that were copied from where its highest attention lay, over the questions that were answered.");
    story.extended().forEach(e -> page.figure(HeatMap.ofHeads(e.name(), e.heads(), 0, high),
        "over %d trials".formatted(e.heads().trials())));
  }

  private static void knockout(HtmlPage page, Story.Knockout knockout) {
    double[] x = IntStream.rangeClosed(1, knockout.steps().size()).asDoubleStream().toArray();
    var chart = new LineChart("Without heads", "heads removed", "right answers")
        .series("the highest", x, knockout.steps().stream().mapToDouble(d -> d).toArray())
        .series("others at random", x, each(knockout.controls(), Descriptive::mean),
            each(knockout.controls(), d -> Descriptive.quantile(d, LOW)),
            each(knockout.controls(), d -> Descriptive.quantile(d, 1 - LOW)));
    page.section("Are they needed?").figure(chart, "The model extended on the real-like set, outputs of heads set to"
        + " zero. The band holds 95 %% of %d draws from all other heads.".formatted(knockout.others().length));
  }

  private static double[] each(List<double[]> draws, ToDoubleFunction<double[]> statistic) {
    return draws.stream().mapToDouble(statistic).toArray();
  }
}
