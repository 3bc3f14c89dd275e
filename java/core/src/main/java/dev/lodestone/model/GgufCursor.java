package dev.lodestone.model;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the header of a GGUF file front to back. No size in it is believed before the file is known to be as long. */
final class GgufCursor {
  private static final int MAX_STRING = 1 << 24; // bytes: far above any chat template
  private static final int MAX_ARRAY = 1 << 24; // elements: far above any vocabulary
  private static final int MAX_DEPTH = 4;

  private final Path file;
  private final FileChannel channel;
  private final long size;
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long read; // bytes taken from the file into the buffer
  private String what = "header"; // for messages

  GgufCursor(Path file, FileChannel channel, long size) {
    this.file = file;
    this.channel = channel;
    this.size = size;
  }

  /** Names what is read next. */
  GgufCursor at(String what) {
    this.what = what;
    return this;
  }

  long position() {
    return read - buffer.remaining();
  }

  long remaining() {
    return size - position();
  }

  int int32() {
    return need(4).getInt();
  }

  long uint32() {
    return Integer.toUnsignedLong(int32());
  }

  /** A count or size: at most {@code largest}, and so many elements of at least {@code bytes} must still follow. */
  long count(long largest, long bytes) {
    long count = need(8).getLong();
    if (count < 0 || count > largest || count > remaining() / bytes) {
      throw bad("expected at most " + largest + " elements that fit into the file but found "
          + Long.toUnsignedString(count));
    }
    return count;
  }

  /** A number of 64 bits that fits into a long. */
  long uint64() {
    long value = need(8).getLong();
    if (value < 0) {
      throw bad("expected a number below 2^63 but found " + Long.toUnsignedString(value));
    }
    return value;
  }

  String string() {
    var bytes = new byte[(int) count(MAX_STRING, 1)];
    for (int done = 0; done < bytes.length; ) {
      int part = Math.min(bytes.length - done, buffer.capacity());
      need(part).get(bytes, done, part);
      done += part;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Long, Double, Boolean, String or a List of them. */
  Object value() {
    return value(uint32(), 0);
  }

  private Object value(long type, int depth) {
    return switch ((int) type) {
      case 0 -> (long) (need(1).get() & 0xff);
      case 1 -> (long) need(1).get();
      case 2 -> (long) (need(2).getShort() & 0xffff);
      case 3 -> (long) need(2).getShort();
      case 4 -> uint32();
      case 5 -> (long) int32();
      // By its shortest decimal, so that 1e-5 stays 1e-5.
      case 6 -> Double.valueOf(Float.toString(need(4).getFloat()));
      case 7 -> need(1).get() != 0;
      case 8 -> string();
      case 9 -> array(depth);
      case 10 -> uint64();
      case 11 -> need(8).getLong();
      case 12 -> need(8).getDouble();
      default -> throw bad("expected a value type from 0 to 12 but found " + type);
    };
  }

  private List<Object> array(int depth) {
    if (depth == MAX_DEPTH) {
      throw bad("arrays are nested more than " + MAX_DEPTH + " deep");
    }
    long type = uint32();
    int count = (int) count(MAX_ARRAY, type == 8 ? 8 : type == 9 ? 12 : 1);
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(value(type, depth + 1));
    }
    return values;
  }

  /** The buffer with at least that many bytes. */
  private ByteBuffer need(int bytes) {
    if (bytes > remaining()) {
      throw bad("the file ends early");
    }
    if (buffer.remaining() < bytes) {
      buffer.compact();
      try {
        while (buffer.position() < bytes) {
          int got = channel.read(buffer, read);
          if (got < 0) {
            throw bad("the file ends early");
          }
          read += got;
        }
      } catch (IOException e) {
        throw new LodestoneException("cannot read " + file + ": " + e.getMessage(), e);
      }
      buffer.flip();
    }
    return buffer;
  }

  LodestoneException bad(String why) {
    String shown = what.length() <= 100 ? what : what.substring(0, 100) + "...";
    return new LodestoneException(file + ": " + shown.replaceAll("\\p{Cntrl}", "?") + ": " + why);
  }
}
