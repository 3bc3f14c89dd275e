package dev.lodestone.io;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads a safetensors file: 8 bytes of header length (little endian), a JSON header, the data. The file is not
 * trusted: header length, types, shapes (their products may not overflow), offsets (in range, as long as the shape
 * says, without overlap or hole) are checked when it is opened. Data are read on demand into the caller's memory; the
 * file is not mapped, because a mapped file that is cut while in use kills the JVM.
 *
 * <p>Format: huggingface/safetensors, README "Format".
 */
public final class Safetensors implements AutoCloseable {
  /** A tensor; {@code offset} counts from the start of the file. */
  public record Entry(String name, DType dtype, long[] shape, long offset, long bytes) {
    /** Elements. */
    public long count() {
      return bytes / dtype.bytes();
    }
  }

  private static final long LARGEST_HEADER = 100_000_000; // the limit of the reference implementation

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Entry> tensors = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  private Safetensors(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  public static Safetensors open(Path file) {
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (IOException e) {
      throw Lines.cannotRead(file, e);
    }
    var opened = new Safetensors(file, channel);
    try {
      opened.readHeader();
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  public Path file() {
    return file;
  }

  /** By name, in the order of the header. */
  public Map<String, Entry> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** The header's {@code __metadata__}. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /** The tensor of that name; {@link LodestoneException} if there is none. */
  public Entry entry(String name) {
    Entry entry = tensors.get(name);
    if (entry == null) {
      throw new LodestoneException(file + ": expected a tensor " + name + " but there is none");
    }
    return entry;
  }

  /** Fills what remains of {@code into} with the tensor's bytes from {@code fromByte} on. Safe from several threads. */
  public void read(Entry entry, long fromByte, ByteBuffer into) {
    if (fromByte < 0 || fromByte > entry.bytes() - into.remaining()) {
      throw new IndexOutOfBoundsException(
          "bytes " + fromByte + " + " + into.remaining() + " of " + entry.name() + " with " + entry.bytes());
    }
    readFully(entry.offset() + fromByte, into, "tensor " + entry.name());
  }

  /** A whole tensor of F32, F16, BF16 or F64 as fp32. */
  public float[] readFloats(String name) {
    Entry entry = entry(name);
    ByteBuffer data = readWhole(entry);
    var values = new float[Math.toIntExact(entry.count())];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (entry.dtype()) {
            case F32 -> data.getFloat(4 * i);
            case F16 -> Half.fromF16(data.getShort(2 * i));
            case BF16 -> Half.fromBf16(data.getShort(2 * i));
            case F64 -> (float) data.getDouble(8 * i);
            default -> throw new LodestoneException(
                file + ": tensor " + name + ": expected floating point but found " + entry.dtype());
          };
    }
    return values;
  }

  /** A whole I32 tensor. */
  public int[] readInts(String name) {
    Entry entry = entry(name);
    if (entry.dtype() != DType.I32) {
      throw new LodestoneException(file + ": tensor " + name + ": expected I32 but found " + entry.dtype());
    }
    var values = new int[Math.toIntExact(entry.count())];
    readWhole(entry).asIntBuffer().get(values);
    return values;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written: there is nothing to lose.
    }
  }

  private ByteBuffer readWhole(Entry entry) {
    if (entry.bytes() > Integer.MAX_VALUE - 16) {
      throw new LodestoneException(file + ": tensor " + entry.name() + " is too large to be read at once");
    }
    ByteBuffer data = ByteBuffer.allocate((int) entry.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    read(entry, 0, data);
    return data.flip();
  }

  private void readHeader() {
    long size = size();
    if (size < 8) {
      throw bad("expected at least 8 bytes but the file has " + size);
    }
    ByteBuffer first = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(0, first, "header length");
    long length = first.getLong(0);
    if (length < 2 || length > LARGEST_HEADER || length > size - 8) {
      throw bad(
          "the first 8 bytes say that the header has " + Long.toUnsignedString(length)
              + " bytes, but the file has " + size + " (and 100 MB is the most a header may have)");
    }
    ByteBuffer text = ByteBuffer.allocate((int) length);
    readFully(8, text, "header");
    JsonNode header;
    try {
      header = Json.parse(StandardCharsets.UTF_8.newDecoder().decode(text.flip()).toString(), file + " header");
    } catch (CharacterCodingException e) {
      throw bad("expected a header of UTF-8 text but found other bytes");
    }
    if (!header.isObject()) {
      throw bad("expected a JSON object as header but found " + header.getNodeType());
    }
    for (var field : header.properties()) {
      if (field.getKey().equals("__metadata__")) {
        readMetadata(field.getValue());
      } else {
        tensors.put(field.getKey(), parseEntry(field.getKey(), field.getValue(), 8 + length, size));
      }
    }
    checkCover(8 + length, size);
  }

  private void readMetadata(JsonNode node) {
    if (!node.isObject()) {
      throw bad("expected an object as __metadata__ but found " + node.getNodeType());
    }
    node.properties().forEach(field -> metadata.put(field.getKey(), field.getValue().asText()));
  }

  private Entry parseEntry(String name, JsonNode node, long start, long size) {
    String tensor = "tensor " + shown(name) + ": ";
    DType dtype = DType.find(node.path("dtype").asText());
    if (dtype == null) {
      throw bad(tensor + "expected a dtype of " + Arrays.toString(DType.values()) + " but found "
          + shown(node.path("dtype").toString()));
    }
    long[] shape = longs(node.path("shape"), tensor + "shape");
    long[] range = longs(node.path("data_offsets"), tensor + "data_offsets");
    if (range.length != 2 || range[0] > range[1] || range[1] > size - start) {
      throw bad(tensor + "expected data_offsets [begin, end] within the " + (size - start) + " bytes of data but found "
          + Arrays.toString(range));
    }
    long bytes = dtype.bytes();
    try {
      for (long extent : shape) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    } catch (ArithmeticException e) {
      throw bad(tensor + "a tensor of shape " + Arrays.toString(shape) + " is larger than any file");
    }
    if (bytes != range[1] - range[0]) {
      throw bad(tensor + "expected " + bytes + " bytes for " + dtype + " " + Arrays.toString(shape)
          + " but data_offsets give " + (range[1] - range[0]));
    }
    return new Entry(name, dtype, shape, start + range[0], bytes);
  }

  private long[] longs(JsonNode node, String what) {
    if (!node.isArray()) {
      throw bad(what + ": expected an array of numbers but found " + shown(node.toString()));
    }
    var values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw bad(what + ": expected whole numbers of at least 0 but found " + shown(value.toString()));
      }
      values[i] = value.longValue();
    }
    return values;
  }

  /** Every byte of the data belongs to exactly one tensor, as the format demands. */
  private void checkCover(long start, long size) {
    var sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::bytes));
    long at = start;
    String before = "the header";
    for (Entry entry : sorted) {
      if (entry.offset() < at) {
        throw bad("tensors " + shown(before) + " and " + shown(entry.name()) + " overlap");
      } else if (entry.offset() > at) {
        throw bad("expected tensor " + shown(entry.name()) + " right behind " + shown(before) + " but between them are "
            + (entry.offset() - at) + " bytes that belong to no tensor");
      }
      at = entry.offset() + entry.bytes();
      before = entry.name();
    }
    if (at != size) {
      throw bad("the tensors end at byte " + at + " but the file has " + size);
    }
  }

  private long size() {
    try {
      return channel.size();
    } catch (IOException e) {
      throw Lines.cannotRead(file, e);
    }
  }

  private void readFully(long position, ByteBuffer into, String what) {
    try {
      while (into.hasRemaining()) {
        int got = channel.read(into, position);
        if (got < 0) {
          throw bad("the file ends within " + what);
        }
        position += got;
      }
    } catch (IOException e) {
      throw Lines.cannotRead(file, e);
    }
  }

  private static String shown(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= 100 ? clean : clean.substring(0, 100) + "...";
  }

  private LodestoneException bad(String what) {
    return new LodestoneException(file + ": " + what);
  }
}
