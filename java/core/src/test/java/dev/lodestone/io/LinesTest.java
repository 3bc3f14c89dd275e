package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinesTest {
  private static final String TEXT = "\ufeffone\r\n\nthree 😀\nlast";
  private static final List<String> LINES = List.of("1 one", "2 ", "3 three 😀", "4 last");

  @TempDir Path folder;

  @Test
  void countsLines() throws Exception {
    assertEquals(LINES, read(write("a.jsonl", TEXT.getBytes(StandardCharsets.UTF_8))));
    assertEquals(List.of(), read(write("empty", new byte[0])));
  }

  @Test
  void readsGzipWhateverTheName() throws Exception {
    byte[] gzip = gzip(TEXT.getBytes(StandardCharsets.UTF_8));
    assertEquals(LINES, read(write("a.jsonl.gz", gzip)));
    assertEquals(LINES, read(write("b.jsonl", gzip)));
    assertEquals(TEXT, Lines.readString(folder.resolve("b.jsonl")));
  }

  @Test
  void refusesDamage() throws Exception {
    byte[] gzip = gzip("a line\n".repeat(10_000).getBytes(StandardCharsets.UTF_8));
    expect("cut or damaged", write("cut.gz", Arrays.copyOf(gzip, gzip.length - 10)));
    expect("expected gzip", write("plain.gz", "text".getBytes(StandardCharsets.UTF_8)));
    expect("latin.txt line 2: expected UTF-8", write("latin.txt", new byte[] {'a', '\n', (byte) 0xe9, '\n'}));
    expect("there is no such file", folder.resolve("none"));
    expect("found a folder", folder);
  }

  private static void expect(String part, Path file) {
    String message = assertThrows(LodestoneException.class, () -> read(file)).getMessage();
    assertTrue(message.contains(part) && message.contains(file.toString()), message);
  }

  private static List<String> read(Path file) {
    List<String> lines = new ArrayList<>();
    Lines.forEach(file, (number, text) -> lines.add(number + " " + text));
    return lines;
  }

  private Path write(String name, byte[] bytes) throws Exception {
    return Files.write(folder.resolve(name), bytes);
  }

  private static byte[] gzip(byte[] bytes) throws Exception {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }
}
