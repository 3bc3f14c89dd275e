package dev.lodestone.lab.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Hashes of files and model folders. They are kept in a file beside the results, since those of a large model take
 * minutes, and hold as long as a file's size and time of change are the same.
 */
final class FileHashes {
  private final Path memory;
  private final ObjectNode known; // by absolute path
  private boolean changed;

  FileHashes(Path memory) {
    this.memory = memory;
    var read = Files.exists(memory) ? Json.readFile(memory) : null;
    known = read instanceof ObjectNode node ? node : Json.mapper().createObjectNode();
  }

  /** Of a file's bytes; of a folder what a model folder consists of, its {@code .json} and {@code .safetensors}. */
  String of(Path path) {
    if (!Files.isDirectory(path)) {
      return ofFile(path);
    }
    try (Stream<Path> all = Files.list(path)) {
      var text = new StringBuilder();
      for (Path file : all.filter(f -> f.toString().matches(".*\\.(json|safetensors)")).sorted().toList()) {
        text.append(file.getFileName()).append(' ').append(ofFile(file)).append('\n');
      }
      return ofText(text.toString());
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  private String ofFile(Path file) {
    try {
      var name = file.toAbsolutePath().normalize().toString();
      long size = Files.size(file);
      long time = Files.getLastModifiedTime(file).toMillis();
      var entry = known.path(name);
      if (entry.path("size").asLong(-1) != size || entry.path("time").asLong(-1) != time) {
        known.putObject(name).put("size", size).put("time", time).put("sha256", Sha256.of(file));
        changed = true;
      }
      return known.get(name).path("sha256").asText();
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  static String ofText(String text) {
    try {
      return Sha256.of(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new IllegalStateException(e); // memory can be read
    }
  }

  /** Writes down what is new. */
  void save() {
    if (changed) {
      Json.writeFile(memory, known);
      changed = false;
    }
  }
}
