package dev.lodestone.model;

import dev.lodestone.io.Half;
import java.nio.ByteBuffer;

/**
 * Element types of GGUF tensors that are read. Quantised rows are blocks of 32 elements that share a scale d (and a
 * minimum m), both binary16. Layouts: ggml, ggml-common.h.
 */
public enum GgmlType {
  F32(0, 1, 4) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      out[to] = in.getFloat(at);
    }
  },
  F16(1, 1, 2) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      out[to] = Half.fromF16(in.getShort(at));
    }
  },
  /** d, then 16 bytes: element j in the low and j + 16 in the high half; value d · (q − 8). */
  Q4_0(2, 32, 18) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      float d = Half.fromF16(in.getShort(at));
      for (int j = 0; j < 16; j++) {
        int pair = in.get(at + 2 + j);
        out[to + j] = ((pair & 15) - 8) * d;
        out[to + j + 16] = ((pair >> 4 & 15) - 8) * d;
      }
    }
  },
  /** d and m, then 16 bytes as in Q4_0; value d · q + m. */
  Q4_1(3, 32, 20) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      float d = Half.fromF16(in.getShort(at));
      float m = Half.fromF16(in.getShort(at + 2));
      for (int j = 0; j < 16; j++) {
        int pair = in.get(at + 4 + j);
        out[to + j] = (pair & 15) * d + m;
        out[to + j + 16] = (pair >> 4 & 15) * d + m;
      }
    }
  },
  /** d, then 32 signed bytes; value d · q. */
  Q8_0(8, 32, 34) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      float d = Half.fromF16(in.getShort(at));
      for (int j = 0; j < 32; j++) {
        out[to + j] = in.get(at + 2 + j) * d;
      }
    }
  },
  BF16(30, 1, 2) {
    @Override
    void block(ByteBuffer in, int at, float[] out, int to) {
      out[to] = Half.fromBf16(in.getShort(at));
    }
  };

  // For messages: the types that such files hold most often, by number.
  private static final String[] NAMES = {"F32", "F16", "Q4_0", "Q4_1", "Q4_2", "Q4_3", "Q5_0", "Q5_1", "Q8_0", "Q8_1",
    "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K"};

  private final int id;
  private final int blockElements;
  private final int blockBytes;

  GgmlType(int id, int blockElements, int blockBytes) {
    this.id = id;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /** Number in the file. */
  public int id() {
    return id;
  }

  public int blockElements() {
    return blockElements;
  }

  public int blockBytes() {
    return blockBytes;
  }

  /** {@code count} elements, whole blocks, from the start of little endian data. */
  void dequantise(ByteBuffer in, float[] out, int count) {
    for (int i = 0, at = 0; i < count; i += blockElements, at += blockBytes) {
      block(in, at, out, i);
    }
  }

  abstract void block(ByteBuffer in, int at, float[] out, int to);

  /** The type of that number, or null. */
  static GgmlType find(long id) {
    for (GgmlType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return null;
  }

  static String nameOf(long id) {
    return id >= 0 && id < NAMES.length ? NAMES[(int) id] : "number " + id;
  }
}
