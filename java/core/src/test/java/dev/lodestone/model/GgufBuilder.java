package dev.lodestone.model;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes small GGUF files, right ones and wrong ones. */
final class GgufBuilder {
  /** A tensor as it stands in the file; the fastest dimension first. */
  record Tensor(long[] dimensions, int type, byte[] data) {}

  final Map<String, Object> metadata = new LinkedHashMap<>();
  final Map<String, Tensor> tensors = new LinkedHashMap<>();
  int version = 3;

  GgufBuilder tensor(String name, GgmlType type, byte[] data, long... dimensions) {
    tensors.put(name, new Tensor(dimensions, type.id(), data));
    return this;
  }

  /** An F32 tensor. */
  GgufBuilder tensor(String name, float[] values, long... dimensions) {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    data.asFloatBuffer().put(values);
    return tensor(name, GgmlType.F32, data.array(), dimensions);
  }

  byte[] build() {
    var out = new ByteArrayOutputStream();
    int32(out, 0x46554747);
    int32(out, version);
    int64(out, tensors.size());
    int64(out, metadata.size());
    metadata.forEach((key, value) -> {
      string(out, key);
      value(out, value, true);
    });
    long offset = 0;
    for (var tensor : tensors.entrySet()) {
      string(out, tensor.getKey());
      int32(out, tensor.getValue().dimensions().length);
      for (long d : tensor.getValue().dimensions()) {
        int64(out, d);
      }
      int32(out, tensor.getValue().type());
      int64(out, offset);
      offset += (tensor.getValue().data().length + 31) / 32 * 32;
    }
    for (Tensor tensor : tensors.values()) {
      pad(out);
      out.writeBytes(tensor.data());
    }
    return out.toByteArray();
  }

  private static void value(ByteArrayOutputStream out, Object value, boolean typed) {
    if (typed) {
      int32(out, type(value));
    }
    if (value instanceof Integer i) {
      int32(out, i);
    } else if (value instanceof Long l) {
      int64(out, l);
    } else if (value instanceof Float f) {
      int32(out, Float.floatToIntBits(f));
    } else if (value instanceof Boolean b) {
      out.write(b ? 1 : 0);
    } else if (value instanceof String s) {
      string(out, s);
    } else {
      List<?> list = (List<?>) value;
      int32(out, list.isEmpty() ? 4 : type(list.get(0)));
      int64(out, list.size());
      list.forEach(each -> value(out, each, false));
    }
  }

  /** Integer → uint32, Long → uint64, Float → float32. */
  private static int type(Object value) {
    return value instanceof Integer ? 4 : value instanceof Long ? 10 : value instanceof Float ? 6
        : value instanceof Boolean ? 7 : value instanceof String ? 8 : 9;
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int64(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void int32(ByteArrayOutputStream out, int value) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private static void int64(ByteArrayOutputStream out, long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private static void pad(ByteArrayOutputStream out) {
    while (out.size() % 32 != 0) {
      out.write(0);
    }
  }
}
