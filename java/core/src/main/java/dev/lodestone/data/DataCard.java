package dev.lodestone.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.AtomicOutput;
import dev.lodestone.io.Json;
import dev.lodestone.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a file of generated samples holds and what it was made from, written beside it: {@code FILE.card.json} and, for
 * readers, {@code FILE.card.md}.
 *
 * @param task such as {@code niah}
 * @param statistics of the samples in the file
 * @param configuration of the command, seed included
 * @param sources files that the samples were made from
 * @param licence of the samples, in the maker's words; empty if nothing was said
 * @param versions of the program and what it stands on
 * @param contamination null if it was not looked for
 * @param dropped samples that were made and left out
 */
public record DataCard(String task, SampleStatistics statistics, JsonNode configuration, List<Source> sources,
    String licence, Map<String, String> versions, Contamination.Report contamination, long dropped) {
  /**
   * A file that samples were made from.
   *
   * @param licence empty if nothing was said
   */
  public record Source(String name, String sha256, String licence) {
    /** With the hash of the file's bytes. */
    public static Source of(Path file, String licence) {
      return new Source(file.getFileName().toString(), Sha256.of(file), licence);
    }
  }

  public DataCard {
    sources = List.copyOf(sources);
    versions = new LinkedHashMap<>(versions); // in the order given
  }

  /** Writes both cards of a data file that is in place, each whole or not at all; returns the JSON one's path. */
  public static Path write(Path dataFile, DataCard card) {
    var json = card.toJson(dataFile);
    var path = beside(dataFile, ".card.json");
    Json.writeFile(path, json);
    try (var out = AtomicOutput.open(beside(dataFile, ".card.md"))) {
      out.writer().write(DataCardText.of(json));
      out.commit();
    } catch (IOException e) {
      throw new LodestoneException("Cannot write the card of " + dataFile + ": " + e.getMessage(), e);
    }
    return path;
  }

  private static Path beside(Path dataFile, String ending) {
    return dataFile.resolveSibling(dataFile.getFileName() + ending);
  }

  private ObjectNode toJson(Path dataFile) {
    var json = Json.mapper().createObjectNode().put("file", dataFile.getFileName().toString()).put("task", task);
    try {
      json.put("bytes", Files.size(dataFile));
    } catch (IOException e) {
      throw new LodestoneException("Cannot read " + dataFile + ": " + e.getMessage(), e);
    }
    json.put("sha256", Sha256.of(dataFile)).put("samples", statistics.samples()).put("dropped", dropped);
    statistics.putInto(json);
    var files = json.putArray("sources");
    sources.forEach(s -> files.addObject().put("name", s.name).put("sha256", s.sha256).put("licence", s.licence));
    json.put("licence", licence);
    var made = json.putObject("versions");
    versions.forEach(made::put);
    if (contamination != null) {
      var found = json.putObject("contamination").put("words", contamination.n())
          .put("evaluation_runs", contamination.evaluationRuns()).put("samples", contamination.samples())
          .put("touched", contamination.touched()).put("share", contamination.share());
      contamination.files().forEach(found.putArray("files")::add);
    }
    json.set("configuration", configuration);
    return json;
  }
}
