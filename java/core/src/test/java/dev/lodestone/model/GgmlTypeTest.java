package dev.lodestone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random bytes of each type against a dequantiser written from the format's description in double. */
class GgmlTypeTest {
  static final int BLOCKS = 50;

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void agreesWithDouble(GgmlType type) {
    byte[] data = random(type, BLOCKS, new Random(11));
    var values = new float[BLOCKS * type.blockElements() + 1];
    values[values.length - 1] = 42;
    type.dequantise(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN), values, values.length - 1);
    double[] expected = reference(type, data);
    for (int i = 0; i < expected.length; i++) {
      // Scale and integers are exact in fp32; a product and a sum round once each, relative to their own size:
      // |d·q| ≤ |value| + |m| and |m| ≤ 2, |d·q| ≤ 30 as random() draws them.
      double bound = type == GgmlType.Q4_1 ? Math.scalb(30 + 32, -24) : Math.scalb(Math.abs(expected[i]), -24);
      assertEquals(expected[i], values[i], bound, type + " element " + i);
    }
    assertEquals(42, values[values.length - 1], "wrote past the end");
  }

  /** Blocks with scales from −2 to 2; the rest of the bytes is arbitrary. */
  static byte[] random(GgmlType type, int blocks, Random random) {
    ByteBuffer data = ByteBuffer.allocate(blocks * type.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    random.nextBytes(data.array());
    for (int at = 0; at < data.capacity(); at += type.blockBytes()) {
      switch (type) {
        case F32 -> data.putFloat(at, (float) random.nextGaussian());
        case BF16 -> data.putShort(at, (short) (Float.floatToIntBits((float) random.nextGaussian()) >> 16));
        default -> data.putShort(at, half(random));
      }
      if (type == GgmlType.Q4_1) {
        data.putShort(at + 2, half(random));
      }
    }
    return data.array();
  }

  /** Bits of a binary16 below 2 in size. */
  private static short half(Random random) {
    return (short) (random.nextInt(0x4000) | (random.nextBoolean() ? 0x8000 : 0));
  }

  static double[] reference(GgmlType type, byte[] data) {
    int blocks = data.length / type.blockBytes();
    var values = new double[blocks * type.blockElements()];
    for (int i = 0; i < values.length; i++) {
      int block = i / type.blockElements() * type.blockBytes();
      int j = i % type.blockElements();
      values[i] = switch (type) {
        case F32 -> Float.intBitsToFloat(little(data, block, 4));
        case BF16 -> Float.intBitsToFloat(little(data, block, 2) << 16);
        case F16 -> half(little(data, block, 2));
        case Q8_0 -> half(little(data, block, 2)) * data[block + 2 + j];
        case Q4_0 -> half(little(data, block, 2)) * (nibble(data, block + 2, j) - 8);
        case Q4_1 -> half(little(data, block, 2)) * nibble(data, block + 4, j) + half(little(data, block + 2, 2));
      };
    }
    return values;
  }

  private static int nibble(byte[] data, int at, int j) {
    int pair = Byte.toUnsignedInt(data[at + j % 16]);
    return j < 16 ? pair % 16 : pair / 16;
  }

  private static int little(byte[] data, int at, int bytes) {
    int value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      value = value << 8 | Byte.toUnsignedInt(data[at + i]);
    }
    return value;
  }

  private static double half(int bits) {
    int exponent = bits >> 10 & 31;
    double magnitude = exponent == 0 ? (bits & 1023) * Math.pow(2, -24)
        : (1024 + (bits & 1023)) * Math.pow(2, exponent - 25);
    return (bits & 0x8000) == 0 ? magnitude : -magnitude;
  }
}
