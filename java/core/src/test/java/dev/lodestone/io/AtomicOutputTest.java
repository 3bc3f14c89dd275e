package dev.lodestone.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lodestone.LodestoneException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicOutputTest {
  @TempDir Path folder;

  @Test
  void appearsOnCommitOnly() throws Exception {
    Path file = folder.resolve("new/a.txt");
    try (var out = AtomicOutput.open(file)) {
      out.writer().write("hé");
      assertFalse(Files.exists(file));
      out.commit();
      assertEquals("hé", Files.readString(file));
    }
    assertEquals(List.of("a.txt"), names(file.getParent()));
  }

  @Test
  void leavesWhatWasThereWithoutCommit() throws Exception {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");
    try (var out = AtomicOutput.open(file)) {
      out.writer().write("new".repeat(100_000));
      out.writer().close(); // a closed writer is not a finished file
    }
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), names(folder));
  }

  @Test
  void replacesAndKeepsLinks() throws Exception {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");
    Path link = Files.createSymbolicLink(folder.resolve("link"), file);
    try (var out = AtomicOutput.open(link)) {
      out.write(ByteBuffer.wrap("new".getBytes()));
      out.commit();
    }
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(file));
  }

  @Test
  void compressesByName() throws Exception {
    Path file = folder.resolve("a.jsonl.gz");
    try (var out = AtomicOutput.open(file)) {
      out.writer().write("line\n".repeat(1000));
      out.commit();
    }
    assertEquals("line\n".repeat(1000), Lines.readString(file));
    assertTrue(Files.size(file) < 200);
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "needs /dev/full")
  void saysThatTheDiskIsFull() {
    try (var out = AtomicOutput.open(Path.of("/dev/full"))) {
      var writer = out.writer();
      var e = assertThrows(LodestoneException.class, () -> {
        writer.write("x".repeat(1 << 20));
        out.commit();
      });
      assertEquals("cannot write /dev/full: No space left on device", e.getMessage());
    }
    assertTrue(Files.exists(Path.of("/dev/full")));
  }

  @Test
  void refusesFoldersAndPlacesThatCannotBe() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertMessage("it is a folder", folder);
    assertMessage("cannot write", file.resolve("below/a.txt"));
  }

  private static void assertMessage(String part, Path target) {
    String message = assertThrows(LodestoneException.class, () -> AtomicOutput.open(target)).getMessage();
    assertTrue(message.contains(part) && message.contains(target.toString()), message);
  }

  private static List<String> names(Path folder) throws Exception {
    try (var files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
