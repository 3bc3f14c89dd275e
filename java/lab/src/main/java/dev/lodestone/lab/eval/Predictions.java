package dev.lodestone.lab.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import dev.lodestone.metrics.Prediction;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.stream.Stream;

/**
 * A file of predictions, gzip or plain: lines of {@code id} and {@code prediction}, or of MuSiQue's {@code id},
 * {@code predicted_answer}, {@code predicted_support_idxs} and {@code predicted_answerable} (the last two may be left
 * out). They are taken by id in any order; only those that stand before one that is taken are kept in memory, so a file
 * in the order of the data needs none. An id that comes twice is for two samples of that id, in order.
 */
public final class Predictions implements AutoCloseable {
  private final Path file;
  private final Stream<Lines.Line> lines;
  private final Iterator<Lines.Line> source;
  private final Map<String, Queue<Prediction>> passedOver = new HashMap<>();

  private Predictions(Path file, Stream<Lines.Line> lines) {
    this.file = file;
    this.lines = lines;
    this.source = lines.filter(line -> !line.text().isBlank()).iterator();
  }

  public static Predictions open(Path file) {
    return new Predictions(file, Lines.open(file));
  }

  /** The next prediction for a sample; a LodestoneException if there is none. */
  public Prediction take(String id) {
    var kept = passedOver.get(id);
    if (kept != null) {
      var prediction = kept.remove();
      if (kept.isEmpty()) {
        passedOver.remove(id);
      }
      return prediction;
    }
    while (source.hasNext()) {
      var line = source.next();
      var where = file + " line " + line.number();
      JsonNode node = Json.parse(line.text(), where);
      var found = text(node, "id", where);
      var prediction = parse(node, where);
      if (found.equals(id)) {
        return prediction;
      }
      passedOver.computeIfAbsent(found, i -> new ArrayDeque<>()).add(prediction);
    }
    throw new LodestoneException(file + ": expected a prediction for sample " + id + " but found none.");
  }

  /** How many predictions were not taken. */
  public long unused() {
    long unused = passedOver.values().stream().mapToLong(Queue::size).sum();
    for (; source.hasNext(); source.next()) {
      unused++;
    }
    return unused;
  }

  private static Prediction parse(JsonNode line, String where) {
    if (line.has("prediction")) {
      return Prediction.of(text(line, "prediction", where));
    }
    if (!line.has("predicted_answer")) {
      throw new LodestoneException(where + ": expected an object with the texts id and prediction (or predicted_answer)"
          + " but found no prediction.");
    }
    List<Integer> supports = line.has("predicted_support_idxs") ? new ArrayList<>() : null;
    for (var index : line.path("predicted_support_idxs")) {
      if (!index.canConvertToInt() || !index.isIntegralNumber()) {
        throw new LodestoneException(where + ": predicted_support_idxs: expected whole numbers but found " + index + ".");
      }
      supports.add(index.intValue());
    }
    var answerable = line.path("predicted_answerable");
    return new Prediction(text(line, "predicted_answer", where), supports,
        answerable.isBoolean() ? (Boolean) answerable.booleanValue() : null);
  }

  private static String text(JsonNode line, String field, String where) {
    if (!line.path(field).isTextual()) {
      throw new LodestoneException(where + ": " + field + ": expected a text but found "
          + (line.has(field) ? line.get(field) : "nothing") + ".");
    }
    return line.get(field).textValue();
  }

  @Override
  public void close() {
    lines.close();
  }
}
