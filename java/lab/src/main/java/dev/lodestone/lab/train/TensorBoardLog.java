package dev.lodestone.lab.train;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard: {@code events.out.tfevents.SECONDS.lodestone}, a file each time a run starts or goes on.
 *
 * <p>A file is a sequence of TFRecords: the length (8 bytes, little-endian), its masked CRC-32C, the data and its
 * masked CRC-32C. Each holds an {@code Event} in protocol buffer wire format (tensorflow/core/util/event.proto and
 * framework/summary.proto, of which the few fields here are written by hand).
 */
final class TensorBoardLog implements AutoCloseable {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final FileChannel channel;

  private TensorBoardLog(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens a new file for what follows {@code step}; what older files say of later steps is void. */
  static TensorBoardLog open(Path run, long step) throws IOException {
    long seconds = System.currentTimeMillis() / 1000;
    Path file;
    do {
      file = run.resolve("events.out.tfevents.%010d.lodestone".formatted(seconds++));
    } while (Files.exists(file));
    var log = new TensorBoardLog(FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    log.record(event(0).text(3, "brain.Event:2")); // file_version
    long next = step == 0 ? 0 : step + 1; // a run that starts looks at its weights at step 0
    log.record(event(next).message(7, new Message().varint(1, 1))); // session_log: START drops what was there from it on
    return log;
  }

  /** Adds the scalars of a step; numbers that are none are left out. */
  void write(long step, Map<String, Double> scalars) throws IOException {
    var summary = new Message();
    scalars.forEach((tag, value) -> {
      if (Double.isFinite(value)) {
        summary.message(1, new Message().text(1, tag).float32(2, value.floatValue()));
      }
    });
    record(event(step).message(5, summary));
  }

  private static Message event(long step) {
    return new Message().float64(1, System.currentTimeMillis() * 1e-3).varint(2, step);
  }

  private void record(Message message) throws IOException {
    byte[] data = message.bytes.toByteArray();
    ByteBuffer frame = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length);
    frame.putInt(maskedCrc(frame.array(), 0, Long.BYTES)).put(data).putInt(maskedCrc(data, 0, data.length)).flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /** CRC-32C, rotated and offset, because a CRC of data that holds CRCs is weak (tensorflow/core/lib/hash/crc32c.h). */
  static int maskedCrc(byte[] data, int from, int length) {
    var crc = new CRC32C();
    crc.update(data, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** A message in wire format. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Message key(int field, int type) {
      return raw(field << 3 | type);
    }

    private Message raw(long value) {
      for (; (value & ~0x7FL) != 0; value >>>= 7) {
        bytes.write((int) (value & 0x7F | 0x80));
      }
      bytes.write((int) value);
      return this;
    }

    Message varint(int field, long value) {
      return key(field, VARINT).raw(value);
    }

    Message float64(int field, double value) {
      return key(field, FIXED64).fixed(Long.BYTES, Double.doubleToLongBits(value));
    }

    Message float32(int field, float value) {
      return key(field, FIXED32).fixed(Integer.BYTES, Float.floatToIntBits(value));
    }

    private Message fixed(int count, long value) {
      for (int i = 0; i < count; i++) {
        bytes.write((int) (value >>> 8 * i));
      }
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes.toByteArray());
    }

    private Message bytes(int field, byte[] value) {
      key(field, BYTES).raw(value.length);
      bytes.writeBytes(value);
      return this;
    }
  }
}
