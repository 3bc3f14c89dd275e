package dev.lodestone.lab.report;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.report.HtmlPage;
import dev.lodestone.report.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One page that shows what files and folders of results hold, and its numbers as JSON and CSV. The same files give the
 * same bytes.
 */
public final class Report {
  /** Marks the JSON of a report, which is no result itself. */
  static final String KIND = "report";

  private static final int SENTENCES = 3; // of a section in short
  private static final int NAMED = 5; // files that are no results

  private final Findings findings;
  private final List<Section> shown;
  private final List<Section> empty;

  private Report(Findings findings) {
    this.findings = findings;
    List<Section> all = List.of(new HeadsSection(findings.heads), new ComparisonSection(findings.comparisons),
        new TaskScoreSection(findings.comparisons), new KnockoutSection(findings.knockouts),
        new PatchSection(findings.patches), new EmergenceSection(findings.runs), new TrainingSection(findings.runs),
        new NeedleSection(findings.answers), new AnswersSection(findings.answers));
    shown = all.stream().filter(s -> !s.isEmpty()).toList();
    empty = all.stream().filter(Section::isEmpty).toList();
  }

  /**
   * Of files and folders. A file that was named and is no result, and folders without any, are a LodestoneException;
   * broken files in folders are {@link #skipped}.
   */
  public static Report of(List<Path> places) {
    return new Report(FindingsReader.read(places));
  }

  /** What the page shows, each section in its order. */
  public List<String> sections() {
    return shown.stream().map(Section::heading).toList();
  }

  /** A sentence for each file of the folders that could not be read. */
  public List<String> skipped() {
    return List.copyOf(findings.skipped);
  }

  /** The page. */
  public String html() {
    var page = new HtmlPage("Which heads retrieve", "A report of Lodestone: " + list(shown));
    page.section("In short")
        .text("A retrieval head copies what an answer needs from the context. Its score, by the rule of Wu et al., is"
            + " the share of the needle's words that it looked at most just when the model wrote them; other"
            + " detectors measure other things.")
        .points(shown.stream().flatMap(s -> inShort(s).stream()).toList());
    shown.forEach(s -> s.write(page));
    List<String> notes = new ArrayList<>();
    if (!empty.isEmpty()) {
      notes.add("Left out, because no file holds it: "
          + list(empty) + ".");
    }
    findings.skipped.forEach(sentence -> notes.add("Skipped: " + sentence));
    if (!findings.others.isEmpty()) {
      int more = findings.others.size() - NAMED;
      notes.add("Passed over, no results: " + findings.others.stream().limit(NAMED).collect(Collectors.joining(", "))
          + (more > 0 ? " and " + Section.whole(more) + " more." : "."));
    }
    if (!notes.isEmpty()) {
      page.section("Not shown").points(notes);
    }
    return page.html();
  }

  private static String list(List<Section> sections) {
    return sections.stream().map(s -> s.heading().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));
  }

  /** The first sentences of a section; those of a large study would fill pages. */
  private static List<String> inShort(Section section) {
    var all = section.inShort();
    List<String> first = new ArrayList<>(all.subList(0, Math.min(all.size(), SENTENCES)));
    if (all.size() > SENTENCES) {
      first.add("%s more like it under %s.".formatted(Section.whole(all.size() - SENTENCES), section.heading()));
    }
    return first;
  }

  /** Writes the page, and before it the numbers into {@link #dataFolder}. */
  public void write(Path page) {
    Path folder = dataFolder(page);
    Map<String, Table> tables = new LinkedHashMap<>();
    shown.forEach(s -> tables.putAll(s.data()));
    ObjectNode json = Json.mapper().createObjectNode().put("kind", KIND);
    tables.forEach((name, table) -> {
      json.set(name, table.json());
      write(folder.resolve(name + ".csv"), table.csv());
    });
    Json.writeFile(folder.resolve("report.json"), json);
    write(page, html());
  }

  /** {@code report/data} for {@code report.html}. */
  public static Path dataFolder(Path page) {
    String name = page.getFileName().toString();
    return page.resolveSibling(name.replaceFirst("\\.html?$", "")).resolve("data");
  }

  private static void write(Path file, String text) {
    try (var out = AtomicOutput.open(file)) {
      out.writer().write(text);
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
