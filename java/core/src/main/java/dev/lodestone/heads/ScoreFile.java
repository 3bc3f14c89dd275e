package dev.lodestone.heads;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.io.Lines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Files of head scores. Ours is {@code {"meta": {..}, "scores": {"l-h": [score of each trial]}}}, which LOCOS (Gema et
 * al. 2026, arXiv 2607.01002) writes too, the detector under {@code method}; Wu et al.'s is the inner object alone, on
 * one line. Also read: {@link DuoAttentionTable}. NaN (a head that cannot be judged) is written as null.
 */
public final class ScoreFile {
  /** What is written. */
  public enum Style {
    LODESTONE, WU;

    public static Style parse(String text) {
      return switch (text) {
        case "lodestone" -> LODESTONE;
        case "wu" -> WU;
        default -> throw new LodestoneException("Expected a score format among lodestone, wu but found \"" + text
            + "\".");
      };
    }
  }

  static final int MOST_HEADS = 1 << 20;

  private ScoreFile() {}

  /** Writes the file, complete or not at all. */
  public static void write(HeadScores scores, Path file, Style style) {
    var byHead = Json.mapper().createObjectNode();
    for (int layer = 0; layer < scores.layers(); layer++) {
      for (int head = 0; head < scores.heads(); head++) {
        var list = byHead.putArray(layer + "-" + head);
        for (double score : scores.scores(new Head(layer, head))) {
          if (Double.isNaN(score)) {
            list.addNull();
          } else {
            list.add(score);
          }
        }
      }
    }
    var root = byHead;
    if (style == Style.LODESTONE) {
      root = Json.mapper().createObjectNode();
      root.set("meta", Json.mapper().valueToTree(scores.meta()));
      root.set("scores", byHead);
    }
    try (var out = AtomicOutput.open(file)) {
      out.writer().write(Json.mapper().writeValueAsString(root));
      out.writer().write('\n');
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Reads any of the three forms. Every head of the grid must be there, all with as many trials. */
  public static HeadScores read(Path file) {
    var text = Lines.readString(file).strip();
    if (!text.startsWith("{")) {
      return DuoAttentionTable.parse(text, file);
    }
    var root = Json.parse(text, file.toString());
    var scores = root.has("scores") ? root.get("scores") : root;
    if (!(scores instanceof ObjectNode byHead) || byHead.isEmpty()) {
      throw new LodestoneException(file + ": expected scores as {\"layer-head\": [..]} but found none.");
    }
    var meta = new LinkedHashMap<String, Object>();
    if (root.has("scores") && root.get("meta") instanceof ObjectNode found) {
      meta.putAll(Json.mapper().convertValue(found, new TypeReference<Map<String, Object>>() {}));
      if (meta.get("method") instanceof String method) {
        meta.putIfAbsent("detector", method);
      }
    }
    return readHeads(byHead, meta, file);
  }

  private static HeadScores readHeads(ObjectNode byHead, Map<String, Object> meta, Path file) {
    int layers = 0;
    int heads = 0;
    var lists = new LinkedHashMap<Head, JsonNode>();
    for (var entry : byHead.properties()) {
      Head head;
      try {
        head = Head.parse(entry.getKey());
      } catch (LodestoneException e) {
        throw new LodestoneException(file + ": " + e.getMessage(), e);
      }
      layers = Math.max(layers, head.layer() + 1);
      heads = Math.max(heads, head.head() + 1);
      lists.put(head, entry.getValue());
    }
    if ((long) layers * heads > MOST_HEADS || layers * heads != lists.size()) {
      throw new LodestoneException(file + ": expected the scores of all " + (long) layers * heads + " heads of "
          + layers
          + " layers but found " + lists.size() + ".");
    }
    int trials = lists.get(new Head(0, 0)).size();
    List<double[]> scores = new ArrayList<>();
    for (int t = 0; t < trials; t++) {
      scores.add(new double[layers * heads]);
    }
    for (var entry : lists.entrySet()) {
      var list = entry.getValue();
      if (!list.isArray() || list.size() != trials) {
        throw new LodestoneException(file + ", head " + entry.getKey() + ": expected an array of " + trials
            + " scores, as head 0-0 has, but found " + (list.isArray() ? list.size() : list.getNodeType()) + ".");
      }
      int i = entry.getKey().layer() * heads + entry.getKey().head();
      for (int t = 0; t < trials; t++) {
        var score = list.get(t);
        if (!score.isNull() && !(score.isNumber() && !Double.isInfinite(score.asDouble()))) {
          throw new LodestoneException(file + ", head " + entry.getKey() + ": expected a finite number but found "
              + score + ".");
        }
        scores.get(t)[i] = score.isNull() ? Double.NaN : score.asDouble();
      }
    }
    return HeadScores.of(layers, heads, meta, scores);
  }
}
