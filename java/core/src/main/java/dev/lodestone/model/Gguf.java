package dev.lodestone.model;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a GGUF file of version 2 or 3: metadata, and tensors row by row as fp32. The file is not trusted: every count
 * and size is checked against the length of the file when it is opened. Format: ggml, docs/gguf.md.
 */
public final class Gguf implements AutoCloseable {
  /** A matrix, or a vector as one row; {@code offset} counts from the start of the file. */
  public record TensorInfo(String name, GgmlType type, long rows, long columns, long offset) {
    public long rowBytes() {
      return columns / type.blockElements() * type.blockBytes();
    }

    public long bytes() {
      return rows * rowBytes();
    }
  }

  private static final int MAGIC = 0x46554747; // "GGUF"

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  private Gguf(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  public static Gguf open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new LodestoneException("cannot read " + file + ": there is no such file");
    }
    try {
      var opened = new Gguf(file, FileChannel.open(file, StandardOpenOption.READ));
      try {
        opened.readHeader();
        return opened;
      } catch (IOException | RuntimeException e) {
        opened.close();
        throw e;
      }
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  public Path file() {
    return file;
  }

  public GgufMetadata metadata() {
    return new GgufMetadata(metadata, file.toString());
  }

  /** By name, in the order of the file. */
  public Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  /** Rows [first, first + count) of a tensor, dequantised, to the start of {@code into}. Not for several threads. */
  public void read(TensorInfo tensor, long first, int count, float[] into) {
    int bytes = Math.toIntExact(count * tensor.rowBytes());
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    buffer.clear().limit(bytes);
    try {
      long at = tensor.offset() + first * tensor.rowBytes();
      while (buffer.hasRemaining()) {
        int got = channel.read(buffer, at);
        if (got < 0) {
          throw new LodestoneException(file + ": the file ends within tensor " + tensor.name());
        }
        at += got;
      }
    } catch (IOException e) {
      throw new LodestoneException("cannot read " + file + ": " + e.getMessage(), e);
    }
    tensor.type().dequantise(buffer, into, Math.toIntExact(count * tensor.columns()));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written: there is nothing to lose.
    }
  }

  private void readHeader() throws IOException {
    var in = new GgufCursor(file, channel, channel.size());
    if (in.remaining() < 4 || in.int32() != MAGIC) {
      throw new LodestoneException(file + ": expected a GGUF file but it does not begin with \"GGUF\"");
    }
    int version = in.int32();
    if (version != 2 && version != 3) {
      boolean swapped = Integer.reverseBytes(version) == 2 || Integer.reverseBytes(version) == 3;
      throw new LodestoneException(file + ": expected GGUF version 2 or 3, little endian, but found "
          + (swapped ? "a big endian file" : "version " + Integer.toUnsignedString(version)));
    }
    long tensorCount = in.at("number of tensors").count(Integer.MAX_VALUE, 1);
    long fieldCount = in.at("number of metadata fields").count(Integer.MAX_VALUE, 1);
    for (long i = 0; i < fieldCount; i++) {
      String key = in.at("metadata field " + i).string();
      if (metadata.put(key, in.at(key).value()) != null) {
        throw in.bad("the field is there twice");
      }
    }
    List<TensorInfo> relative = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      relative.add(readInfo(in.at("tensor " + i)));
    }
    place(relative, in.position());
  }

  private TensorInfo readInfo(GgufCursor in) {
    String name = in.string();
    in.at("tensor " + name);
    long rank = in.uint32();
    if (rank < 1 || rank > 2) {
      throw in.bad("expected a vector or a matrix but found " + rank + " dimensions");
    }
    long columns = in.uint64(); // the fastest index comes first
    long rows = rank == 2 ? in.uint64() : 1;
    long id = in.uint32();
    long offset = in.uint64();
    GgmlType type = GgmlType.find(id);
    if (type == null) {
      throw in.bad("expected a type of " + Arrays.toString(GgmlType.values()) + " but found " + GgmlType.nameOf(id)
          + "; make or get the file in one of these");
    }
    // Checked by division: neither product may overflow.
    if (columns < 1 || rows < 1 || columns > Integer.MAX_VALUE || columns % type.blockElements() != 0
        || rows > Long.MAX_VALUE / 8 / columns) {
      throw in.bad("expected rows of whole blocks of " + type.blockElements() + " but found the shape " + rows + " x "
          + columns);
    }
    return new TensorInfo(name, type, rows, columns, offset);
  }

  /** Turns offsets into those of the file, and checks that the tensors lie in it side by side. */
  private void place(List<TensorInfo> relative, long headerEnd) throws IOException {
    long alignment = metadata().integer("general.alignment", 1, 1 << 20, 32L);
    long start = (headerEnd + alignment - 1) / alignment * alignment;
    long end = channel.size();
    for (TensorInfo tensor : relative) {
      String where = file + ": tensor " + tensor.name();
      if (tensor.offset() % alignment != 0) {
        throw new LodestoneException(where + ": expected an offset that is a multiple of " + alignment + " but found "
            + tensor.offset());
      }
      if (tensor.offset() > end - start || tensor.bytes() > end - start - tensor.offset()) {
        throw new LodestoneException(where + ": expected " + tensor.bytes() + " bytes from byte " + tensor.offset()
            + " of the data on but these have " + Math.max(0, end - start));
      }
      var placed =
          new TensorInfo(tensor.name(), tensor.type(), tensor.rows(), tensor.columns(), start + tensor.offset());
      if (tensors.put(tensor.name(), placed) != null) {
        throw new LodestoneException(where + " is there twice");
      }
    }
    var sorted = new ArrayList<>(tensors.values());
    sorted.sort(Comparator.comparingLong(TensorInfo::offset));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i - 1).offset() + sorted.get(i - 1).bytes() > sorted.get(i).offset()) {
        throw new LodestoneException(
            file + ": tensors " + sorted.get(i - 1).name() + " and " + sorted.get(i).name() + " overlap");
      }
    }
  }
}
