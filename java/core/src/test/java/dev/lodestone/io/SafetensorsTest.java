package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file of two tensors, a (2, 3) F32 and b (4) BF16, and what happens to it. */
class SafetensorsTest {
  private static final String HEADER =
      """
      {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
      "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}""";

  @TempDir Path folder;

  @Test
  void reads() throws Exception {
    try (var file = Safetensors.open(write(HEADER, 32))) {
      assertEquals("[a, b]", file.tensors().keySet().toString());
      assertEquals("pt", file.metadata().get("format"));
      Safetensors.Entry a = file.entry("a");
      assertArrayEquals(new long[] {2, 3}, a.shape());
      assertEquals(8 + HEADER.length(), a.offset());
      assertEquals(6, a.count());
      ByteBuffer part = ByteBuffer.allocate(5);
      file.read(a, 19, part);
      assertArrayEquals(new byte[] {19, 20, 21, 22, 23}, part.array());
      assertThrows(IndexOutOfBoundsException.class, () -> file.read(a, 20, ByteBuffer.allocate(5)));
      assertThrows(LodestoneException.class, () -> file.entry("c"));
    }
  }

  @Test
  void convertsTypes() throws Exception {
    Path target = folder.resolve("types.safetensors");
    try (var out = SafetensorsWriter.create(target)) {
      out.declare("f16", DType.F16, 2);
      out.declare("f64", DType.F64, 2);
      out.write("f16", ByteBuffer.wrap(new byte[] {0, 0x3c, 0, (byte) 0xc1})); // 1 and −2.5
      out.write("f64", ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putDouble(0, 0.1).putDouble(8, -3));
      out.commit();
    }
    try (var file = Safetensors.open(target)) {
      assertArrayEquals(new float[] {1, -2.5f}, file.readFloats("f16"));
      assertArrayEquals(new float[] {0.1f, -3}, file.readFloats("f64"));
      assertThrows(LodestoneException.class, () -> file.readInts("f64"));
    }
  }

  /** What is replaced in the header, by what, and what the sentence says. */
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      negative offset     | [0,24]        | [-4,20]                 | tensor a: data_offsets: expected whole numbers
      past the end        | [0,24]        | [0,1099511627776]       | tensor a: expected data_offsets
      beyond a long       | [0,24]        | [0,18446744073709551616] | tensor a: data_offsets: expected whole numbers
      backwards           | [0,24]        | [24,0]                  | tensor a: expected data_offsets
      one offset          | [0,24]        | [24]                    | tensor a: expected data_offsets
      fraction            | [0,24]        | [0,24.0]                | tensor a: data_offsets: expected whole numbers
      overlap             | [24,32]       | [16,24]                 | tensors a and b overlap
      same place    | "BF16","shape":[4],"data_offsets":[24,32] | "F32","shape":[6],"data_offsets":[0,24] | overlap
      hole                | [4],"data_offsets":[24,32] | [3],"data_offsets":[26,32] | 2 bytes that belong to no tensor
      left over           | [4],"data_offsets":[24,32] | [3],"data_offsets":[24,30] | the tensors end at byte
      shape overflows     | [2,3]         | [4294967296,4294967296] | larger than any file
      overflows to 24     | [2,3]         | [6,4611686018427387905] | larger than any file
      negative shape      | [2,3]         | [-2,-3]                 | tensor a: shape: expected whole numbers
      shape does not fit  | [2,3]         | [1]                     | tensor a: expected 4 bytes for F32 [1]
      no shape            | "shape":[2,3] | "shapes":[2,3]          | tensor a: shape: expected an array
      unknown dtype       | "F32"         | "Q7"                    | tensor a: expected a dtype of
      dtype no text       | "F32"         | 7                       | tensor a: expected a dtype of
      name twice          | "b"           | "a"                     | expected JSON
      not an object       | {"dtype":"F32","shape":[2,3],"data_offsets":[0,24]} | 3 | tensor a: expected a dtype
      metadata is a list  | {"format":"pt"} | []                    | __metadata__
      cut                 | }}            | }                       | header
      """)
  void refusesHeaders(String name, String from, String to, String sentence) throws Exception {
    assertTrue(HEADER.contains(from), name);
    assertRefused(sentence, write(HEADER.replace(from, to), 32));
  }

  @ParameterizedTest
  @CsvSource({"0,at least 8 bytes", "7,at least 8 bytes", "8,header has", "60,header has", "180,data_offsets"})
  void refusesFilesThatAreCut(int length, String sentence) throws Exception {
    Path file = write(HEADER, 32);
    assertTrue(Files.size(file) > length);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));
    assertRefused(sentence, file);
  }

  @ParameterizedTest
  @CsvSource({"-9223372036854775808,9223372036854775808", "-1,18446744073709551615", "9223372036854775807,header has",
    "1000000000,header has", "0,header has", "1,header has"})
  void refusesHeaderLengths(long length, String sentence) throws Exception {
    Path file = write(HEADER, 32);
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
    assertRefused(sentence, Files.write(file, bytes));
  }

  @Test
  void refusesWhatIsNoHeader() throws Exception {
    assertRefused("expected JSON", write("x".repeat(64), 32));
    assertRefused("expected a JSON object", write("[1, 2]", 0));
    Path file = write(HEADER, 32);
    byte[] bytes = Files.readAllBytes(file);
    bytes[20] = (byte) 0xff;
    assertRefused("UTF-8", Files.write(file, bytes));
    assertRefused("there is no such file", folder.resolve("none.safetensors"));
    assertRefused("cannot read", folder);
  }

  @Test
  void saysWhenTheFileShrinksWhileOpen() throws Exception {
    Path path = write(HEADER, 32);
    try (var file = Safetensors.open(path)) {
      Files.write(path, Arrays.copyOf(Files.readAllBytes(path), 8 + HEADER.length() + 10));
      String message = assertThrows(LodestoneException.class, () -> file.readFloats("a")).getMessage();
      assertTrue(message.endsWith("the file ends within tensor a"), message);
    }
  }

  /** Damage anywhere in the header: opened and readable, or refused with one line; nothing else. */
  @Test
  void survivesRandomDamage() throws Exception {
    byte[] good = Files.readAllBytes(write(HEADER, 32));
    var random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      byte[] bad = good.clone();
      for (int k = random.nextInt(5); k >= 0; k--) {
        bad[random.nextInt(8 + HEADER.length())] = (byte) random.nextInt(256);
      }
      try (var file = Safetensors.open(Files.write(folder.resolve("bad.safetensors"), bad))) {
        for (Safetensors.Entry entry : file.tensors().values()) {
          file.read(entry, 0, ByteBuffer.allocate((int) entry.bytes()));
        }
      } catch (LodestoneException e) {
        refused++;
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        assertTrue(e.getMessage().contains("bad.safetensors"), e.getMessage());
      }
    }
    assertTrue(refused > 300, "only " + refused + " of 600 were refused");
  }

  private void assertRefused(String sentence, Path file) {
    String message = assertThrows(LodestoneException.class, () -> Safetensors.open(file)).getMessage();
    assertTrue(message.contains(sentence) && message.contains(file.toString()), message);
  }

  private Path write(String header, int dataBytes) throws Exception {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    return Files.write(folder.resolve("x.safetensors"), bytes.array());
  }
}
