package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import dev.lodestone.io.Lines;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A table of task scores, read from CSV with a header: the first column names the variant or its score file, every
 * other one is a score. Fields may stand in double quotes, which are doubled inside.
 */
public final class TaskScores {
  private final Path file;
  private final List<String> names; // of the scores
  private final Map<String, double[]> rows = new LinkedHashMap<>();

  private TaskScores(Path file, List<String> header) {
    this.file = file;
    names = List.copyOf(header.subList(1, header.size()));
  }

  public static TaskScores read(Path file) {
    try (Stream<Lines.Line> lines = Lines.open(file)) {
      var filled = lines.filter(line -> !line.text().isBlank()).toList();
      if (filled.size() < 2) {
        throw new LodestoneException(file + ": expected a header and a line a variant but found " + filled.size()
            + " lines.");
      }
      var header = fields(filled.get(0), file);
      if (header.size() < 2) {
        throw new LodestoneException(file + ": expected a header such as variant,f1 but found \""
            + filled.get(0).text() + "\".");
      }
      var scores = new TaskScores(file, header);
      filled.subList(1, filled.size()).forEach(scores::add);
      return scores;
    }
  }

  private void add(Lines.Line line) {
    var fields = fields(line, file);
    String where = file + ", line " + line.number();
    if (fields.size() != names.size() + 1) {
      throw new LodestoneException(where + ": expected " + (names.size() + 1) + " fields, as in the header, but found "
          + fields.size() + ".");
    }
    var values = new double[names.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = number(fields.get(i + 1), where + ", " + names.get(i));
    }
    if (rows.put(fields.get(0), values) != null) {
      throw new LodestoneException(where + ": \"" + fields.get(0) + "\" comes twice.");
    }
  }

  /** What the score columns are called. */
  public List<String> names() {
    return names;
  }

  /**
   * The scores of a file, in the order of {@link #names}: the row of its path as given, of its name, or of its name
   * without endings ({@code symbolic} for {@code runs/symbolic.json}). None is a LodestoneException.
   */
  public double[] of(Path scoreFile) {
    String name = scoreFile.getFileName().toString();
    return Stream.of(scoreFile.toString(), name, stem(name)).map(rows::get).filter(Objects::nonNull).findFirst()
        .map(double[]::clone).orElseThrow(() -> new LodestoneException(file + ": expected a line for \""
            + stem(name) + "\" (" + scoreFile + ") but found " + String.join(", ", rows.keySet()) + "."));
  }

  /** The name without {@code .json}, {@code .tsv} and {@code .gz}. */
  public static String stem(String name) {
    return name.replaceFirst("(\\.(json|tsv))?(\\.gz)?$", "");
  }

  private static double number(String text, String where) {
    try {
      double value = Double.parseDouble(text);
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // falls through to the sentence below
    }
    throw new LodestoneException(where + ": expected a number but found \"" + text + "\".");
  }

  private static List<String> fields(Lines.Line line, Path file) {
    String text = line.text();
    List<String> fields = new ArrayList<>();
    var field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' && quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
        field.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString().strip());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw new LodestoneException(file + ", line " + line.number() + ": expected a closing quote but found none.");
    }
    fields.add(field.toString().strip());
    return fields;
  }
}
