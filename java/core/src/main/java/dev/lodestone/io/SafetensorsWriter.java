package dev.lodestone.io;

import dev.lodestone.LodestoneException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a safetensors file as a stream: declare all tensors, write their data in the same order (one tensor in as
 * many pieces as wanted), commit. The header is padded with spaces so that the data begin at a multiple of 8 bytes.
 * Through {@link AtomicOutput}: nothing stands under the name until {@link #commit}.
 */
public final class SafetensorsWriter implements AutoCloseable {
  private record Declared(String name, DType dtype, long bytes) {}

  private final Path target;
  private final Map<String, String> metadata;
  private final Map<String, Object> header = new LinkedHashMap<>();
  private final List<Declared> tensors = new ArrayList<>();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
  private AtomicOutput out;
  private long end; // of the data declared so far
  private int current; // tensor that is being written
  private long written; // bytes of it

  private SafetensorsWriter(Path target, Map<String, String> metadata) {
    this.target = target;
    this.metadata = metadata;
  }

  /** The file is begun with the first write, so that a wrong declaration leaves no trace. */
  public static SafetensorsWriter create(Path target, Map<String, String> metadata) {
    return new SafetensorsWriter(target, new TreeMap<>(metadata));
  }

  public static SafetensorsWriter create(Path target) {
    return create(target, Map.of());
  }

  public void declare(String name, DType dtype, long... shape) {
    if (out != null) {
      throw new IllegalStateException("declare all tensors before the first is written");
    }
    long bytes = dtype.bytes();
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException(name + ": shape " + Arrays.toString(shape));
      }
      bytes = Math.multiplyExact(bytes, extent);
    }
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("dtype", dtype.name());
    entry.put("shape", shape.clone());
    entry.put("data_offsets", new long[] {end, Math.addExact(end, bytes)});
    if (name.equals("__metadata__") || header.put(name, entry) != null) {
      throw new IllegalArgumentException("a tensor named " + name + " cannot be declared (again)");
    }
    end += bytes;
    tensors.add(new Declared(name, dtype, bytes));
  }

  /** Appends bytes (little endian elements) to a tensor; all that remains in {@code data}. */
  public void write(String name, ByteBuffer data) {
    begin(name, data.remaining());
    out.write(data);
  }

  /** Appends values to an F32 or BF16 tensor (rounded to nearest even). */
  public void write(String name, float... values) {
    write(name, values, 0, values.length);
  }

  public void write(String name, float[] values, int from, int count) {
    DType dtype = begin(name, 0);
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new IllegalArgumentException(name + " was declared as " + dtype + ", not F32 or BF16");
    }
    begin(name, (long) count * dtype.bytes());
    for (int i = from; i < from + count; ) {
      buffer.clear();
      for (; i < from + count && buffer.hasRemaining(); i++) {
        if (dtype == DType.F32) {
          buffer.putFloat(values[i]);
        } else {
          buffer.putShort(Half.toBf16(values[i]));
        }
      }
      out.write(buffer.flip());
    }
  }

  /** Appends values to an I32 tensor. */
  public void write(String name, int... values) {
    if (begin(name, 0) != DType.I32) {
      throw new IllegalArgumentException(name + " was not declared as I32");
    }
    begin(name, 4L * values.length);
    for (int i = 0; i < values.length; ) {
      buffer.clear();
      for (; i < values.length && buffer.hasRemaining(); i++) {
        buffer.putInt(values[i]);
      }
      out.write(buffer.flip());
    }
  }

  /** Puts the file into place; all that was declared must have been written. */
  public void commit() {
    start();
    skipWhole();
    if (current < tensors.size()) {
      throw new IllegalStateException(tensors.get(current).name() + " is not whole: " + written + " bytes");
    }
    out.commit();
  }

  @Override
  public void close() {
    if (out != null) {
      out.close();
    }
  }

  /** Moves on to the tensor and counts bytes that are about to be written to it. */
  private DType begin(String name, long bytes) {
    start();
    if (current < tensors.size() && !tensors.get(current).name().equals(name)) {
      skipWhole();
    }
    if (current == tensors.size() || !tensors.get(current).name().equals(name)) {
      throw new IllegalStateException(
          "expected data of " + (current < tensors.size() ? tensors.get(current).name() : "no further tensor")
              + " but got " + name);
    }
    Declared tensor = tensors.get(current);
    if (bytes > tensor.bytes() - written) {
      throw new IllegalStateException(name + ": more than the " + tensor.bytes() + " bytes that were declared");
    }
    written += bytes;
    return tensor.dtype();
  }

  private void skipWhole() {
    while (current < tensors.size() && written == tensors.get(current).bytes()) {
      current++;
      written = 0;
    }
  }

  private void start() {
    if (out != null) {
      return;
    }
    try {
      Map<String, Object> whole = new LinkedHashMap<>();
      if (!metadata.isEmpty()) {
        whole.put("__metadata__", metadata);
      }
      whole.putAll(header);
      byte[] json = Json.mapper().writeValueAsString(whole).getBytes(StandardCharsets.UTF_8);
      int padded = (json.length + 7) / 8 * 8;
      byte[] text = Arrays.copyOf(json, padded);
      Arrays.fill(text, json.length, padded, (byte) ' ');
      out = AtomicOutput.open(target);
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, padded));
      out.write(ByteBuffer.wrap(text));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new LodestoneException("cannot write " + target + ": " + e.getOriginalMessage(), e);
    }
  }
}
