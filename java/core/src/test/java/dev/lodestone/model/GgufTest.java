package dev.lodestone.model;

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
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufTest {
  @TempDir Path folder;

  private static GgufBuilder good() {
    var gguf = new GgufBuilder();
    gguf.metadata.put("a.text", "é\n");
    gguf.metadata.put("a.number", 7);
    gguf.metadata.put("a.large", 1L << 40);
    gguf.metadata.put("a.eps", 1e-5f);
    gguf.metadata.put("a.flag", true);
    gguf.metadata.put("a.texts", List.of("x", "y".repeat(100_000))); // longer than the reader's buffer
    gguf.metadata.put("a.numbers", List.of(1, 2, 3));
    gguf.tensor("m", new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    gguf.tensor("v", new float[] {7, 8}, 2);
    return gguf;
  }

  @Test
  void reads() throws Exception {
    for (int version : new int[] {2, 3}) {
      GgufBuilder built = good();
      built.version = version;
      try (var gguf = Gguf.open(write(built.build()))) {
        GgufMetadata metadata = gguf.metadata();
        assertEquals("é\n", metadata.text("a.text", null));
        assertEquals(7, metadata.integer("a.number", 0, 7, null));
        assertEquals(1L << 40, metadata.integer("a.large", 0, Long.MAX_VALUE, null));
        assertEquals(1e-5, metadata.number("a.eps", null), "as its decimal, not as 9.99999974e-06");
        assertTrue(metadata.flag("a.flag", false));
        assertEquals(100_000, metadata.texts("a.texts").get(1).length());
        assertEquals(List.of(1L, 2L, 3L), metadata.integers("a.numbers"));
        assertEquals(3, metadata.integer("none", 0, 9, 3L));
        assertThrows(LodestoneException.class, () -> metadata.integer("a.number", 0, 6, null));
        assertThrows(LodestoneException.class, () -> metadata.integer("a.text", 0, 6, null));
        assertThrows(LodestoneException.class, () -> metadata.text("none", null));
        assertThrows(LodestoneException.class, () -> metadata.texts("a.numbers"));
        Gguf.TensorInfo m = gguf.tensors().get("m");
        assertEquals("2 x 3", m.rows() + " x " + m.columns());
        var row = new float[3];
        gguf.read(m, 1, 1, row);
        assertArrayEquals(new float[] {4, 5, 6}, row);
        gguf.read(gguf.tensors().get("v"), 0, 1, row);
        assertArrayEquals(new float[] {7, 8, 6}, row);
      }
    }
  }

  @Test
  void refusesDamage() throws Exception {
    byte[] good = good().build();
    int tensors = 8;
    int fields = 16;
    int firstKey = 24;
    expect("begins", "does not begin with \"GGUF\"", bytes -> bytes[0] = 'X');
    expect("version", "version 4", bytes -> bytes[4] = 4);
    expect("endian", "big endian", bytes -> put(bytes, 4, Integer.reverseBytes(3), 4));
    expect("tensors", "number of tensors", bytes -> put(bytes, tensors, 1L << 63, 8));
    expect("more tensors", "found 2147483648 dimensions", bytes -> put(bytes, tensors, 3, 8));
    expect("fields", "number of metadata fields", bytes -> put(bytes, fields, 1L << 40, 8));
    expect("key length", "metadata field 0", bytes -> put(bytes, firstKey, -1, 8));
    expect("key length", "metadata field 0", bytes -> put(bytes, firstKey, good.length, 8));
    expect("value type", "a.text: expected a value type", bytes -> put(bytes, firstKey + 8 + 6, 13, 4));
    int m = indexOf(good, "m", 2); // name length 1, name, rank, columns, rows, type, offset
    expect("rank", "tensor m: expected a vector or a matrix but found 4", bytes -> put(bytes, m + 1, 4, 4));
    expect("columns", "tensor m: expected rows of whole blocks", bytes -> put(bytes, m + 5, 1L << 40, 8));
    expect("no columns", "tensor m: expected rows of whole blocks", bytes -> put(bytes, m + 5, 0, 8));
    expect("rows", "tensor m: expected rows of whole blocks", bytes -> put(bytes, m + 13, 1L << 62, 8));
    expect("rows", "tensor m: expected 1.+ bytes", bytes -> put(bytes, m + 13, 1L << 40, 8));
    expect("negative", "tensor m: expected a number below", bytes -> put(bytes, m + 13, -1, 8));
    expect("type", "tensor m: expected a type of .* but found Q4_K", bytes -> put(bytes, m + 21, 12, 4));
    expect("type", "tensor m: expected a type of .* but found number 99", bytes -> put(bytes, m + 21, 99, 4));
    expect("blocks", "tensor m: expected rows of whole blocks of 32", bytes -> put(bytes, m + 21, 8, 4));
    expect("offset", "tensor m: expected an offset that is a multiple", bytes -> put(bytes, m + 25, 4, 8));
    expect("offset", "tensor m: expected 24 bytes", bytes -> put(bytes, m + 25, 1L << 40, 8));
    int v = indexOf(good, "v", 1); // name, rank, columns, type, offset
    expect("overlap", "tensors . and . overlap", bytes -> put(bytes, v + 17, 0, 8));
    expect("same name", "tensor m is there twice", bytes -> bytes[v] = 'm');
    GgufBuilder odd = good();
    odd.metadata.put("general.alignment", 0);
    assertRefused("alignment", "general.alignment: expected a whole number", odd.build());
    GgufBuilder deep = good();
    deep.metadata.put("deep", List.of(List.of(List.of(List.of(List.of(1))))));
    assertRefused("nesting", "deep: arrays are nested", deep.build());
    assertThrows(LodestoneException.class, () -> Gguf.open(folder.resolve("none.gguf")));
  }

  @Test
  void refusesWhateverIsCut() throws Exception {
    GgufBuilder small = good();
    small.metadata.remove("a.texts");
    byte[] good = small.build();
    for (int length = 0; length < good.length; length++) {
      assertRefused("cut at " + length, "", Arrays.copyOf(good, length));
    }
  }

  /** Damage anywhere: opened and readable, or refused with one line; nothing else. */
  @Test
  void survivesRandomDamage() throws Exception {
    GgufBuilder small = good();
    small.metadata.remove("a.texts");
    byte[] good = small.build();
    var random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      for (int k = random.nextInt(5); k >= 0; k--) {
        bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
      }
      try (var gguf = Gguf.open(write(bad))) {
        for (Gguf.TensorInfo tensor : gguf.tensors().values()) {
          gguf.read(tensor, 0, (int) tensor.rows(), new float[(int) (tensor.rows() * tensor.columns())]);
        }
      } catch (LodestoneException e) {
        refused++;
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
    assertTrue(refused > 100, "only " + refused + " of 300 were refused");
  }

  private void expect(String name, String sentence, Consumer<byte[]> damage) throws Exception {
    byte[] bytes = good().build();
    damage.accept(bytes);
    assertRefused(name, sentence, bytes);
  }

  private void assertRefused(String name, String sentence, byte[] bytes) throws Exception {
    Path file = write(bytes);
    String message = assertThrows(LodestoneException.class, () -> Gguf.open(file), name).getMessage();
    assertTrue(message.matches(".*(" + sentence + ").*") && message.contains("x.gguf"), name + ": " + message);
  }

  private Path write(byte[] bytes) throws Exception {
    return Files.write(folder.resolve("x.gguf"), bytes);
  }

  private static void put(byte[] bytes, int at, long value, int count) {
    byte[] little = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    System.arraycopy(little, 0, bytes, at, count);
  }

  /** Where the tensor of that name has its name: a string of one letter, then its rank. */
  private static int indexOf(byte[] bytes, String name, int rank) {
    byte[] wanted = new byte[13];
    wanted[0] = 1;
    wanted[8] = name.getBytes(StandardCharsets.UTF_8)[0];
    wanted[9] = (byte) rank;
    for (int i = 0; ; i++) {
      if (Arrays.equals(wanted, 0, 13, bytes, i, i + 13)) {
        return i + 8;
      }
    }
  }
}
