package dev.lodestone.heads;

import dev.lodestone.LodestoneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * DuoAttention's {@code full_attention_heads.tsv} (Xiao et al. 2024, arXiv 2410.10819): a line a layer, a column a
 * key-value head, each the gate between streaming and full attention. Training leaves gates slightly outside 0 to 1;
 * they are clipped, as DuoAttention's own loader does. One trial.
 */
final class DuoAttentionTable {
  private DuoAttentionTable() {}

  static HeadScores parse(String text, Path file) {
    List<double[]> rows = new ArrayList<>();
    for (var line : text.lines().toList()) {
      String where = file + ", line " + (rows.size() + 1);
      var cells = line.strip().split("\\s+");
      if (!rows.isEmpty() && cells.length != rows.get(0).length) {
        throw new LodestoneException(where + ": expected " + rows.get(0).length + " values as in line 1 but found "
            + cells.length + ".");
      }
      var row = new double[cells.length];
      for (int i = 0; i < cells.length; i++) {
        row[i] = gate(cells[i], where);
      }
      rows.add(row);
      if ((long) rows.size() * row.length > ScoreFile.MOST_HEADS) {
        throw new LodestoneException(where + ": expected at most " + ScoreFile.MOST_HEADS + " heads but found more.");
      }
    }
    if (rows.isEmpty()) {
      throw new LodestoneException(file + ": expected head scores but found an empty file.");
    }
    var gates = rows.stream().flatMapToDouble(Arrays::stream).toArray();
    return HeadScores.of(rows.size(), rows.get(0).length, Map.of("detector", "duo-attention", "heads", "key-value"),
        List.of(gates));
  }

  private static double gate(String cell, String where) {
    double value;
    try {
      value = Double.parseDouble(cell);
    } catch (NumberFormatException e) {
      value = Double.NaN;
    }
    if (!Double.isFinite(value)) {
      throw new LodestoneException(where + ": expected head scores as JSON, or a table of finite numbers, but found \""
          + (cell.length() > 20 ? cell.substring(0, 20) + "..." : cell) + "\".");
    }
    return Math.max(0, Math.min(1, value));
  }
}
