package dev.lodestone.engine;

import static dev.lodestone.engine.bind.Lodestone.LS_MOMENT1;
import static dev.lodestone.engine.bind.Lodestone.LS_MOMENT2;
import static dev.lodestone.engine.bind.Lodestone.LS_WEIGHT;

import dev.lodestone.LodestoneException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A trainer's state as bytes, little endian:
 *
 * <pre>
 * "LSTRAIN" and a digit: 1, or 2 with weights (8 bytes) · steps (8) · trained parameters (4)
 * for each: length of the name (4) · name · elements (8) · first moments · second moments · weights (4 bytes each)
 * CRC-32C of all before (4)
 * </pre>
 *
 * Weights are there where the model does not hold them: adapters, and the fp32 ones that a GPU's are rounded from.
 */
final class TrainerState {
  private static final byte[] MAGIC = "LSTRAIN".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_NAME = 4096;
  private static final int[] MOMENTS = {LS_MOMENT1, LS_MOMENT2};
  private static final int[] MOMENTS_AND_WEIGHTS = {LS_MOMENT1, LS_MOMENT2, LS_WEIGHT};

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(Native.CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();

  private TrainerState() {}

  static void write(Trainer trainer, WritableByteChannel to) {
    new TrainerState().writeAll(trainer, to);
  }

  static void read(Trainer trainer, ReadableByteChannel from) {
    new TrainerState().readAll(trainer, from);
  }

  private void writeAll(Trainer trainer, WritableByteChannel to) {
    var trained = trainer.trained();
    boolean weights = trainer.keepsWeights();
    buffer.clear().put(MAGIC).put((byte) (weights ? '2' : '1')).putLong(trainer.steps()).putInt(trained.size());
    flush(to);
    for (int i = 0; i < trained.size(); i++) {
      var name = trained.get(i).name().getBytes(StandardCharsets.UTF_8);
      buffer.clear().putInt(name.length).put(name).putLong(trained.get(i).count());
      flush(to);
      int index = i;
      for (int state : weights ? MOMENTS_AND_WEIGHTS : MOMENTS) {
        eachChunk(trained.get(i).count(), (at, values) -> {
          trainer.read(index, state, at, values);
          flush(to);
        });
      }
    }
    int sum = (int) crc.getValue();
    buffer.clear().putInt(sum);
    flush(to);
  }

  private void readAll(Trainer trainer, ReadableByteChannel from) {
    fill(from, MAGIC.length + 1);
    for (byte expected : MAGIC) {
      if (buffer.get() != expected) {
        throw new LodestoneException("expected the state of a trainer but found something else");
      }
    }
    byte kind = buffer.get();
    if (kind != '1' && kind != '2') {
      throw new LodestoneException("expected the state of a trainer, version 1 or 2, but found version " + (char) kind);
    }
    var trained = trainer.trained();
    fill(from, 12);
    long steps = buffer.getLong();
    expect("trained parameters", trained.size(), buffer.getInt());
    for (int i = 0; i < trained.size(); i++) {
      readName(trained.get(i).name(), from);
      fill(from, 8);
      expect("elements of " + trained.get(i).name(), trained.get(i).count(), buffer.getLong());
      int index = i;
      for (int state : kind == '2' ? MOMENTS_AND_WEIGHTS : MOMENTS) {
        eachChunk(trained.get(i).count(), (at, values) -> {
          fill(from, buffer.limit());
          trainer.write(index, state, at, values);
        });
      }
    }
    int sum = (int) crc.getValue();
    fill(from, 4);
    if (buffer.getInt() != sum) {
      throw new LodestoneException("the state of the trainer is damaged: its checksum does not match");
    }
    trainer.setSteps(steps);
  }

  private void readName(String expected, ReadableByteChannel from) {
    fill(from, 4);
    int length = buffer.getInt();
    if (length < 0 || length > LONGEST_NAME) {
      throw new LodestoneException("the state of the trainer is damaged: a name of " + length + " bytes");
    }
    fill(from, length);
    var name = new byte[length];
    buffer.get(name);
    var found = new String(name, StandardCharsets.UTF_8);
    if (!found.equals(expected)) {
      throw new LodestoneException("the state is of another trainer: expected parameter " + expected + " but found "
          + found);
    }
  }

  private interface Chunk {
    void move(long at, FloatBuffer values);
  }

  /** Walks over {@code count} values; the buffer's bytes and the values are the same memory. */
  private void eachChunk(long count, Chunk chunk) {
    int capacity = buffer.capacity() / Float.BYTES;
    for (long at = 0; at < count; at += capacity) {
      int values = (int) Math.min(capacity, count - at);
      buffer.clear().position(values * Float.BYTES).limit(values * Float.BYTES);
      chunk.move(at, buffer.duplicate().order(ByteOrder.LITTLE_ENDIAN).flip().asFloatBuffer());
    }
  }

  private static void expect(String what, long expected, long found) {
    if (expected != found) {
      throw new LodestoneException("the state is of another trainer: expected " + expected + " " + what + " but found "
          + found);
    }
  }

  /** Writes what stands before the buffer's position. */
  private void flush(WritableByteChannel to) {
    buffer.flip();
    crc.update(buffer);
    buffer.rewind();
    try {
      while (buffer.hasRemaining()) {
        to.write(buffer);
      }
    } catch (IOException e) {
      throw new LodestoneException("cannot write the state of the trainer: " + e.getMessage(), e);
    }
  }

  /** Reads so many bytes to the front of the buffer. */
  private void fill(ReadableByteChannel from, int bytes) {
    buffer.clear().limit(bytes);
    try {
      while (buffer.hasRemaining()) {
        if (from.read(buffer) < 0) {
          throw new LodestoneException("the state of the trainer is cut short");
        }
      }
    } catch (IOException e) {
      throw new LodestoneException("cannot read the state of the trainer: " + e.getMessage(), e);
    }
    buffer.flip();
    crc.update(buffer);
    buffer.rewind();
  }
}
