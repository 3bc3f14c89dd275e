package dev.lodestone.cli;

import dev.lodestone.LodestoneException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sees early whether a result could be written, so that minutes of work are not lost to a wrong name. */
final class OutputPath {
  private OutputPath() {}

  /** {@link LodestoneException} if {@code file} is a folder, or if nothing can be made where it should stand. */
  static void check(Path file) {
    if (Files.isDirectory(file)) {
      throw new LodestoneException("expected --out to name a file but " + file + " is a folder");
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    while (folder != null && !Files.exists(folder)) {
      folder = folder.getParent(); // missing folders are made when the file is written
    }
    if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new LodestoneException("cannot write " + file + ": " + folder + " is not a folder that may be written");
    }
  }
}
