package dev.lodestone.engine;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.heads.Head;
import dev.lodestone.io.Json;
import dev.lodestone.io.Safetensors;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A case of {@code goldens/}: its inputs, and what PyTorch computes. */
record Golden(Path folder, JsonNode inputs) {
  static Golden open(String name) {
    try {
      var folder = Path.of(Golden.class.getResource("/goldens/" + name).toURI());
      return new Golden(folder, Json.readFile(folder.resolve("case.json")));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  int[] ints(String name) {
    return ints(inputs.get(name));
  }

  static int[] ints(JsonNode array) {
    var values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }

  List<TokenSpan> spans() {
    var spans = new ArrayList<TokenSpan>();
    inputs.get("spans").forEach(span -> spans.add(new TokenSpan(span.get(0).asInt(), span.get(1).asInt())));
    return spans;
  }

  List<Head> editedHeads() {
    var heads = new ArrayList<Head>();
    inputs.get("edited_heads").forEach(head -> heads.add(new Head(head.get(0).asInt(), head.get(1).asInt())));
    return heads;
  }

  Batch batch() {
    return Batch.of(ints("tokens")).withLabels(ints("labels"));
  }

  boolean has(String tensor) {
    try (var file = Safetensors.open(folder.resolve("expected.safetensors"))) {
      return file.tensors().containsKey(tensor);
    }
  }

  float[] floats(String tensor) {
    try (var file = Safetensors.open(folder.resolve("expected.safetensors"))) {
      return file.readFloats(tensor);
    }
  }

  int[] integers(String tensor) {
    try (var file = Safetensors.open(folder.resolve("expected.safetensors"))) {
      return file.readInts(tensor);
    }
  }

  /** Names of expected tensors with this prefix, without it. */
  List<String> names(String prefix) {
    try (var file = Safetensors.open(folder.resolve("expected.safetensors"))) {
      return file.tensors().keySet().stream().filter(name -> name.startsWith(prefix))
          .map(name -> name.substring(prefix.length())).toList();
    }
  }

  static float[] array(FloatBuffer buffer) {
    var values = new float[buffer.remaining()];
    buffer.duplicate().get(values);
    return values;
  }

  /** ‖a − b‖ / ‖b‖. */
  static double relative(float[] a, float[] b) {
    if (a.length != b.length) {
      throw new AssertionError("expected " + b.length + " values but found " + a.length);
    }
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < a.length; i++) {
      difference += ((double) a[i] - b[i]) * ((double) a[i] - b[i]);
      norm += (double) b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }

  /** max |a − b|. */
  static double largest(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < b.length; i++) {
      double difference = Math.abs((double) a[i] - b[i]);
      largest = difference <= largest ? largest : difference; // a NaN wins
    }
    return largest;
  }
}
