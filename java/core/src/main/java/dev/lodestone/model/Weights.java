package dev.lodestone.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The safetensors files of a folder, in the order of preference of transformers: {@code model.safetensors}, the files
 * of {@code model.safetensors.index.json}, and last, all {@code *.safetensors}.
 */
final class Weights implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final List<Safetensors> files = new ArrayList<>();
  private final Map<String, ModelFolder.Tensor> tensors = new HashMap<>();

  private Weights(Path folder) {
    this.folder = folder;
  }

  static Weights open(Path folder) {
    var weights = new Weights(folder);
    try {
      if (Files.exists(folder.resolve(SINGLE))) {
        weights.addAll(SINGLE);
      } else if (Files.exists(folder.resolve(INDEX))) {
        weights.addIndexed(folder.resolve(INDEX));
      } else {
        for (String name : safetensorsIn(folder)) {
          weights.addAll(name);
        }
      }
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  ModelFolder.Tensor tensor(String name) {
    ModelFolder.Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new LodestoneException(folder + ": expected a tensor " + name + " but none of "
          + files.stream().map(f -> f.file().getFileName()).toList() + " has it");
    }
    return tensor;
  }

  @Override
  public void close() {
    files.forEach(Safetensors::close);
  }

  private Safetensors add(String name) {
    var file = Safetensors.open(folder.resolve(name));
    files.add(file);
    return file;
  }

  private void addAll(String name) {
    Safetensors file = add(name);
    for (Safetensors.Entry entry : file.tensors().values()) {
      var before = tensors.put(entry.name(), new ModelFolder.Tensor(file, entry));
      if (before != null) {
        throw new LodestoneException(folder + ": tensor " + entry.name() + " is in "
            + before.file().file().getFileName() + " and in " + name);
      }
    }
  }

  private void addIndexed(Path index) {
    JsonNode map = Json.readFile(index).path("weight_map");
    if (!map.isObject()) {
      throw new LodestoneException(index + ": expected an object weight_map but found " + map.getNodeType());
    }
    Map<String, Safetensors> byName = new HashMap<>();
    for (var field : map.properties()) {
      String name = field.getValue().asText();
      // Not a path: an index from somewhere else may not make us read outside of its folder.
      if (!field.getValue().isTextual() || !name.endsWith(".safetensors") || name.matches(".*[/\\\\\\x00].*")) {
        throw new LodestoneException(
            index + ": tensor " + field.getKey() + ": expected the name of a file of the folder but found "
                + field.getValue());
      }
      Safetensors file = byName.computeIfAbsent(name, this::add);
      tensors.put(field.getKey(), new ModelFolder.Tensor(file, file.entry(field.getKey())));
    }
  }

  private static TreeSet<String> safetensorsIn(Path folder) {
    var names = new TreeSet<String>();
    try (var found = Files.newDirectoryStream(folder, "*.safetensors")) {
      found.forEach(file -> names.add(file.getFileName().toString()));
    } catch (IOException e) {
      throw new LodestoneException("cannot read the folder " + folder + ": " + e.getMessage(), e);
    }
    if (names.isEmpty()) {
      throw new LodestoneException(folder + ": expected " + SINGLE + " or " + INDEX + " but there is neither");
    }
    return names;
  }
}
