package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void readsBackWhatWasStreamed() throws Exception {
    Path target = folder.resolve("a.safetensors");
    var random = new Random(3);
    var values = new float[700_001]; // several buffers, and not a multiple of one
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    int[] ints = random.ints(300_000).toArray();
    try (var out = SafetensorsWriter.create(target, Map.of("format", "pt", "é", "ü"))) {
      out.declare("m", DType.F32, 700_001);
      out.declare("none", DType.F32, 0, 4);
      out.declare("i", DType.I32, 3, 100_000);
      out.declare("h", DType.BF16, 5);
      out.declare("last none", DType.I64, 0);
      out.write("m", values, 0, 600_000);
      out.write("m", values, 600_000, 100_001);
      out.write("i", ints);
      out.write("h", 1.0f, -2.5f, 1.00390625f, 0, Float.POSITIVE_INFINITY);
      assertFalse(Files.exists(target));
      out.commit();
    }
    assertEquals(0, ByteBuffer.wrap(Files.readAllBytes(target)).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(0) % 8);
    try (var file = Safetensors.open(target)) {
      assertEquals("[m, none, i, h, last none]", file.tensors().keySet().toString());
      assertEquals(Map.of("format", "pt", "é", "ü"), file.metadata());
      assertArrayEquals(values, file.readFloats("m"));
      assertArrayEquals(ints, file.readInts("i"));
      assertArrayEquals(new long[] {0, 4}, file.entry("none").shape());
      // 1 + 2⁻⁸ lies half-way between 1 and 1 + 2⁻⁷ and goes to the even one.
      assertArrayEquals(new float[] {1, -2.5f, 1, 0, Float.POSITIVE_INFINITY}, file.readFloats("h"));
    }
  }

  @Test
  void sameBytesForSameContent() throws Exception {
    for (String name : new String[] {"a", "b"}) {
      try (var out = SafetensorsWriter.create(folder.resolve(name), Map.of("z", "1", "a", "2", "m", "3"))) {
        out.declare("x", DType.F32, 1);
        out.write("x", 1f);
        out.commit();
      }
    }
    assertEquals(-1, Files.mismatch(folder.resolve("a"), folder.resolve("b")));
    String text = Files.readString(folder.resolve("a"), java.nio.charset.StandardCharsets.ISO_8859_1);
    assertTrue(text.contains("{\"a\":\"2\",\"m\":\"3\",\"z\":\"1\"}"), text);
  }

  @Test
  void refusesWhatWasNotDeclared() throws Exception {
    Path target = folder.resolve("a.safetensors");
    try (var out = SafetensorsWriter.create(target)) {
      out.declare("a", DType.F32, 2);
      out.declare("b", DType.F32, 1);
      assertThrows(IllegalArgumentException.class, () -> out.declare("a", DType.F32, 1));
      out.write("a", 1f);
      assertThrows(IllegalStateException.class, () -> out.write("b", 1f));
      assertThrows(IllegalStateException.class, () -> out.write("a", 1f, 2f));
      assertThrows(IllegalArgumentException.class, () -> out.write("a", 1));
      assertThrows(IllegalStateException.class, out::commit);
    }
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "needs /dev/full")
  void saysThatTheDiskIsFull() {
    try (var out = SafetensorsWriter.create(Path.of("/dev/full"))) {
      out.declare("a", DType.F32, 2);
      String message = assertThrows(LodestoneException.class, () -> out.write("a", 1f, 2f)).getMessage();
      assertEquals("cannot write /dev/full: No space left on device", message);
    }
  }
}
