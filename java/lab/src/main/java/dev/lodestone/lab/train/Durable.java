package dev.lodestone.lab.train;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;

/** Folders that are there whole or not at all, also after a power cut. */
public final class Durable {
  private Durable() {}

  /** Flushes a file or a folder's entries to the disk. */
  public static void sync(Path path) throws IOException {
    try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Flushes every file of a folder, then the folder. */
  static void syncAll(Path folder) throws IOException {
    for (Path file : list(folder)) {
      sync(file);
    }
    sync(folder);
  }

  /** Renames a finished folder into place. */
  static void publish(Path finished, Path name) throws IOException {
    delete(name);
    Files.move(finished, name, StandardCopyOption.ATOMIC_MOVE);
    sync(name.toAbsolutePath().getParent());
  }

  /** Deletes a file or a folder with all in it; nothing there is fine. */
  public static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    try (var all = Files.walk(path)) {
      for (Path entry : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(entry);
      }
    }
  }

  /** The entries of a folder by name; none if it is not there. */
  static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
